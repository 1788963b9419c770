"""Bilinear sampling between grids that span the same area, centres on centres, part by part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# Per pixel of the large grid: the two cells around it and the share of the second.
Sampling = tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]


def sampling(small: int, large: int) -> Sampling:
    """Return for each of `large` pixels the two of `small` cells around it and the second's share.

    As resampling libraries place them; beyond the outermost centres the cell repeats.
    """
    place = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, small - 1)
    return low, high, (place - low).astype(np.float32)


def nearest(small: int, large: int) -> NDArray[np.intp]:
    """Return for each of `large` pixels the one of `small` cells that it lies in."""
    return np.minimum((np.arange(large) + 0.5) * small / large, small - 1).astype(np.intp)


def part_of(whole: Sampling, part: slice, first: int = 0) -> Sampling:
    """Return the sampling of a part of the large grid, cells counted from `first`."""
    low, high, share = whole
    return low[part] - first, high[part] - first, share[part]


def enlarged(small: NDArray[Any], rows: Sampling, columns: Sampling) -> FloatArray:
    """Sample `small` (h, w[, c]) bilinearly; returns float32 (rows, columns[, c])."""
    return rows_enlarged(columns_enlarged(small, columns), rows)


def columns_enlarged(small: NDArray[Any], columns: Sampling) -> FloatArray:
    """Sample `small` (h, w[, c]) linearly along its rows."""
    low, high, share = columns
    values = np.asarray(small, np.float32)
    left = values.take(low, axis=1)
    step = values.take(high, axis=1)
    step -= left
    step *= share.reshape(1, -1, *(1,) * (small.ndim - 2))
    return np.add(left, step, out=left)


def rows_enlarged(small: FloatArray, rows: Sampling) -> FloatArray:
    """Sample `small` (h, w[, c]) linearly along its columns."""
    low, high, share = rows
    top = small.take(low, axis=0)
    step = small.take(high, axis=0)
    step -= top
    step *= share.reshape(-1, 1, *(1,) * (small.ndim - 2))
    return np.add(top, step, out=top)
