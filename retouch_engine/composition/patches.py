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
# Half of the widest square around a patch, and one pixel more.
REACH = 3 * max(PATCH_SIDES) // 2 + 1
NOISE_SIDE = 9


def added_contrast(before: Pixels, after: Pixels) -> float:
    """Return by how much a patch stands out more from its surroundings than before, grey values.

    |mean of the patch - mean of the ring three times as wide|, the greatest growth at any place and
    in any channel.
    """
    if np.array_equal(before, after) or min(before.shape[:2]) < 2:
        return 0.0
    sums = [_running_sums(_halved(picture)) for picture in (before, after)]
    growths = [0.0]
    for side in PATCH_SIDES:
        first, last = (_contrast(each, side) for each in sums)
        growths.append(float((last - first).max()) / (32 * side**2))
    return max(growths)


def added_noise(before: Pixels, after: Pixels) -> float:
    """Return the root mean square of fine noise that a patch got, grey values of luma."""
    if np.array_equal(before, after):
        return 0.0
    energy = np.square(detail(after)) - np.square(detail(before))
    return float(np.sqrt(max(float(_box_mean(energy, NOISE_SIDE).max()), 0.0)))


def spill(before: Pixels, after: Pixels, skin: Pixels) -> float:
    """Return the mean change beside the skin (h, w) 0..255, two pixels of its border left out."""
    beside = ~_widened(skin > 0, 2)
    if not beside.any():
        return 0.0
    change = np.maximum(before, after) - np.minimum(before, after)
    largest = np.maximum(np.maximum(change[..., 0], change[..., 1]), change[..., 2])
    return float(largest[beside].mean())


def _halved(picture: Pixels) -> NDArray[np.uint16]:
    """Return sums of 2 x 2 pixels, channels first (3, h, w)."""
    even = picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2].astype(np.uint16)
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return np.ascontiguousarray(sums.transpose(2, 0, 1))


def _running_sums(planes: NDArray[np.uint16]) -> NDArray[np.int32]:
    """Return sums from the first corner (n, h', w'), edges repeated by REACH to each side.

    Large ones wrap around; the differences that are sums over squares are exact all the same.
    """
    padded = np.pad(planes, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="edge")
    return padded.cumsum(axis=1, dtype=np.int32).cumsum(axis=2, dtype=np.int32)


def _contrast(sums: NDArray[np.int32], side: int) -> NDArray[np.int32]:
    """Return |9 x the sum over a square of odd `side` - that over the square thrice as wide|."""
    return np.abs(9 * _square_sums(sums, side) - _square_sums(sums, 3 * side))


def _square_sums(sums: NDArray[np.int32], side: int) -> NDArray[np.int32]:
    start, stop = REACH - side // 2 - 1, REACH + side // 2
    height, width = (size - 2 * REACH for size in sums.shape[1:])
    rows = sums[:, stop : stop + height] - sums[:, start : start + height]
    return rows[..., stop : stop + width] - rows[..., start : start + width]


def _box_mean(plane: Array, side: int) -> Array:
    """Return the mean over a square of odd `side` around each pixel (h, w), edges repeated."""
    reach = side // 2
    padded = np.pad(plane, ((reach + 1, reach), (reach + 1, reach)), mode="edge")
    rows = padded.cumsum(axis=0, dtype=np.float64)
    sums = (rows[side:] - rows[:-side]).cumsum(axis=1)
    return np.asarray((sums[:, side:] - sums[:, :-side]) / side**2, np.float32)


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
