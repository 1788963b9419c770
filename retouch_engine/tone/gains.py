"""The smooth gain of a tone at every pixel, by place and brightness.

A tone's stops change so little from cell to cell that the gain itself is a line between them; where
they do not, the grid is refined first until that holds. What is left to do at a pixel is one
product and one sum per plane of brightness.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
LEAST_STOPS = 0.5 / 255
# Between cells that differ by so many stops, the gain differs from a line by a thousandth.
LARGEST_STEP = 0.13
MOST_PARTS = 63


@dataclass(frozen=True)
class Gains:
    """Gains of one photo.

    planes: the gain (h, W) at no brightness, and what each step of brightness adds, all columns of
    the photo sampled; rows: (H, h), how much of each of their rows a row of the photo has.
    """

    planes: list[FloatArray]
    rows: FloatArray

    @classmethod
    def of(cls, log_gain: FloatArray, size: tuple[int, int]) -> "Gains | None":
        """Return the gains of stops (h, w, D) that span a photo of height, width; None for none."""
        if np.abs(log_gain).max() < LEAST_STOPS:
            return None
        gain = np.exp2(_refined(log_gain.astype(np.float64)))
        steps = np.concatenate([gain[..., :1], np.diff(gain, axis=2)], axis=2)
        columns = _weights(_centres(gain.shape[1], size[1]), gain.shape[1]).T
        planes = [np.ascontiguousarray(part, np.float32) for part in steps.transpose(2, 0, 1)]
        return cls(
            [part @ columns for part in planes],
            _weights(_centres(gain.shape[0], size[0]), gain.shape[0]),
        )

    def applied(self, pixels: Pixels, rows: slice) -> Pixels:
        """Return rows (n, W, 3) of the photo times the gain of each pixel."""
        weights = self.rows[rows]
        # Rows further down weigh later rows of the planes.
        first, last = weights[0].argmax(), weights.shape[1] - weights[-1, ::-1].argmax()
        part = slice(max(int(first) - 1, 0), int(last) + 1)
        gain, *steps = (weights[:, part] @ plane[part] for plane in self.planes)
        if steps:
            luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        for index, step in enumerate(steps):
            # How much of this step a brightness has behind it.
            share = luma if len(steps) == 1 else _share(luma, index, len(steps))
            part_of = cv2.multiply(share, step, scale=1 / 255, dtype=cv2.CV_32F)
            cv2.add(gain, part_of, dst=gain)
        gains = cv2.cvtColor(gain, cv2.COLOR_GRAY2RGB)
        return np.asarray(cv2.multiply(pixels, gains, dtype=cv2.CV_8U), np.uint8)


def _share(luma: Pixels, index: int, count: int) -> FloatArray:
    """Return 255 times the share of step `index` of `count` that lies below a brightness."""
    return np.clip(luma * np.float32(count) - np.float32(255 * index), 0, 255)


def _refined(log_gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return stops (h', w', D') between whose cells the gain is nearly a line."""
    for axis in range(3):
        size = log_gain.shape[axis]
        parts = _parts(np.diff(log_gain, axis=axis)) if size > 1 else 1
        if parts > 1:
            places = (
                np.linspace(0, size - 1, (size - 1) * parts + 1)
                if axis == 2
                else _centres(size, size * parts)
            )
            log_gain = np.moveaxis(
                np.tensordot(_weights(places, size).astype(np.float64), log_gain, (1, axis)),
                0,
                axis,
            )
    return log_gain


def _parts(steps: NDArray[np.float64]) -> int:
    """Return in how many parts to cut a cell: an odd number, so that its centre stays one."""
    return min(int(np.ceil(np.abs(steps).max() / LARGEST_STEP)) | 1, MOST_PARTS)


def _centres(cells: int, count: int) -> NDArray[np.float64]:
    """Return where among cells the centres of so many pixels lie that span the same."""
    return np.clip((np.arange(count) + 0.5) * cells / count - 0.5, 0, cells - 1)


def _weights(places: NDArray[np.float64], cells: int) -> FloatArray:
    """Return the weights (n, cells) that sample cells linearly at places."""
    low = np.floor(places).astype(np.intp)
    share = places - low
    weights = np.zeros((len(places), cells), np.float32)
    weights[np.arange(len(places)), low] = 1 - share
    weights[np.arange(len(places)), np.minimum(low + 1, cells - 1)] += share
    return weights
