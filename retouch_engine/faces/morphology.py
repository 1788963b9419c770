"""Openings of masks by discs: what is narrower than the disc goes."""

import cv2
import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
# From this radius on OpenCV's own way, pixel by pixel of the disc, is the slower one.
WIDE = 16


def disc(radius: float) -> NDArray[np.uint8]:
    """Return a disc of a radius in pixels, at least one, as a structuring element of 0 and 1."""
    size = 2 * max(round(radius), 1) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def opened(mask: BoolArray, radius: float) -> BoolArray:
    """Return the parts of a mask (h, w) that hold a disc; beyond its border nothing is known."""
    element = disc(radius)
    place = _around(mask, len(element) // 2)
    part, result = mask[place], np.zeros_like(mask)
    if radius >= WIDE:
        result[place] = ~_eroded(~_eroded(part, element), element)
    elif part.size:
        result[place] = cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_OPEN, element) > 0
    return result


def _around(mask: BoolArray, reach: int) -> tuple[slice, slice]:
    """Return the box around what a mask holds, with as much again as an element reaches."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0), slice(0)
    first, last = (rows[0], columns[0]), (rows[-1], columns[-1])
    down, across = (
        slice(max(a - reach, 0), b + reach + 1) for a, b in zip(first, last, strict=True)
    )
    return down, across


def _eroded(mask: BoolArray, element: NDArray[np.uint8]) -> BoolArray:
    """Return where the element fits into the mask: each of its rows into the mask's own runs."""
    height, reach = len(mask), len(element) // 2
    free = np.pad(_free_around(mask), ((reach, reach), (0, 0)), constant_values=255)
    fits = np.ones(mask.shape, bool)
    for row, half_width in enumerate((element.sum(axis=1, dtype=np.int64) // 2).tolist()):
        fits &= free[row : row + height] > half_width
    return fits


def _free_around(mask: BoolArray) -> NDArray[np.uint8]:
    """Return the distance of each pixel to the nearest one of its row beside the mask, or 255."""
    columns = np.arange(mask.shape[1], dtype=np.int32)
    far = 2 * mask.shape[1] + 255
    last = np.maximum.accumulate(np.where(mask, -far, columns), axis=1)
    following = np.minimum.accumulate(np.where(mask, far, columns)[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(np.minimum(columns - last, following - columns), 255).astype(np.uint8)
