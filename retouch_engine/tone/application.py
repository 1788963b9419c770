"""Lays a tone over a photo at its full size: a smooth gain, then one look-up table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
# Rows that are computed at once: the gain of a whole photo as numbers would take a gigabyte.
STRIP = 128
LEAST_STOPS = 0.5 / 255
# From so many values on the finer table pays.
FINE = 6_000_000


@dataclass(frozen=True)
class Tone:
    """What a photo's tone needs, in sRGB.

    lut: float32 (S, S, S, 3) in 0..1, axes blue, green, red; log_gain: float32 (h, w, D), stops by
    place and brightness, spanning the photo.
    """

    lut: FloatArray
    log_gain: FloatArray


def at_strength(tone: Tone, light: float) -> Tone:
    """Return the tone at a strength 0..1: a line from "change nothing" to all of it."""
    identity = identity_lut(tone.lut.shape[0])
    return Tone(
        np.asarray(identity + np.float32(light) * (tone.lut - identity), np.float32),
        np.asarray(np.float32(light) * tone.log_gain, np.float32),
    )


def identity_lut(size: int) -> FloatArray:
    """Return the table (S, S, S, 3) that changes nothing."""
    axis = np.linspace(0.0, 1.0, size, dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([red, green, blue], axis=-1)


def apply_tone(
    pixels: Pixels,
    tone: Tone,
    to_srgb: Callable[[Pixels], Pixels] | None = None,
    from_srgb: Callable[[Pixels], Pixels] | None = None,
) -> Pixels:
    """Return `pixels` (H, W, 3) with a tone applied, in their own profile.

    to_srgb, from_srgb: the profile's conversions, None where it is sRGB; they are folded into the
    table, so that the photo is read once whatever its profile. Rows are spread over threads; the
    values do not depend on that.
    """
    lut = _in_profile(tone.lut, to_srgb, from_srgb)
    look_up = _fine_look_up(lut) if pixels.size >= FINE else _look_up(lut)
    size = (pixels.shape[0], pixels.shape[1])
    result = np.empty_like(pixels)

    def strip(top: int) -> None:
        rows = slice(top, min(top + STRIP, size[0]))
        result[rows] = look_up(_with_gain(pixels[rows], tone.log_gain, rows, size))

    with ThreadPoolExecutor() as pool:
        list(pool.map(strip, range(0, size[0], STRIP)))
    return result


def _in_profile(
    lut: FloatArray,
    to_srgb: Callable[[Pixels], Pixels] | None,
    from_srgb: Callable[[Pixels], Pixels] | None,
) -> ImageFilter.Color3DLUT:
    size = lut.shape[0]
    if to_srgb is not None and from_srgb is not None:
        grid = np.rint(identity_lut(size) * 255).astype(np.uint8).reshape(size * size, size, 3)
        before = to_srgb(grid)
        after = Image.fromarray(before).filter(_filter(lut))
        # The difference of two conversions: a table that changes nothing must stay one.
        change = from_srgb(np.asarray(after)).astype(np.float32) - from_srgb(before)
        lut = identity_lut(size) + change.reshape(size, size, size, 3) / np.float32(255)
    return _filter(np.clip(lut, 0.0, 1.0))


def _filter(lut: FloatArray) -> ImageFilter.Color3DLUT:
    return ImageFilter.Color3DLUT(lut.shape[0], lut.reshape(-1, 3).astype(np.float32).ravel())


def _look_up(lut: ImageFilter.Color3DLUT) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.asarray(Image.fromarray(pixels).filter(lut))


def _fine_look_up(lut: ImageFilter.Color3DLUT) -> Callable[[Pixels], Pixels]:
    """Return what looks pixels up in a quarter of the time, within one grey value.

    In a table of every second value, to which an odd value's step of one is added.
    """
    even = np.arange(128, dtype=np.uint8) * 2
    blue, green, red = np.meshgrid(even, even, even, indexing="ij")
    grid = np.stack([red, green, blue], axis=-1).reshape(128 * 128, 128, 3)
    found = cv2.cvtColor(np.asarray(Image.fromarray(grid).filter(lut)), cv2.COLOR_RGB2RGBA)
    table = found.reshape(-1, 4).view(np.uint32).ravel()

    def look_up(pixels: Pixels) -> Pixels:
        packed = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0]
        index = (packed >> np.uint32(1)) & np.uint32(0x7F)
        index |= (packed >> np.uint32(2)) & np.uint32(0x3F80)
        index |= (packed >> np.uint32(3)) & np.uint32(0x1FC000)
        even_values = table[index].view(np.uint8).reshape(*pixels.shape[:2], 4)
        result = cv2.cvtColor(even_values, cv2.COLOR_RGBA2RGB)
        return np.asarray(cv2.add(result, pixels & np.uint8(1)), np.uint8)

    return look_up


def _with_gain(pixels: Pixels, log_gain: FloatArray, rows: slice, size: tuple[int, int]) -> Pixels:
    """Return a strip of rows times the gain at each pixel's place and brightness."""
    if np.abs(log_gain).max() < LEAST_STOPS:
        return np.ascontiguousarray(pixels)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cells = _rows_of(log_gain * np.float32(np.log(2)), rows, size[0])
    depth = log_gain.shape[2]
    logs = _widened(cells[..., 0], size[1])
    for index in range(depth - 1):
        # A line from plane to plane: how much of this step a brightness has behind it.
        share = np.clip(luma * np.float32((depth - 1) / 255) - np.float32(index), 0, 1)
        logs += _widened(cells[..., index + 1] - cells[..., index], size[1]) * share
    gain = cv2.exp(logs)
    return np.asarray(cv2.multiply(pixels, cv2.merge([gain] * 3), dtype=cv2.CV_8U), np.uint8)


def _rows_of(grid: FloatArray, rows: slice, height: int) -> FloatArray:
    """Sample a grid (h, w, D) at rows of a picture of this height, centres on centres."""
    ys = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * grid.shape[0] / height - 0.5
    ys = np.clip(ys, 0, grid.shape[0] - 1)
    low = np.floor(ys).astype(np.intp)
    high, share = np.minimum(low + 1, grid.shape[0] - 1), (ys - low)[:, None, None]
    return np.asarray(grid[low] * (1 - share) + grid[high] * share, np.float32)


def _widened(cells: FloatArray, width: int) -> FloatArray:
    """Sample rows of cells (rows, w) at every pixel of a width, centres on centres."""
    wide = cv2.resize(np.ascontiguousarray(cells), (width, len(cells)))
    return np.asarray(wide, np.float32)
