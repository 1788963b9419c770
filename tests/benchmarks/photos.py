"""Large photos to measure with: the painted astronaut's face on grain, no file needed."""

import cv2
import numpy as np

from tests.support.portraits import encoded, painted_astronaut

FACE_WIDTH, PAINTED_FACE_WIDTH = 1400, 192
FACE_CENTRE = (450, 240)
# The astronaut with hair and collar, in the photo's pixels.
CELL_WIDTH, CELL_HEIGHT = 2000, 3000
QUALITY, SAMPLING = 92, "420"


def large_photo(width: int, height: int, faces: int = 1) -> bytes:
    """Return an sRGB JPEG with `faces` (1 or 4) faces of 1,400 pixels' width around its centre."""
    pixels = _background(width, height)
    columns = 1 if faces == 1 else 2
    left, top = (width - columns * CELL_WIDTH) // 2, (height - columns * CELL_HEIGHT) // 2
    cell = _cell()
    for index in range(faces):
        x, y = left + index % columns * CELL_WIDTH, top + index // columns * CELL_HEIGHT
        pixels[max(y, 0) : y + CELL_HEIGHT, x : x + CELL_WIDTH] = cell
    grain = np.random.default_rng(0).integers(0, 9, (height, width), np.uint8)
    cv2.add(pixels, cv2.cvtColor(grain, cv2.COLOR_GRAY2RGB), dst=pixels)
    return encoded(pixels, quality=QUALITY, subsampling="4:2:0")


def _background(width: int, height: int) -> np.ndarray:
    colours = np.random.default_rng(1).integers(40, 160, (24, 16, 3), np.uint8)
    return np.asarray(cv2.resize(colours, (width, height), interpolation=cv2.INTER_CUBIC))


def _cell() -> np.ndarray:
    scale = FACE_WIDTH / PAINTED_FACE_WIDTH
    shift = (CELL_WIDTH / 2 - FACE_CENTRE[0] * scale, CELL_HEIGHT / 2 - FACE_CENTRE[1] * scale)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    return np.asarray(
        cv2.warpAffine(
            painted_astronaut()[0], matrix, (CELL_WIDTH, CELL_HEIGHT), flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT,
        )
    )  # fmt: skip
