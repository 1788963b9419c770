"""Training faces from photos, found once and remembered, read when a crop needs them."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import (
    FaceFinder,
    celeba_regions,
    face_crop,
    is_celeba_mask,
    read_celeba_parts,
    region_map,
    skin_mask,
    under_eye_map,
)
from retouch_engine.imaging import ImageError
from retouch_engine.imaging.dataset_files import read_dataset_srgb

from .config import TrainingDataError
from .real_spots import SpotHealer
from .samples import TrainingFace

# PPR10K comes with 360 pixels to the short side, where faces of half figures are this small.
SMALLEST_FACE_WIDTH = 64
# Goes up whenever faces or masks would come out differently.
CACHE_VERSION = 3
KEPT_FACES = 600
# Whole pictures are kept reduced to this long side; what sees them sees thumbnails.
WHOLE_SIDE = 512

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingPhoto:
    """One photo of a data set; `target` is the retouched file of a pair, `mask` its mask's file."""

    path: Path
    sha256: str
    target: Path | None = None
    mask: Path | None = None


class _Found(NamedTuple):
    """The largest face of a photo: its box, and within that its width, skin and landmarks."""

    box: tuple[int, int, int, int]
    face_width: float
    skin: Image
    landmarks: NDArray[np.float32] | None


class TrainingFaces(Sequence[TrainingFace]):
    """The largest face of each photo, by index; index i wraps to the next photo with a face.

    What the networks found is kept in `cache` by the photo's SHA-256, so that a second run starts
    at once. The last few hundred faces stay in memory. `regions`: give each face its map of
    regions, from CelebAMask-HQ's masks where a photo's mask is one, else from landmarks;
    `under_eyes`: and where the lower lids throw shadows; `whole`: give whole pictures, reduced,
    instead of faces; `healer`: find each portrait's own spots. Raises
    TrainingDataError when the photos are gone, or when none of them has a face of 64 pixels.
    """

    def __init__(
        self,
        photos: Sequence[TrainingPhoto],
        cache: Path,
        *,
        regions: bool = False,
        under_eyes: bool = False,
        whole: bool = False,
        healer: SpotHealer | None = None,
    ) -> None:
        if not photos:
            raise TrainingDataError("there are no photos to train on")
        self.photos = list(photos)
        self.cache = cache
        self.regions = regions
        self.under_eyes = under_eyes
        self.whole = whole
        self.healer = healer
        self._kept: OrderedDict[int, TrainingFace | None] = OrderedDict()
        self._finder: FaceFinder | None = None

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> TrainingFace:  # type: ignore[override]
        for step in range(len(self.photos)):
            face = self._face((index + step) % len(self.photos))
            if face is not None:
                return face
        raise TrainingDataError("no face of 64 pixels or more was found in the training photos")

    def each(self) -> Iterator[TrainingFace]:
        """Yield the face of every photo that has one, once, without keeping them."""
        for photo in self.photos:
            face = self._load(photo)
            if face is not None:
                yield face

    def without_face(self) -> list[Path]:
        """Return the photos of which it is already known that they have no face to train on."""
        paths = [(photo.path, self._cache_file(photo)) for photo in self.photos]
        return [p for p, file in paths if file.is_file() and not len(_cached(file).skin)]

    def __getstate__(self) -> dict[str, object]:
        # Each loading process makes its own: the models cannot be sent to another process.
        return {**self.__dict__, "_kept": OrderedDict(), "_finder": None}

    def _face(self, index: int) -> TrainingFace | None:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        face = self._load(self.photos[index])
        self._kept[index] = face
        if len(self._kept) > KEPT_FACES:
            self._kept.popitem(last=False)
        return face

    def _load(self, photo: TrainingPhoto) -> TrainingFace | None:
        pixels = _read(photo.path)
        found = self._found(photo, pixels)
        if found is None:
            return None
        target = None
        if photo.target is not None:
            target = _read(photo.target)
            if target.shape != pixels.shape:
                raise TrainingDataError(f"{photo.path} and {photo.target} differ in size")
        if self.whole:
            return _whole(pixels, target, found)
        x0, y0, x1, y1 = found.box
        place = (slice(y0, y1), slice(x0, x1))
        face = TrainingFace(
            np.ascontiguousarray(pixels[place]),
            found.skin,
            found.face_width,
            None if target is None else np.ascontiguousarray(target[place]),
            self._regions(photo, pixels.shape[:2], found) if self.regions else None,
            _under_eyes(found) if self.under_eyes else None,
        )
        if self.healer is None or target is not None:
            return face
        return self.healer.heal(face)

    def _regions(self, photo: TrainingPhoto, size: tuple[int, ...], found: _Found) -> Image:
        if photo.mask is not None and is_celeba_mask(photo.mask):
            regions = _celeba_regions(photo.mask)
            whole = cv2.resize(regions, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
            x0, y0, x1, y1 = found.box
            return np.ascontiguousarray(whole[y0:y1, x0:x1], np.uint8)
        assert found.landmarks is not None
        skin = np.asarray(found.skin, np.float32) / np.float32(255)
        return region_map(found.landmarks, skin)

    def _found(self, photo: TrainingPhoto, pixels: Image) -> _Found | None:
        """Return the largest face of a photo, from the cache if it is there."""
        path = self._cache_file(photo)
        found = _cached(path) if path.is_file() else None
        places = self.regions or self.under_eyes
        if found is None or (places and found.landmarks is None and len(found.skin)):
            _write(path, self._find(pixels))
            found = _cached(path)
        return found if len(found.skin) else None

    def _cache_file(self, photo: TrainingPhoto) -> Path:
        return self.cache / f"{CACHE_VERSION}-{photo.sha256}.npz"

    def _find(self, pixels: Image) -> dict[str, NDArray[np.generic]]:
        self._finder = self._finder or FaceFinder()
        faces = self._finder.find(pixels)
        if not faces or faces[0].box[2] - faces[0].box[0] < SMALLEST_FACE_WIDTH:
            return {"box": np.zeros(0)}
        crop = face_crop(faces[0], (pixels.shape[1], pixels.shape[0]))
        region = np.ascontiguousarray(pixels[crop.y0 : crop.y1, crop.x0 : crop.x1])
        landmarks = faces[0].landmarks[:, :2] - np.array([crop.x0, crop.y0], np.float32)
        skin = np.rint(skin_mask(region, landmarks.astype(np.float32)) * 255).astype(np.uint8)
        return {
            "box": np.array([crop.x0, crop.y0, crop.x1, crop.y1]),
            "face_width": np.array(faces[0].box[2] - faces[0].box[0]),
            "skin": np.asarray(cv2.imencode(".png", skin)[1]),
            "landmarks": landmarks.astype(np.float32),
        }


def _whole(pixels: Image, target: Image | None, found: _Found) -> TrainingFace:
    """Return the whole picture, reduced, with its skin."""
    scale = min(WHOLE_SIDE / max(pixels.shape[:2]), 1.0)
    skin = np.zeros(pixels.shape[:2], np.uint8)
    x0, y0, x1, y1 = found.box
    skin[y0:y1, x0:x1] = found.skin
    small, small_skin = _reduced(pixels, scale), _reduced(skin, scale)
    small_target = None if target is None else _reduced(target, scale)
    return TrainingFace(small, small_skin, found.face_width * scale, small_target)


def _reduced(picture: Image, scale: float) -> Image:
    reduced = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8)


