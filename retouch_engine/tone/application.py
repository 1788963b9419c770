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
STRIP = 256
LEAST_STOPS = 0.5 / 255


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
    table = _table(tone.lut, to_srgb, from_srgb)
    size = (pixels.shape[0], pixels.shape[1])
    result = np.empty_like(pixels)

    def strip(top: int) -> None:
        rows = slice(top, min(top + STRIP, size[0]))
        lit = _with_gain(pixels[rows], tone.log_gain, rows, size)
        result[rows] = np.asarray(Image.fromarray(lit).filter(table))

    with ThreadPoolExecutor() as pool:
        list(pool.map(strip, range(0, size[0], STRIP)))
    return result


def _table(
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


def _with_gain(pixels: Pixels, log_gain: FloatArray, rows: slice, size: tuple[int, int]) -> Pixels:
    """Return a strip of rows times the gain at each pixel's place and brightness."""
    if np.abs(log_gain).max() < LEAST_STOPS:
        return np.ascontiguousarray(pixels)
    planes = _enlarged(log_gain, rows, size)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    depth = log_gain.shape[2]
    place = luma * np.float32((depth - 1) / 255)
    stops = np.zeros(luma.shape, np.float32)
    for index in range(depth):
        stops += planes[..., index] * np.maximum(1 - np.abs(place - index), 0)
    gain = np.exp2(stops)
    return np.asarray(cv2.multiply(pixels, cv2.merge([gain] * 3), dtype=cv2.CV_8U), np.uint8)


def _enlarged(log_gain: FloatArray, rows: slice, size: tuple[int, int]) -> FloatArray:
    """Sample the grid (h, w, D) bilinearly for some rows of a picture, centres on centres."""
    cells = log_gain.shape[:2]
    ys = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * cells[0] / size[0] - 0.5
    xs = (np.arange(size[1], dtype=np.float32) + 0.5) * cells[1] / size[1] - 0.5
    wide = cv2.remap(
        log_gain, np.tile(xs, (cells[0], 1)),
        np.repeat(np.arange(cells[0], dtype=np.float32)[:, None], size[1], axis=1),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    ).reshape(cells[0], size[1], -1)  # fmt: skip
    ys = np.clip(ys, 0, cells[0] - 1)
    low = np.floor(ys).astype(np.intp)
    high, share = np.minimum(low + 1, cells[0] - 1), (ys - np.floor(ys))[:, None, None]
    return np.asarray(wide[low] * (1 - share) + wide[high] * share, np.float32)
