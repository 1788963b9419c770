"""What is judged: whole photos with the truth beside them, real pairs and painted portraits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import Face, FaceFinder, face_crop, skin_mask
from retouch_engine.imaging import ColourTransform, ImageError, decode
from retouch_engine.imaging.dataset_files import read_dataset_image

from .measurement import Image, Subject
from .metrics import EditRegions, painted_regions, paired_regions
from .painted import VALIDATION_SEED, PaintsSpots
from .validation_painter import ValidationPainter

TIFF = (".tif", ".tiff")


@dataclass(frozen=True)
class EvaluationPhoto:
    """A photo to judge methods on.

    target: a real pair's; None: the photo is clean and gets painted. people: PPR10K's mask of
    people. group: photos of one person and scene. synthetic: nobody is depicted.
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
) -> Iterator[Subject]:
    """Yield each photo whole and upright in sRGB, with its truth.

    A clean photo gets spots of the second painter, unless another is given, on every face; each
    photo has a seed of its own. A photo without a face and without a target is to stay as it is.
    Raises ImageError, naming the file, for one that cannot be read or a target of another size.
    """
    painter = painter or ValidationPainter()
    for index, photo in enumerate(photos):
        image = _read(photo.path)
        faces = finder.find(image)
        if photo.target is None:
            yield _painted(photo, image, faces, painter, np.random.default_rng((seed, index)))
        else:
            yield _paired(photo, image, faces)


def _read(path: Path) -> Image:
    try:
        if path.suffix.lower() in TIFF:
            pixels = read_dataset_image(path)
            if pixels.dtype == np.uint16:
                pixels = np.rint(pixels / 257.0)
            return np.asarray(pixels, np.uint8)
        photo = decode(path.read_bytes())
    except ImageError as error:
        raise ImageError(error.code, f"{path}: {error.detail}") from error
    except OSError as error:
        raise ImageError("unreadable", f"{path} cannot be read: {error.strerror}") from error
    return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)


def _paired(photo: EvaluationPhoto, image: Image, faces: list[Face]) -> Subject:
    target = _read(photo.target) if photo.target else image
    if target.shape != image.shape:
        raise ImageError("size_mismatch", f"{photo.target} has another size than {photo.path}")
    skin, box, width = _face_area(image, faces)
    return Subject(
        name=photo.path.name,
        source=image,
        truth=target,
        regions=paired_regions(image, target, box),
        skin=skin,
        face_width=width,
        synthetic=photo.synthetic,
    )


def _painted(
    photo: EvaluationPhoto,
    image: Image,
    faces: list[Face],
    painter: PaintsSpots,
    rng: np.random.Generator,
) -> Subject:
    source, density = image.copy(), np.zeros(image.shape[:2], np.float32)
    skin, box, width = _face_area(image, faces)
    for face in faces:
        place = _place(image, face)
        region = np.ascontiguousarray(source[place])
        painted = painter.paint(region, skin[place], _width(face), rng)
        source[place] = painted.image
        density[place] = np.maximum(density[place], painted.density)
    return Subject(
        name=photo.path.name,
        source=source,
        truth=image,
        regions=painted_regions(density, box) if faces else _nowhere(image),
        skin=skin,
        face_width=width,
        synthetic=photo.synthetic,
    )


def _face_area(
    image: Image, faces: list[Face]
) -> tuple[NDArray[np.float32], tuple[int, int, int, int], float]:
    """Return the skin of all faces (H, W), the largest face's crop box, and its width in pixels."""
    skin = np.zeros(image.shape[:2], np.float32)
    if not faces:
        return skin, (0, 0, 0, 0), float(min(image.shape[:2]))
    for face in faces:
        place = _place(image, face)
        region = np.ascontiguousarray(image[place])
        skin[place] = np.maximum(skin[place], _skin(region, face, place))
    largest = max(faces, key=_width)
    rows, columns = _place(image, largest)
    return skin, (columns.start, rows.start, columns.stop, rows.stop), _width(largest)


def _place(image: Image, face: Face) -> tuple[slice, slice]:
    crop = face_crop(face, (image.shape[1], image.shape[0]))
    return slice(crop.y0, crop.y1), slice(crop.x0, crop.x1)


def _skin(region: Image, face: Face, place: tuple[slice, slice]) -> NDArray[np.float32]:
    corner = np.array([place[1].start, place[0].start], np.float32)
    return skin_mask(region, (face.landmarks - corner).astype(np.float32))


def _width(face: Face) -> float:
    return float(face.box[2] - face.box[0])


def _nowhere(image: Image) -> EditRegions:
    nothing = np.zeros(image.shape[:2], bool)
    return EditRegions(nothing, nothing, ~nothing)