def _under_eyes(found: _Found) -> Image:
    assert found.landmarks is not None
    return np.rint(under_eye_map(found.landmarks, found.skin.shape) * 255).astype(np.uint8)


def _cached(path: Path) -> _Found:
    """Return what was stored; with empty skin where the photo has no face."""
    with np.load(path) as stored:
        if not len(stored["box"]):
            return _Found((0, 0, 0, 0), 0.0, np.zeros((0, 0), np.uint8), None)
        x0, y0, x1, y1 = (int(value) for value in stored["box"])
        skin = cv2.imdecode(stored["skin"], cv2.IMREAD_GRAYSCALE)
        # Caches of before there were regions lack them.
        landmarks = stored.get("landmarks")
        width = float(stored["face_width"])
    return _Found((x0, y0, x1, y1), width, np.asarray(skin, np.uint8), landmarks)


def _celeba_regions(mask: Path) -> Image:
    try:
        return celeba_regions(read_celeba_parts(mask))
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"the masks beside {mask} cannot be used: {error}") from error


def _read(path: Path) -> Image:
    try:
        return read_dataset_srgb(path)
    except FileNotFoundError as error:
        raise TrainingDataError(f"{path} is gone: was the data set moved?") from error
    except (ImageError, OSError) as error:
        raise TrainingDataError(f"{path} cannot be read: {error}") from error


def _write(path: Path, values: dict[str, NDArray[np.generic]]) -> None:
    token = hashlib.sha256(f"{os.getpid()}-{path}".encode()).hexdigest()[:12]
    temporary = path.with_name(f"{token}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(temporary, **values)  # type: ignore[arg-type]
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        reason = f"faces cannot be remembered in {path.parent} ({error.strerror}): make room there"
        raise TrainingDataError(reason) from error
