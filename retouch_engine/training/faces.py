"""Training faces from photos, found once and remembered, read when a crop needs them."""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import FaceFinder, face_crop, skin_mask
from retouch_engine.imaging import ColourTransform, decode

from .samples import TrainingFace

SMALLEST_FACE_WIDTH = 150
# Goes up whenever faces or masks would come out differently.
CACHE_VERSION = 2
KEPT_FACES = 600

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingPhoto:
    """One photo of a data set; `target` is the retouched file of a pair."""

    path: Path
    sha256: str
    target: Path | None = None


class TrainingDataError(ValueError):
    """Training photos that cannot be used; the message says what to do."""


class TrainingFaces(Sequence[TrainingFace]):
    """The largest face of each photo, by index; index i wraps to the next photo with a face.

    What the networks found is kept in `cache` by the photo's SHA-256, so that a second run starts
    at once. The last few hundred faces stay in memory. Raises TrainingDataError when the photos
    are gone, or when none of them has a face of 150 pixels.
    """

    def __init__(self, photos: Sequence[TrainingPhoto], cache: Path) -> None:
        if not photos:
            raise TrainingDataError("there are no photos to train on")
        self.photos = list(photos)
        self.cache = cache
        self._kept: OrderedDict[int, TrainingFace | None] = OrderedDict()
        self._finder: FaceFinder | None = None

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> TrainingFace:  # type: ignore[override]
        for step in range(len(self.photos)):
            face = self._face((index + step) % len(self.photos))
            if face is not None:
                return face
        raise TrainingDataError("no face of 150 pixels or more was found in the training photos")

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
        (x0, y0, x1, y1), face_width, skin = found
        place = (slice(y0, y1), slice(x0, x1))
        target = None
        if photo.target is not None:
            target = _read(photo.target)
            if target.shape != pixels.shape:
                raise TrainingDataError(f"{photo.path} and {photo.target} differ in size")
        return TrainingFace(
            np.ascontiguousarray(pixels[place]),
            skin,
            face_width,
            None if target is None else np.ascontiguousarray(target[place]),
        )

    def _found(
        self, photo: TrainingPhoto, pixels: Image
    ) -> tuple[tuple[int, int, int, int], float, Image] | None:
        """Return box, face width and skin (uint8) of the largest face, from the cache if it is."""
        path = self.cache / f"{CACHE_VERSION}-{photo.sha256}.npz"
        if not path.is_file():
            _write(path, self._find(pixels))
        with np.load(path) as stored:
            if not len(stored["box"]):
                return None
            x0, y0, x1, y1 = (int(value) for value in stored["box"])
            skin = cv2.imdecode(stored["skin"], cv2.IMREAD_GRAYSCALE)
            return (x0, y0, x1, y1), float(stored["face_width"]), np.asarray(skin, np.uint8)

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
        }


def _read(path: Path) -> Image:
    try:
        photo = decode(path.read_bytes())
    except OSError as error:
        raise TrainingDataError(f"{path} is gone: was the data set moved?") from error
    return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)


def _write(path: Path, values: dict[str, NDArray[np.generic]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    token = hashlib.sha256(f"{os.getpid()}-{path}".encode()).hexdigest()[:12]
    temporary = path.with_name(f"{token}.npz")
    np.savez(temporary, **values)  # type: ignore[arg-type]
    temporary.replace(path)
