"""A picture at its own size and halved again and again: any smaller size is near one of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


class Pyramid:
    """Halvings of a picture (H, W, 3), each made when it is first asked for.

    A pixel of level k is the mean of 2^k x 2^k pixels; an odd last row or column is left out.
    """

    def __init__(self, image: Image) -> None:
        self._levels = [image]

    @property
    def size(self) -> tuple[int, int]:
        """Return the picture's own width and height."""
        return self._levels[0].shape[1], self._levels[0].shape[0]

    def fitted(self, side: int) -> Image:
        """Return the picture with a long side of at most `side` pixels, each a mean of its own."""
        scale = min(side / max(self.size), 1.0)
        width, height = (max(round(length * scale), 1) for length in self.size)
        source = self.level(halvings_for(1 / scale))
        return np.asarray(
            cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )

    def level(self, halvings: int) -> Image:
        """Return the picture halved so often, at most until a side has one pixel."""
        while len(self._levels) <= halvings and min(self._levels[-1].shape[:2]) > 1:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[min(halvings, len(self._levels) - 1)]

    def reduced(self, scale: float) -> Image:
        """Return the picture at `scale` (above 0) of its size, at least one pixel to a side."""
        size = tuple(max(round(side * scale), 1) for side in self.size)
        source = self.level(halvings_for(1 / scale))
        # Between one and two pixels to a new one, bilinear weights leave none out.
        resized = cv2.resize(source, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(resized, np.uint8)


def halvings_for(reduction: float) -> int:
    """Return how often a picture can be halved before it is smaller than 1 / `reduction` of it."""
    return max(int(np.floor(np.log2(max(reduction, 1.0)) + 1e-6)), 0)


def _halved(image: Image) -> Image:
    height, width = image.shape[0] // 2, image.shape[1] // 2
    even = image[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
