"""Looks pixels up in a tone's table: exactly, or many pixels in a tenth of the time."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
LookUp = Callable[[Pixels], Pixels]
# Of pixels packed into four bytes: the high bits of the three colours, and the low ones.
HIGH, LOW = np.uint32(0x00FEFEFE), np.uint32(0x00010101)


def exact_look_up(lut: FloatArray) -> LookUp:
    """Return what looks uint8 pixels (h, w, 3) up in a table (S, S, S, 3) of 0..1, trilinearly."""
    table = ImageFilter.Color3DLUT(lut.shape[0], lut.reshape(-1, 3).astype(np.float32).ravel())
    return lambda pixels: np.asarray(Image.fromarray(pixels).filter(table))


def fine_look_up(lut: FloatArray) -> LookUp:
    """Return what looks pixels up within one grey value of the exact way.

    In a table of every second value, to which an odd value's step of one is added.
    """
    table = _fine_table(lut)

    def look_up(pixels: Pixels) -> Pixels:
        packed = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0]
        index = packed & HIGH
        np.right_shift(index, np.uint32(1), out=index)
        found = table.take(index, mode="clip")
        np.bitwise_and(packed, LOW, out=packed)
        found += packed
        return np.asarray(cv2.cvtColor(_bytes(found), cv2.COLOR_RGBA2RGB), np.uint8)

    return look_up


def _bytes(packed: NDArray[np.uint32]) -> Pixels:
    return packed.view(np.uint8).reshape(*packed.shape, 4)


def _fine_table(lut: FloatArray) -> NDArray[np.uint32]:
    """Return the packed colour of each even blue, green and red, seven bits of each in a byte."""
    size = lut.shape[0]
    places = np.arange(128) * 2 * (size - 1) / 255
    low = np.minimum(np.floor(places), size - 2).astype(np.intp)
    weights = np.zeros((128, size), np.float32)
    weights[np.arange(128), low] = 1 - (places - low)
    weights[np.arange(128), low + 1] = places - low
    colours = []
    for channel in range(3):
        # Products so small that the library does not spread them over threads, which cost more.
        blue = (weights @ lut[..., channel].transpose(1, 0, 2)).transpose(1, 0, 2)
        values = (weights @ blue).reshape(-1, 32, size) @ weights.T
        # A step of one may follow: it must not reach the next colour's byte.
        values *= np.float32(255)
        np.rint(values, out=values)
        colours.append(np.minimum(values, 254, out=values).astype(np.uint8).reshape(-1, 128))
    dense = cv2.merge([*colours, np.zeros_like(colours[0])]).view(np.uint32)
    table = np.empty((128, 256, 256), np.uint32)
    table[:, :128, :128] = dense.reshape(128, 128, 128)
    return table.ravel()
