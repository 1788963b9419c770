"""The sample face of all tests: scikit-image's astronaut, clean and with painted spots."""

import io
from functools import lru_cache

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from retouch_engine.faces import FaceFinder, face_crop, skin_mask
from retouch_engine.inference import Predictor
from retouch_engine.retoucher import Retoucher
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import Painted, Painter, PainterConfig


@lru_cache(maxsize=1)
def large_astronaut() -> np.ndarray:
    """Return the astronaut at 1024 x 1024, uint8 RGB."""
    image = Image.fromarray(astronaut()).resize((1024, 1024), Image.Resampling.LANCZOS)
    return np.asarray(image)


@lru_cache(maxsize=1)
def painted_astronaut() -> tuple[np.ndarray, Painted, tuple[slice, slice]]:
    """Return the astronaut with spots, the painter's truth and the region it covers."""
    image = large_astronaut().copy()
    face = FaceFinder().find(image)[0]
    crop = face_crop(face, (1024, 1024))
    place = (slice(crop.y0, crop.y1), slice(crop.x0, crop.x1))
    region = np.ascontiguousarray(image[place])
    skin = skin_mask(region, face.landmarks - np.array([crop.x0, crop.y0], np.float32))
    painter = Painter(PainterConfig(clean_probability=0.0))
    width = face.box[2] - face.box[0]
    painted = painter.paint(region, skin, width, np.random.default_rng(3))
    image[place] = painted.image
    return image, painted, place


def encoded(pixels: np.ndarray, format: str = "JPEG", **options: object) -> bytes:  # noqa: A002
    """Return a picture's file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def retoucher() -> Retoucher:
    """Return the shipped checkpoint, warm."""
    return Retoucher(Predictor.load(shipped_checkpoint_path()))


@pytest.fixture(scope="session")
def portrait_jpeg() -> bytes:
    """Return the painted astronaut as a JPEG file."""
    return encoded(painted_astronaut()[0], quality=92)
