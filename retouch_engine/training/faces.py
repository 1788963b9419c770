"""Training faces from photos: every face of a photo, cut with margins at its own size."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from retouch_engine.faces import FaceFinder, face_crop, skin_mask
from retouch_engine.imaging import ColourTransform, decode

from .samples import TrainingFace

SMALLEST_FACE_WIDTH = 150


def load_faces(paths: Iterable[Path]) -> list[TrainingFace]:
    """Cut the faces that are large enough to teach anything out of the photos at `paths`."""
    finder = FaceFinder()
    return [face for path in tqdm(list(paths), unit="photo") for face in _faces(path, finder)]


def _faces(path: Path, finder: FaceFinder) -> Iterator[TrainingFace]:
    photo = decode(path.read_bytes())
    pixels = ColourTransform(photo.icc_profile).to_srgb(photo.pixels)
    height, width = pixels.shape[:2]
    for face in finder.find(pixels):
        face_width = float(face.box[2] - face.box[0])
        if face_width < SMALLEST_FACE_WIDTH:
            continue
        crop = face_crop(face, (width, height))
        region = np.ascontiguousarray(pixels[crop.y0 : crop.y1, crop.x0 : crop.x1])
        landmarks = face.landmarks[:, :2] - np.array([crop.x0, crop.y0], np.float32)
        skin = skin_mask(region, landmarks.astype(np.float32))
        yield TrainingFace(region, np.rint(skin * 255).astype(np.uint8), face_width)
