"""What a result has that its photo had not, judged without a clean truth: patches, noise, spill.

Both pictures are the face's crop at the working scale, uint8 sRGB (h, w, 3), before and after.
Removing spots takes contrast and grain away; a generator's droplets, noisy patches and painted
borders add some. A removal beside a kept mark raises that mark's contrast too, therefore limits
without the truth must lie above the redness around a mole.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
Sums = NDArray[np.float64]
# Sides of the patches, in working pixels: 1/32 and 1/16 of a face's width.
PATCH_SIDES = (17, 33)


def added_contrast(before: Pixels, after: Pixels) -> float:
    """Return by how much a patch stands out more from its surroundings than before, grey values.

    |mean of the patch - mean of the ring three times as wide|, the greatest growth at any place and
    in any channel. Measured at half the scale.
    """
    if np.array_equal(before, after):
        return 0.0
    sums = [_integral(_halved(picture)) for picture in (before, after)]
    return max(0.0, *(_growth(sums[0], sums[1], (side + 1) // 2) for side in PATCH_SIDES))


def added_noise(before: Pixels, after: Pixels) -> float:
    """Return the root mean square of fine noise that a patch got, grey values of luma."""
    if np.array_equal(before, after):
        return 0.0
    sums = [_integral(np.square(detail(picture))) for picture in (before, after)]
    energy = [_box_mean(total, PATCH_SIDES[0]) for total in sums]
    return float(np.sqrt(max(float((energy[1] - energy[0]).max()), 0.0)))


def spill(before: Pixels, after: Pixels, skin: Pixels) -> float:
    """Return the mean change beside the skin (h, w) 0..255, two pixels of its border left out."""
    beside = ~_widened(skin > 0, 2)
    if not beside.any():
        return 0.0
    change = np.abs(after.astype(np.int16) - before).max(axis=2)
    return float(change[beside].mean())


def _growth(before: Sums, after: Sums, half: int) -> float:
    side = half + 1 - half % 2
    contrasts = [
        np.abs(_box_mean(total, side) - _box_mean(total, 3 * side)) for total in (before, after)
    ]
    return float((contrasts[1] - contrasts[0]).max()) * 9 / 8


def _halved(picture: Pixels) -> NDArray[np.uint16]:
    even = picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2].astype(np.uint16)
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) // 4)


def _integral(values: NDArray[np.generic]) -> Sums:
    """Return sums over all pixels above and left, (h + 1, w + 1[, c])."""
    margins = [(1, 0), (1, 0)] + [(0, 0)] * (values.ndim - 2)
    return np.pad(values, margins).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)


def _box_mean(sums: Sums, side: int) -> Array:
    """Return means over squares of odd `side`, smaller at the borders, from sums of `_integral`."""
    reach = side // 2
    ends = [np.arange(sums.shape[k] - 1) for k in (0, 1)]
    low = [np.maximum(place - reach, 0) for place in ends]
    high = [np.minimum(place + reach + 1, len(place)) for place in ends]
    rows = sums.take(high[0], axis=0) - sums.take(low[0], axis=0)
    total = rows.take(high[1], axis=1) - rows.take(low[1], axis=1)
    area = np.outer(high[0] - low[0], high[1] - low[1])
    return np.asarray(total / area.reshape(*area.shape, *(1,) * (sums.ndim - 2)), np.float32)


def detail(picture: Pixels) -> Array:
    """Return luma, (R + 2 G + B) / 4, less its 3 x 3 mean."""
    values = picture.astype(np.int16)
    luma = values[..., 0] + 2 * values[..., 1] + values[..., 2]
    padded = np.pad(luma, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    total = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return (9 * luma - total).astype(np.float32) / np.float32(36)


def _widened(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    height, width = mask.shape
    padded = np.pad(mask, reach)
    steps = range(2 * reach + 1)
    rows = np.logical_or.reduce([padded[k : k + height] for k in steps])
    return np.logical_or.reduce([rows[:, k : k + width] for k in steps])
