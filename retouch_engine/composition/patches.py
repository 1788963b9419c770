"""What a result has that its photo had not, judged without a clean truth: patches, noise, spill.

Both pictures are a face's box, uint8 sRGB (h, w, 3), before and after, reduced until the face is
some 256 pixels wide. Removing spots takes contrast and grain away; a generator's droplets, noisy
patches and painted borders add some. A removal beside a kept mark raises that mark's contrast too:
without the truth, the limit must lie above the redness around a mole.
"""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
# Sides of the patches, 1/28 and 1/14 of a face's width, at half the pictures' scale.
PATCH_SIDES = (5, 9)
NOISE_SIDE = 9


def added_contrast(before: Pixels, after: Pixels) -> float:
    """Return by how much a patch stands out more from its surroundings than before, grey values.

    |mean of the patch - mean of the ring three times as wide|, the greatest growth at any place and
    in any channel.
    """
    if np.array_equal(before, after) or min(before.shape[:2]) < 2:
        return 0.0
    small = [_halved(picture) for picture in (before, after)]
    growths = []
    for side in PATCH_SIDES:
        contrasts = [np.abs(_box_mean(p, side) - _box_mean(p, 3 * side)) for p in small]
        growths.append(float((contrasts[1] - contrasts[0]).max()) * 9 / 8)
    return max(0.0, *growths)


def added_noise(before: Pixels, after: Pixels) -> float:
    """Return the root mean square of fine noise that a patch got, grey values of luma."""
    if np.array_equal(before, after):
        return 0.0
    energy = [
        _box_mean(np.square(detail(picture))[None], NOISE_SIDE) for picture in (before, after)
    ]
    return float(np.sqrt(max(float((energy[1] - energy[0]).max()), 0.0)))


def spill(before: Pixels, after: Pixels, skin: Pixels) -> float:
    """Return the mean change beside the skin (h, w) 0..255, two pixels of its border left out."""
    beside = ~_widened(skin > 0, 2)
    if not beside.any():
        return 0.0
    change = np.abs(after[beside].astype(np.int16) - before[beside])
    return float(change.max(axis=1).mean())


def _halved(picture: Pixels) -> Array:
    """Return means of 2 x 2 pixels, channels first (3, h, w)."""
    even = picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2].astype(np.float32)
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return np.ascontiguousarray(sums.transpose(2, 0, 1) / np.float32(4))


def _box_mean(planes: Array, side: int) -> Array:
    """Return the mean over a square of odd `side` around each pixel (n, h, w), edges repeated."""
    reach = side // 2
    padded = np.pad(planes, ((0, 0), (reach + 1, reach), (reach + 1, reach)), mode="edge")
    rows = padded.cumsum(axis=1, dtype=np.float64)
    sums = (rows[:, side:] - rows[:, :-side]).cumsum(axis=2)
    return np.asarray((sums[..., side:] - sums[..., :-side]) / side**2, np.float32)


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
