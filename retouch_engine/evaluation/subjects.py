"""From photos of a data set to pictures with a known truth: painted ones and real pairs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import Face, FaceFinder, face_crop, skin_mask
from retouch_engine.imaging import ImageError
from retouch_engine.imaging.dataset_files import read_dataset_srgb

from .measurement import Subject
from .metrics import painted_regions, paired_regions
from .painted import VALIDATION_SEED, PaintsSpots
from .spot_truth import PaintedSpots, SpotTruth
from .validation_painter import ValidationPainter

# Of both sides: in anything smaller artefacts cannot be looked for.
SMALLEST_SIDE = 32

Image = NDArray[np.uint8]
Box = tuple[int, int, int, int]


class SubjectError(ValueError):
    """A photo that cannot be evaluated; the message names the file."""


@dataclass(frozen=True)
class EvaluationPhoto:
    """A photo on disk: a pair where it has a target, else clean, to be painted.

    people: PPR10K's mask; group: photos of one person and scene; synthetic: nobody is depicted.
    """

    path: Path
    target: Path | None = None
    people: Path | None = None
    group: str = ""
    synthetic: bool = False


def subjects(
    photos: Iterable[EvaluationPhoto],
    finder: FaceFinder,
    *,
    painter: PaintsSpots | None = None,
    seed: int = VALIDATION_SEED,
    scale: int = 1,
) -> Iterator[Subject]:
    """Yield whole upright photos in sRGB with their truth, each painted with its own seed.

    All faces are painted, by the ValidationPainter unless another is given; the face box is the
    largest face's crop. A photo without a face has no skin; unless it is a pair, its truth is the
    photo itself. scale: how many times photos are enlarged before anything is painted. Raises
    SubjectError for files that cannot be read, photos under 32 pixels and pairs of two sizes.
    """
    painter = painter or ValidationPainter()
    for index, photo in enumerate(photos):
        rng = np.random.default_rng((seed, index))
        if photo.target:
            yield _paired(photo, finder, scale)
        else:
            yield _painted(photo, finder, painter, rng, scale)


def _paired(photo: EvaluationPhoto, finder: FaceFinder, scale: int) -> Subject:
    target, source = (enlarged(pixels, scale) for pixels in pixels_of(photo) if pixels is not None)
    faces = finder.find(source)
    skin, box, width = _largest(source, faces)
    regions = paired_regions(source, target, box)
    return Subject(
        name=str(photo.path),
        source=source,
        truth=target,
        regions=regions,
        skin=skin,
        face_width=width,
        synthetic=photo.synthetic,
        group=photo.group,
        faces=tuple(faces),
        box=box,
    )


def _painted(
    photo: EvaluationPhoto,
    finder: FaceFinder,
    painter: PaintsSpots,
    rng: np.random.Generator,
    scale: int,
) -> Subject:
    clean = enlarged(_pixels(photo.path), scale)
    spots: SpotTruth | None = SpotTruth.nothing(clean)
    source, density = clean.copy(), np.zeros(clean.shape[:2], np.float32)
    faces = finder.find(clean)
    skin, box, width = _largest(clean, faces)
    for face in faces:
        place, region_skin = face_region(clean, face)
        # Where two faces' boxes overlap, the first one's spots stay.
        free = region_skin * (density[place] == 0)
        painted = painter.paint(
            np.ascontiguousarray(source[place]), free, face.box[2] - face.box[0], rng
        )
        source[place] = painted.image
        density[place] = np.maximum(density[place], painted.density)
        if isinstance(painted, PaintedSpots) and spots is not None:
            spots = spots.with_face(painted, place)
        else:
            spots = None
    return Subject(
        name=str(photo.path),
        source=source,
        truth=clean,
        regions=painted_regions(density, box),
        skin=skin,
        face_width=width,
        synthetic=photo.synthetic,
        group=photo.group,
        spots=spots,
        faces=tuple(faces),
        box=box,
    )


def pixels_of(photo: EvaluationPhoto) -> tuple[Image, Image | None]:
    """Return a photo's truth and, of a pair, its source, upright in sRGB.

    Raises SubjectError where a file cannot be read or the two differ in size.
    """
    if photo.target is None:
        return _pixels(photo.path), None
    source, target = _pixels(photo.path), _pixels(photo.target)
    if source.shape != target.shape:
        raise SubjectError(f"{photo.path} and {photo.target} differ in size")
    return target, source


def skin_of(pixels: Image, finder: FaceFinder) -> NDArray[np.float32]:
    """Return where the skin of all faces is in sRGB pixels (H, W, 3): (H, W) 0..1."""
    return _largest(pixels, finder.find(pixels))[0]


def _largest(pixels: Image, faces: list[Face]) -> tuple[NDArray[np.float32], Box, float]:
    """Return the skin of all faces, the largest face's crop box and its width in pixels."""
    height, width = pixels.shape[:2]
    skin = np.zeros((height, width), np.float32)
    for face in faces:
        place, region_skin = face_region(pixels, face)
        skin[place] = np.maximum(skin[place], region_skin)
    if not faces:
        return skin, (0, 0, 0, 0), float(width)
    crop = face_crop(faces[0], (width, height))
    return skin, (crop.x0, crop.y0, crop.x1, crop.y1), float(faces[0].box[2] - faces[0].box[0])


def face_region(pixels: Image, face: Face) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
    """Return where a face's crop lies in sRGB pixels (H, W, 3), and its skin 0..1 there (h, w)."""
    crop = face_crop(face, (pixels.shape[1], pixels.shape[0]))
    place = (slice(crop.y0, crop.y1), slice(crop.x0, crop.x1))
    landmarks = face.landmarks - np.array([crop.x0, crop.y0], np.float32)
    return place, skin_mask(np.ascontiguousarray(pixels[place]), landmarks)


def _pixels(path: Path) -> Image:
    try:
        pixels = read_dataset_srgb(path)
    except (ImageError, OSError) as error:
        raise SubjectError(f"{path} cannot be read: {error}") from error
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise SubjectError(f"{path} is too small: give photos of at least {SMALLEST_SIDE} pixels")
    return pixels


def enlarged(pixels: Image, scale: int) -> Image:
    """Return uint8 (H, W, 3) `scale` times as large, by bicubic interpolation."""
    if scale == 1:
        return pixels
    size = (scale * pixels.shape[1], scale * pixels.shape[0])
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8)
