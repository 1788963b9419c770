"""A picture cut into square tiles, at its full size and at halves of it."""

from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
TILE = 512
# The tables of this quality, without sub-sampling, change a portrait's pixels by 0.2 on average,
# in a twentieth of the time of a lossless coding.
QUALITY = 99


@dataclass(frozen=True)
class TileLevel:
    """One size of a picture in tiles, JPEGs in row order; those at the edges are smaller."""

    width: int
    height: int
    columns: int
    rows: int
    tiles: tuple[bytes, ...]


def tile_levels(pixels: Pixels, smallest: int) -> list[TileLevel]:
    """Cut sRGB `pixels` (H, W, 3) into tiles of 512 pixels, at full size and at halves of it.

    Halves whose long side has at most `smallest` pixels are left out; the full size never is.
    """
    levels = [_level(pixels)]
    while max(pixels.shape[:2]) > 2 * smallest:
        half = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)
        levels.append(_level(pixels))
    return levels


def _level(pixels: Pixels) -> TileLevel:
    height, width = pixels.shape[:2]
    tiles = tuple(
        _coded(pixels[top : top + TILE, left : left + TILE])
        for top in range(0, height, TILE)
        for left in range(0, width, TILE)
    )
    return TileLevel(width, height, -(-width // TILE), -(-height // TILE), tiles)


def _coded(tile: Pixels) -> bytes:
    data: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(tile),
        quality=QUALITY,
        colorspace="RGB",
        colorsubsampling="444",
        fastdct=False,
    )
    return data
