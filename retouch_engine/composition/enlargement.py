"""Carries an edit from the working scale to the photo's own, with the detail above that scale.

A reduced photo does not show how sharp the border of a mole is, so that its enlarged edit alone
leaves the border's sharpness behind as a ring. The photo is split into what the working scale shows
and the detail above it; the edit changes the first, and the detail fades by the slope a of

    edit = a x photo + b,    -1 <= a <= 0,

fitted around each pixel at the working scale as the guided filter does (He, Sun and Tang 2013,
equations 5 to 8, one slope for all channels). At the border of a spot, where the edit undoes the
photo's own step, a is near -1; inside the spot and on skin, whose texture the edit does not follow,
it is near 0 and the pores stay.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sampling import Sampling, enlarged, nearest, part_of, sampling

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Place = tuple[slice, slice]
TILE = 256
# Half a window's side of the fit, in working pixels, and the variance that counts as texture.
REACH = 1
TEXTURE_VARIANCE = 40.0
# Fit, mean of the fit and two sharpenings reach so far.
MARGIN = 2 * REACH + 2


def carried_edit(
    photo: Pixels, working: Pixels, edit: FloatArray, labels: NDArray[np.integer]
) -> Iterator[tuple[Place, NDArray[np.integer], Pixels]]:
    """Yield place, labels and retouched pixels of every tile of the photo that holds a label.

    photo: uint8 sRGB (H, W, 3); working: the same area reduced to (h, w, 3); edit: float32
    (h, w, 3) in grey values; labels: (h, w), 0 for none. Reduced to (h, w) again, the result is
    working + edit. Tiles cut nothing: each pixel's value is that of the whole.
    """
    size, working_size = photo.shape[:2], labels.shape
    rows, columns = (nearest(working_size[k], size[k]) for k in (0, 1))
    axes = [sampling(working_size[k], size[k]) for k in (0, 1)]
    # The mean of a bilinear enlargement over a pixel weighs its neighbours 1/8 from a doubling on.
    blur = min(max(size[0] / working_size[0] - 1.0, 0.0), 1.0) / 8
    for top in range(0, size[0], TILE):
        for left in range(0, size[1], TILE):
            owners = labels[rows[top : top + TILE][:, None], columns[left : left + TILE]]
            if not owners.any():
                continue
            inner = _span(owners.max(axis=1)), _span(owners.max(axis=0))
            place = _moved(inner[0], top), _moved(inner[1], left)
            parts = [part_of(axis, part) for axis, part in zip(axes, place, strict=True)]
            yield place, owners[inner], _retouched(photo[place], working, edit, parts, blur)


def _span(present: NDArray[np.integer]) -> slice:
    where = np.flatnonzero(present)
    return slice(int(where[0]), int(where[-1]) + 1)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _retouched(
    photo: Pixels, working: Pixels, edit: FloatArray, parts: list[Sampling], blur: float
) -> Pixels:
    """Return one tile: photo + enlarged edit + slope x detail."""
    first = [int(low[0]) - MARGIN for low, _, _ in parts]
    last = [int(high[-1]) + MARGIN + 1 for _, high, _ in parts]
    shown = _window(working, first, last).astype(np.float32)
    change = _window(edit, first, last)
    y, x = (part_of(part, slice(None), first[k] + 2) for k, part in enumerate(parts))
    detail = enlarged(_sharpened(shown, blur), y, x)
    np.subtract(photo, detail, out=detail)
    detail *= enlarged(_slope(shown, change), y, x)[..., None]
    result = enlarged(_sharpened(change, blur), y, x)
    np.add(photo, result, out=result)
    result += detail
    np.rint(result, out=result)
    return np.clip(result, 0, 255, out=result).astype(np.uint8)


def _window(values: NDArray[Any], first: list[int], last: list[int]) -> NDArray[Any]:
    """Cut out first..last, also beyond the borders, where the outermost values repeat."""
    ys, xs = (np.clip(np.arange(first[k], last[k]), 0, values.shape[k] - 1) for k in (0, 1))
    return values[ys[:, None], xs]


def _slope(shown: FloatArray, change: FloatArray) -> FloatArray:
    """Return the slope, smoothed; two pixels of each border are used up."""
    means, changes = _mean(shown), _mean(change)
    covariance = _mean((shown * change).sum(axis=2)) - (means * changes).sum(axis=2)
    variance = _mean((shown * shown).sum(axis=2)) - (means * means).sum(axis=2)
    return _mean(np.clip(covariance / (variance + 3 * TEXTURE_VARIANCE), -1.0, 0.0))


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean over the window around each pixel (H, W[, C]), the borders used up."""
    third = np.float32(1 / (2 * REACH + 1))
    return _weighted(values, third, third)


def _sharpened(values: FloatArray, blur: float) -> FloatArray:
    """Return values whose bilinear enlargement has the given means over each pixel's area.

    Three terms of the series of the inverse of (blur, 1 - 2 blur, blur) in both directions; two
    pixels of each border are used up.
    """
    weights = np.float32(blur), np.float32(1 - 2 * blur)
    once = values[1:-1, 1:-1] - _weighted(values, *weights)
    twice = once[1:-1, 1:-1] - _weighted(once, *weights)
    return values[2:-2, 2:-2] + once[1:-1, 1:-1] + twice


def _weighted(values: FloatArray, beside: np.float32, centre: np.float32) -> FloatArray:
    """Convolve (H, W[, C]) with (beside, centre, beside) in both directions, borders used up."""
    outer = beside * values
    rows = outer[:-2] + centre * values[1:-1]
    rows += outer[2:]
    outer = beside * rows
    columns = outer[:, :-2] + centre * rows[:, 1:-1]
    columns += outer[:, 2:]
    return np.asarray(columns, np.float32)
