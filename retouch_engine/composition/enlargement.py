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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sampling import Sampling, nearest, sampling

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Place = tuple[slice, slice]
TILE = 64
# Tiles that are computed at once, and rows of the working scale: few enough for a cache.
TILES, STRIP = 8, 64
# From so many multiplications on OpenBLAS wakes threads, which costs more than they save.
SMALL_PRODUCT = 200_000
# Half a window's side of the fit, in working pixels, and the variance that counts as texture.
REACH = 1
TEXTURE_VARIANCE = 40.0
# Fit, mean of the fit and two sharpenings reach so far.
MARGIN = 2 * REACH


def carried_edit(
    photo: Pixels, working: Pixels, edit: FloatArray, labels: NDArray[np.integer]
) -> Iterator[tuple[Place, NDArray[np.integer], Pixels]]:
    """Yield place, labels and retouched pixels of every tile of the photo that holds a label.

    photo: uint8 sRGB (H, W, 3); working: the same area reduced to (h, w, 3); edit: float32
    (h, w, 3) in grey values; labels: (h, w), 0 for none. Reduced to (h, w) again, the result is
    working + edit. Tiles cut nothing: each pixel's value is that of the whole. Beside the labels
    the pixels are the photo's.
    """
    if not labels.any():
        return
    size = photo.shape[:2]
    axes = [_Axis.of(labels.shape[k], size[k]) for k in (0, 1)]
    # The mean of a bilinear enlargement over a pixel weighs its neighbours 1/8 from a doubling on.
    blur = min(max(size[0] / labels.shape[0] - 1.0, 0.0), 1.0) / 8
    layers = _Layers.of(working, edit, labels, blur, axes)
    numbers = _occupied(labels, axes)
    for first in range(0, len(numbers), TILES):
        chosen = numbers[first : first + TILES]
        parts = [photo[_place(number)] for number in chosen]
        owners = [_owners(labels, axes, number) for number in chosen]
        retouched = _retouched(parts, owners, layers, axes, chosen)
        yield from zip(map(_place, chosen), owners, retouched, strict=True)


@dataclass(frozen=True)
class _Axis:
    """How one axis of the photo is sampled from the working scale, tile by tile.

    nearest: the working pixel (n,) that a pixel lies in; starts: the first working pixel (t,) of a
    tile's window; weights: (t, TILE, window), a pixel's share of each of them.
    """

    nearest: NDArray[np.intp]
    starts: NDArray[np.intp]
    weights: FloatArray

    @classmethod
    def of(cls, small: int, large: int) -> "_Axis":
        low, high, share = _padded(sampling(small, large), -large % TILE)
        tiles = len(low) // TILE
        low, high, share = (low.reshape(-1, TILE), high.reshape(-1, TILE), share.reshape(-1, TILE))
        window = int((high[:, -1] - low[:, 0]).max()) + 1
        starts = np.clip(low[:, 0], 0, max(small - window, 0))
        weights = np.zeros((tiles, TILE, window), np.float32)
        tile, pixel = np.indices((tiles, TILE))
        weights[tile, pixel, low - starts[:, None]] = 1 - share
        weights[tile, pixel, high - starts[:, None]] += share
        return cls(nearest(small, large), starts, weights)

    @property
    def window(self) -> int:
        return int(self.weights.shape[2])


def _padded(axis: Sampling, by: int) -> Sampling:
    low, high, share = axis
    return (
        np.pad(low, (0, by), "edge"),
        np.pad(high, (0, by), "edge"),
        np.pad(share, (0, by), "edge"),
    )


def _place(number: tuple[int, int]) -> Place:
    row, column = number
    return slice(row * TILE, (row + 1) * TILE), slice(column * TILE, (column + 1) * TILE)


