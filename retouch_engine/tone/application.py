"""Lays a tone over a photo at its full size: a smooth gain, then one look-up table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retouch_engine.imaging import usable_cores

from .gains import Gains
from .table import exact_look_up, fine_look_up

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
# Values that are computed at once: few enough for a processor's cache.
STRIP = 200_000
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
    *,
    in_place: bool = False,
) -> Pixels:
    """Return `pixels` (H, W, 3) with a tone applied, in their own profile.

    in_place: they are changed themselves, so that no second photo is held.

    to_srgb, from_srgb: the profile's conversions, None where it is sRGB; they are folded into the
    table, so that the photo is read once whatever its profile. Rows are spread over threads; the
    values do not depend on that.
    """
    lut = _in_profile(tone.lut, to_srgb, from_srgb)
    gains = Gains.of(tone.log_gain, (pixels.shape[0], pixels.shape[1]))
    step = max(STRIP // max(pixels[0].size, 1), 1)
    result = pixels if in_place else np.empty(pixels.shape, np.uint8)
    with ThreadPoolExecutor(usable_cores()) as threads:
        fine = pixels.size >= FINE
        look_up = fine_look_up(lut, threads) if fine else exact_look_up(lut)

        def strip(top: int) -> None:
            rows = slice(top, min(top + step, len(pixels)))
            part = np.ascontiguousarray(pixels[rows])
            look_up(part if gains is None else gains.applied(part, rows), result[rows])

        list(threads.map(strip, range(0, len(pixels), step)))
    return result


def _in_profile(
    lut: FloatArray,
    to_srgb: Callable[[Pixels], Pixels] | None,
    from_srgb: Callable[[Pixels], Pixels] | None,
) -> FloatArray:
    size = lut.shape[0]
    if to_srgb is not None and from_srgb is not None:
        grid = np.rint(identity_lut(size) * 255).astype(np.uint8).reshape(size * size, size, 3)
        before = to_srgb(grid)
        after = np.empty_like(before)
        exact_look_up(lut)(before, after)
        # The difference of two conversions: a table that changes nothing must stay one.
        change = from_srgb(after).astype(np.float32) - from_srgb(before)
        lut = identity_lut(size) + change.reshape(size, size, size, 3) / np.float32(255)
    return np.asarray(np.clip(lut, 0.0, 1.0), np.float32)
