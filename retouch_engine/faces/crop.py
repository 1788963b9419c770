"""The crop around a face, resampled to the working scale, and the way back.

"Aligned" means position and scale: no rotation is resampled, so that pixels which are not
edited stay exactly what they were.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .finder import Face

WORKING_FACE_WIDTH = 512
LARGEST_SCALE = 2.0
# Working pixels between the lines on which crops begin and end.
GRID = 16
MARGIN_SIDE, MARGIN_UP, MARGIN_DOWN = 0.22, 0.28, 0.40


@dataclass(frozen=True)
class FaceCrop:
    """A box in the photo, x0, y0, x1, y1 (exclusive), and working pixels per photo pixel."""

    x0: int
    y0: int
    x1: int
    y1: int
    scale: float

    @property
    def photo_size(self) -> tuple[int, int]:
        """Return (width, height) in photo pixels."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def working_size(self) -> tuple[int, int]:
        """Return (width, height) at the working scale."""
        width, height = self.photo_size
        return max(round(width * self.scale), 1), max(round(height * self.scale), 1)


def face_crop(
    face: Face, photo_size: tuple[int, int], working_face_width: int = WORKING_FACE_WIDTH
) -> FaceCrop:
    """Return the face's box grown by margins for hair, ears and neck, clipped to the photo."""
    x0, y0, x1, y1 = face.box
    width, height = x1 - x0, y1 - y0
    left, right = x0 - MARGIN_SIDE * width, x1 + MARGIN_SIDE * width
    top, bottom = y0 - MARGIN_UP * height, y1 + MARGIN_DOWN * height
    scale = min(working_face_width / max(width, 1.0), LARGEST_SCALE)
    return FaceCrop(
        max(int(np.floor(left)), 0),
        max(int(np.floor(top)), 0),
        min(int(np.ceil(right)), photo_size[0]),
        min(int(np.ceil(bottom)), photo_size[1]),
        scale,
    )


def on_grid(crop: FaceCrop, photo_size: tuple[int, int]) -> FaceCrop:
    """Return the crop on a grid that hardly depends on where exactly the face was found.

    A network answers to shifts of parts of a pixel: in a photo that was enlarged, or with a face
    found a pixel beside, it would find other marks at the edge of certainty. So `GRID` working
    pixels are 8 to 16 times a power of two photo pixels, and the crop grows to whole cells of that.
    """
    pixels = GRID / crop.scale
    unit = 2 ** max(math.floor(math.log2(pixels)) - 3, 0)
    cell = round(pixels / unit) * unit
    return FaceCrop(
        crop.x0 // cell * cell,
        crop.y0 // cell * cell,
        min(-(-crop.x1 // cell) * cell, photo_size[0]),
        min(-(-crop.y1 // cell) * cell, photo_size[1]),
        GRID / cell,
    )


def resize_to_working(pixels: NDArray[Any], crop: FaceCrop) -> NDArray[Any]:
    """Resample the crop's pixels (h, w[, c]) from the photo's to the working scale."""
    interpolation = cv2.INTER_AREA if crop.scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(pixels, crop.working_size, interpolation=interpolation)
    return np.asarray(resized, pixels.dtype)


def resize_to_photo(array: NDArray[np.float32], crop: FaceCrop) -> NDArray[np.float32]:
    """Resample float32 (h', w'[, c]) from the working scale to the crop's size in the photo."""
    interpolation = cv2.INTER_AREA if crop.scale > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(array, crop.photo_size, interpolation=interpolation), np.float32)