def _occupied(labels: NDArray[np.integer], axes: list[_Axis]) -> list[tuple[int, int]]:
    """Return row and column of the tiles that hold a label."""
    held = labels > 0
    for k, axis in enumerate(axes):
        places = range(0, len(axis.nearest), TILE)
        spans = [(axis.nearest[p], axis.nearest[p : p + TILE][-1] + 1) for p in places]
        parts = [held.take(range(first, last), axis=k).any(axis=k) for first, last in spans]
        held = np.stack(parts, axis=k)
    return [(int(row), int(column)) for row, column in np.argwhere(held)]


@dataclass(frozen=True)
class _Layers:
    """What is enlarged, values (h, 7, w): what is shown and the edit, sharpened, and the slope.

    A part of the working scale that begins at row `top` and column `left`.
    """

    values: FloatArray
    top: int
    left: int

    @classmethod
    def of(
        cls,
        working: Pixels,
        edit: FloatArray,
        labels: NDArray[np.integer],
        blur: float,
        axes: list[_Axis],
    ) -> "_Layers":
        down, across = (
            _reach(np.logical_or.reduce(labels > 0, axis=1 - k), axis.window)
            for k, axis in enumerate(axes)
        )
        size = down.stop - down.start, across.stop - across.start
        values = np.empty((size[0], 7, size[1]), np.float32)
        columns = np.arange(across.start - MARGIN, across.stop + MARGIN)
        for top in range(0, size[0], STRIP):
            bottom = min(top + STRIP, size[0])
            rows = np.arange(top - MARGIN, bottom + MARGIN) + down.start
            shown, change = _planar(working, rows, columns), _planar(edit, rows, columns)
            part = values[top:bottom]
            part[:, :3] = _sharpened(shown, blur)
            part[:, 3:6] = _sharpened(change, blur)
            part[:, 6] = _slope(shown, change)
        return cls(values, down.start, across.start)


def _reach(present: NDArray[np.bool_], window: int) -> slice:
    """Return what windows of tiles with a label can reach of an axis."""
    where = np.flatnonzero(present)
    return slice(max(int(where[0]) - window, 0), min(int(where[-1]) + window + 1, len(present)))


def _owners(
    labels: NDArray[np.integer], axes: list[_Axis], number: tuple[int, int]
) -> NDArray[np.integer]:
    """Return the labels of a tile's pixels, those of the working pixels that they lie in."""
    down, across = (axis.nearest[p] for axis, p in zip(axes, _place(number), strict=True))
    part = labels[down[0] : down[-1] + 1].take(across, axis=1)
    return part.take(down - down[0], axis=0)


def _retouched(
    parts: list[Pixels],
    owners: list[NDArray[np.integer]],
    layers: _Layers,
    axes: list[_Axis],
    chosen: list[tuple[int, int]],
) -> list[Pixels]:
    """Return tiles: photo + enlarged edit + slope x detail, where labels are.

    Rows of the arrays hold the channels one after another.
    """
    photo = np.zeros((len(parts), TILE, 3, TILE), np.float32)
    labelled = np.zeros((len(parts), TILE, 1, TILE), bool)
    for index, (part, owner) in enumerate(zip(parts, owners, strict=True)):
        height, width = owner.shape
        photo[index, :height, :, :width] = part.transpose(0, 2, 1)
        np.greater(owner, 0, out=labelled[index, :height, 0, :width])
    large = _enlarged(layers, axes, chosen)
    # photo + change + slope x (photo - shown)
    result = photo - large[:, :, :3]
    result *= large[:, :, 6:]
    result += large[:, :, 3:6]
    result += photo
    np.rint(result, out=result)
    np.clip(result, 0, 255, out=result)
    result -= photo
    result *= labelled
    result += photo
    values = np.ascontiguousarray(result.astype(np.uint8).transpose(0, 1, 3, 2))
    return [v[: p.shape[0], : p.shape[1]] for v, p in zip(values, parts, strict=True)]


