"""Looks pixels up in a tone's table: exactly, or many pixels in a tenth of the time."""

from collections.abc import Callable
from concurrent.futures import Executor

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
LookUp = Callable[[Pixels, Pixels], None]
# Of pixels packed into four bytes: the high bits of the three colours, and the low ones.
HIGH, LOW = np.uint32(0x00FEFEFE), np.uint32(0x00010101)
# Values of blue that are computed at once.
SLAB = 8


def exact_look_up(lut: FloatArray) -> LookUp:
    """Return what looks uint8 pixels (h, w, 3) up in a table (S, S, S, 3) of 0..1, trilinearly.

    The values go into the second array given.
    """
    table = ImageFilter.Color3DLUT(lut.shape[0], lut.reshape(-1, 3).astype(np.float32).ravel())

    def look_up(pixels: Pixels, result: Pixels) -> None:
        result[...] = np.asarray(Image.fromarray(pixels).filter(table))

    return look_up


def fine_look_up(lut: FloatArray, threads: Executor) -> LookUp:
    """Return what looks pixels up within one grey value of the exact way.

    In a table of every second value, to which an odd value's step of one is added.
    """
    table = _fine_table(lut, threads)

    def look_up(pixels: Pixels, result: Pixels) -> None:
        packed = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0]
        index = packed & HIGH
        np.right_shift(index, np.uint32(1), out=index)
        found = table.take(index, mode="clip")
        np.bitwise_and(packed, LOW, out=packed)
        found += packed
        values = found.view(np.uint8).reshape(*found.shape, 4)
        cv2.cvtColor(values, cv2.COLOR_RGBA2RGB, dst=result)

    return look_up


def _fine_table(lut: FloatArray, threads: Executor) -> NDArray[np.uint32]:
    """Return the packed colour of each even blue, green and red, seven bits of each in a byte."""
    size = lut.shape[0]
    places = np.arange(128) * 2 * (size - 1) / 255
    low = np.minimum(np.floor(places), size - 2).astype(np.intp)
    weights = np.zeros((128, size), np.float32)
    weights[np.arange(128), low] = 1 - (places - low)
    weights[np.arange(128), low + 1] = places - low
    colours = np.ascontiguousarray(lut.transpose(3, 1, 0, 2))
    table = np.empty((128, 256, 256), np.uint32)

    def slab(first: int) -> None:
        blues = slice(first, first + SLAB)
        # (3, green, blue, red), in products too small for the library to spread over threads.
        part = weights[blues] @ colours
        part = weights @ part.transpose(0, 2, 1, 3)
        values = part.reshape(3, -1, 32, size) @ weights.T
        values *= np.float32(255)
        np.rint(values, out=values)
        # A step of one may follow: it must not reach the next colour's byte.
        found = np.clip(values, 0, 254, out=values).astype(np.uint8).reshape(3, -1, 128)
        packed = cv2.merge([*found, np.zeros_like(found[0])]).view(np.uint32)
        table[blues, :128, :128] = packed.reshape(-1, 128, 128)

    list(threads.map(slab, range(0, 128, SLAB)))
    return table.ravel()
