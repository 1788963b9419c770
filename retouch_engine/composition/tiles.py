"""Sparse layers: only the tiles of a face's box that hold a mark are stored or computed."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 64
Place = tuple[slice, slice]


def occupied_tiles(labels: NDArray[np.integer]) -> list[int]:
    """Return the numbers, row by row, of the tiles of 64 x 64 pixels that hold a label (H, W)."""
    width = labels.shape[1]
    starts = np.arange(0, width, TILE)
    occupied = [
        np.maximum.reduceat(labels[top : top + TILE].max(axis=0), starts) > 0
        for top in range(0, labels.shape[0], TILE)
    ]
    return np.flatnonzero(np.array(occupied)).tolist() if occupied else []


def tile_place(number: int, width: int) -> Place:
    """Return the slices of a tile by its number, in a box of `width` pixels."""
    row, column = divmod(number, -(-width // TILE))
    return slice(row * TILE, (row + 1) * TILE), slice(column * TILE, (column + 1) * TILE)


def tile_spans(numbers: Sequence[int], width: int) -> Iterator[Place]:
    """Yield the slices of tiles by their rising numbers, those beside each other as one."""
    across = -(-width // TILE)
    rows, columns = np.divmod(np.asarray(numbers, np.intp), across)
    begins = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(columns, prepend=-2) != 1))
    for begin, end in zip(begins, np.append(begins[1:], len(rows)), strict=False):
        row, first, last = (int(n) for n in (rows[begin], columns[begin], columns[end - 1]))
        down = slice(row * TILE, (row + 1) * TILE)
        yield down, slice(first * TILE, min((last + 1) * TILE, width))


def packed(array: NDArray[Any], tiles: Sequence[int]) -> NDArray[Any]:
    """Return the given tiles of (H, W[, C]) side by side in a nearly square picture."""
    size = _picture_size(len(tiles))
    picture = np.zeros((*size, *array.shape[2:]), array.dtype)
    for order, number in enumerate(tiles):
        part = array[tile_place(number, array.shape[1])]
        target = picture[tile_place(order, size[1])]
        target[: part.shape[0], : part.shape[1]] = part
    return picture


def unpacked(picture: NDArray[Any], tiles: Sequence[int], size: tuple[int, int]) -> NDArray[Any]:
    """Return the (H, W[, C]) of which `packed` made the picture, zero outside the tiles.

    Raises ValueError where picture, tiles and size do not belong together.
    """
    if picture.shape[:2] != _picture_size(len(tiles)):
        raise ValueError("the stored tiles do not fit their list")
    array = np.zeros((*size, *picture.shape[2:]), picture.dtype)
    for order, number in enumerate(tiles):
        target = array[tile_place(number, size[1])]
        part = picture[tile_place(order, picture.shape[1])]
        target[...] = part[: target.shape[0], : target.shape[1]]
    return array


def _picture_size(count: int) -> tuple[int, int]:
    columns = max(int(np.ceil(np.sqrt(count))), 1)
    return max(-(-count // columns), 1) * TILE, columns * TILE