def _enlarged(layers: _Layers, axes: list[_Axis], chosen: list[tuple[int, int]]) -> FloatArray:
    """Sample layers bilinearly at each tile's pixels: (t, TILE, 7, TILE)."""
    values, channels = layers.values, layers.values.shape[1]
    down, across = axes
    windows = np.empty((len(chosen), down.window, channels, across.window), np.float32)
    for window, (row, column) in zip(windows, chosen, strict=True):
        top, left = down.starts[row] - layers.top, across.starts[column] - layers.left
        window[...] = values[top : top + down.window, :, left : left + across.window]
    rows, columns = (np.array(numbers) for numbers in zip(*chosen, strict=True))
    count, width = len(chosen), channels * across.window
    tall = _products(down.weights[rows], windows.reshape(count, down.window, width))
    wide = tall.reshape(count, TILE * channels, across.window)
    large = _products(wide, across.weights[columns].transpose(0, 2, 1))
    return large.reshape(count, TILE, channels, TILE)


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    """Multiply matrices (t, m, k) and (t, k, n), in parts too small to be spread over threads."""
    count, rows, inner = first.shape
    while rows % 2 == 0 and rows * inner * second.shape[2] > SMALL_PRODUCT:
        rows //= 2
    parts = first.reshape(count, -1, rows, inner) @ second[:, None]
    return np.asarray(parts.reshape(count, -1, second.shape[2]), np.float32)


def _planar(values: NDArray[Any], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Return rows and columns of (h, w, 3) as (h', 3, w'); the outermost values repeat."""
    rows, columns = (
        np.clip(each, 0, values.shape[k] - 1) for k, each in enumerate((rows, columns))
    )
    part = values[rows[0] : rows[-1] + 1].transpose(0, 2, 1).astype(np.float32)
    return np.asarray(part[rows - rows[0]].take(columns, axis=2), np.float32)


def _slope(shown: FloatArray, change: FloatArray) -> FloatArray:
    """Return the slope (h, w), smoothed; two pixels of each border are used up."""
    means, changes = _mean(shown), _mean(change)
    covariance = _mean((shown * change).sum(axis=1)) - (means * changes).sum(axis=1)
    variance = _mean((shown * shown).sum(axis=1)) - (means * means).sum(axis=1)
    variance += np.float32(3 * TEXTURE_VARIANCE)
    covariance /= variance
    return _mean(np.clip(covariance, -1.0, 0.0, out=covariance))


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean over the window around each pixel (h[, 3], w), the borders used up."""
    rows = values[:-2] + values[1:-1]
    rows += values[2:]
    columns = rows[..., :-2] + rows[..., 1:-1]
    columns += rows[..., 2:]
    columns *= np.float32((2 * REACH + 1) ** -2)
    return columns


def _sharpened(values: FloatArray, blur: float) -> FloatArray:
    """Return values whose bilinear enlargement has the given means over each pixel's area.

    Three terms of the series of the inverse of (blur, 1 - 2 blur, blur) in both directions; two
    pixels of each border are used up.
    """
    if blur == 0:
        return values[2:-2, :, 2:-2]
    weights = np.float32(blur), np.float32(1 - 2 * blur)
    once = _weighted(values, *weights)
    np.subtract(values[1:-1, :, 1:-1], once, out=once)
    twice = _weighted(once, *weights)
    np.subtract(once[1:-1, :, 1:-1], twice, out=twice)
    twice += once[1:-1, :, 1:-1]
    twice += values[2:-2, :, 2:-2]
    return twice


def _weighted(values: FloatArray, beside: np.float32, centre: np.float32) -> FloatArray:
    """Convolve (h, 3, w) with (beside, centre, beside) in both directions, borders used up."""
    rows = values[:-2] + values[2:]
    rows *= beside
    rows += centre * values[1:-1]
    columns = rows[..., :-2] + rows[..., 2:]
    columns *= beside
    columns += centre * rows[..., 1:-1]
    return columns
