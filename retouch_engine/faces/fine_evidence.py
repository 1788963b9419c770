"""Where skin shows specks too fine for the working scale, found without a network.

A speck is a peak of a difference of Gaussians that stands out from the skin's own texture around
it. It counts only if it is sharp: if a good part of it is detail that a picture of half the size
could not hold. A photo that was merely enlarged has no such detail, so that it gives no evidence.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

INNER, OUTER = 0.8, 1.6
# Pixels to a side of the cells in which the skin's texture is measured.
TEXTURE_CELL = 32
# Grey values: more is no texture; less is hidden by rounding and compression.
LARGEST_TEXTURE, LEAST_TEXTURE = 8.0, 0.5
# From a mean of absolute values to the standard deviation of normal ones.
SPREAD = 1.25
# Standard deviations of the texture by which a speck stands out.
CONTRAST = 4.5
# Cycles per pixel up to which nothing is counted as fine, and the filter's reach in pixels.
CUTOFF, REACH = 0.33, 6
# The least share of a peak that lies above the cut-off. No peak of eleven portraits, clean or
# painted, that were up-sampled four times had more than 0.24.
SHARPNESS = 0.26
# And by how much it exceeds what noise shows, on so many samples of the skin.
NOISE, SAMPLES = 2.0, 400
# A peak is the largest within so many pixels.
APART = 2


def fine_evidence(green: Pixels, where: BoolArray) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the places of specks, (n, 2) as row and column, and by how much each stands out.

    green: uint8 (H, W), a crop at twice the working scale, its green channel, in which both blood
    and pigment are dark; where: (h, w), the same area on any grid, true where skin without marks
    is. Strongest first; 1 is just enough.
    """
    band = _band(green)
    inside = _enlarged(where, green.shape)
    limit = CONTRAST * (_texture(band * inside, where) + np.float32(LEAST_TEXTURE))
    found = cv2.compare(band * inside, cv2.resize(limit, green.shape[::-1]), cv2.CMP_GT)
    rows, columns = np.nonzero(found)
    keep = _is_peak(band, rows, columns)
    rows, columns = rows[keep], columns[keep]
    peaks = band[rows, columns]
    least = np.maximum(SHARPNESS * peaks, NOISE * _noise(green, where))
    sharp = _fine_detail(green, rows, columns) > least
    rows, columns, peaks = rows[sharp], columns[sharp], peaks[sharp]
    cells = (rows * limit.shape[0] // green.shape[0], columns * limit.shape[1] // green.shape[1])
    strengths = peaks / limit[cells]
    order = np.argsort(-strengths, kind="stable")
    return np.stack([rows, columns], axis=1)[order], strengths[order]


def _band(green: Pixels) -> FloatArray:
    """Return the magnitude of the difference of Gaussians (H, W)."""
    values = green.astype(np.float32)
    inner = cv2.GaussianBlur(values, (0, 0), INNER)
    return np.asarray(cv2.absdiff(inner, cv2.GaussianBlur(values, (0, 0), OUTER)), np.float32)


def _enlarged(where: BoolArray, size: tuple[int, ...]) -> FloatArray:
    shape = (size[1], size[0])
    grown = cv2.resize(where.astype(np.float32), shape, interpolation=cv2.INTER_NEAREST)
    return np.asarray(grown, np.float32)


def _texture(band: FloatArray, where: BoolArray) -> FloatArray:
    """Return the texture's standard deviation around each cell, of the skin alone."""
    size = tuple(max(n // TEXTURE_CELL, 1) for n in band.shape[::-1])
    clipped = cv2.min(band, LARGEST_TEXTURE)
    total, cover = (
        cv2.blur(cv2.resize(array, size, interpolation=cv2.INTER_AREA), (3, 3))
        for array in (clipped, where.astype(np.float32))
    )
    return np.asarray(SPREAD * total / np.maximum(cover, 0.02), np.float32)


def _is_peak(band: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> BoolArray:
    """Return which places have the largest value of their surroundings."""
    steps = np.arange(-APART, APART + 1)
    around = np.pad(band, APART)[
        rows[:, None, None] + APART + steps[:, None], columns[:, None, None] + APART + steps
    ]
    return np.asarray(band[rows, columns] >= around.max(axis=(1, 2)), bool)


def _fine_detail(green: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Return the largest detail above the cut-off at each place or right beside it."""
    reach = REACH + 1
    steps = np.arange(2 * reach + 1)
    padded = np.pad(green, reach, mode="edge")
    patches = padded[rows[:, None, None] + steps[:, None], columns[:, None, None] + steps]
    patches = patches.astype(np.float32)
    filters = _low_passes()
    detail = patches[:, REACH : REACH + 3, REACH : REACH + 3] - filters @ patches @ filters.T
    return np.asarray(np.abs(detail).max(axis=(1, 2), initial=0.0), np.float32)


def _noise(green: Pixels, where: BoolArray) -> float:
    """Return the median of the largest detail above the cut-off around places on skin."""
    cells = np.argwhere(where)
    if not len(cells):
        return 0.0
    cells = cells[:: max(len(cells) // SAMPLES, 1)]
    rows, columns = (
        np.minimum((cells[:, k] + 0.5) * green.shape[k] / where.shape[k], green.shape[k] - 1)
        for k in (0, 1)
    )
    detail = _fine_detail(green, rows.astype(np.intp), columns.astype(np.intp))
    return float(np.median(detail))


def _low_passes() -> FloatArray:
    """Return three rows, each the low-pass filter moved by one pixel, (3, 2 REACH + 3)."""
    steps = np.arange(-REACH, REACH + 1)
    taps = np.sinc(2 * CUTOFF * steps) * np.hamming(2 * REACH + 1)
    rows = np.zeros((3, 2 * REACH + 3), np.float32)
    for row in range(3):
        rows[row, row : row + len(taps)] = taps / taps.sum()
    return rows
