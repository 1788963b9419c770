"""Single spots: each function returns the density that one spot adds to the skin.

Sizes are fractions of the face's width. Appearance follows what is seen on unretouched faces:
inflamed pimples with halo, shading and highlight; post-inflammatory brown, red and dark marks;
scabs; scratches; whiteheads, milia and blackheads; soft red patches; and, with a kind of their own,
moles and freckles.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .density import pigment
from .outlines import blob, lobed, polar_grid, relief, texture

FloatArray = NDArray[np.float32]
KINDS = ("none", "blemish", "mole", "freckle")
BLEMISH, MOLE, FRECKLE = 1, 2, 3


@dataclass(frozen=True)
class Spot:
    """One painted spot: density (n, n, 3) to add, coverage (n, n) 0..1 and its kind's index."""

    density: FloatArray
    coverage: FloatArray
    kind: int


def _flat(coverage: FloatArray, colour: FloatArray) -> FloatArray:
    return coverage[..., None] * colour


def _half(radius: float, reach: float) -> int:
    return int(np.ceil(radius * reach)) + 2


def _size(low: float, high: float, face_width: float, rng: np.random.Generator) -> float:
    """Draw a radius in pixels, small ones more often: log-uniform between shares of the face."""
    return max(face_width * float(np.exp(rng.uniform(np.log(low), np.log(high)))), 0.8)


def _roughness(rng: np.random.Generator) -> float:
    return float(rng.uniform(0.2, 1.0)) if rng.random() < 0.5 else 0.0


def _outline(
    half: int, radius: float, softness: float, irregularity: float, rng: np.random.Generator
) -> FloatArray:
    """Return a flat spot of either growth: around one centre, or together from several."""
    if rng.random() < 0.3:
        return lobed(half, radius, 0.7 * softness, rng, int(rng.integers(2, 6)))
    return blob(half, radius, softness, irregularity, rng, _roughness(rng))


def pimple(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return an inflamed pimple: red core and halo, a lit and a shaded side, often a highlight."""
    radius = _size(0.0035, 0.020, face_width, rng)
    spread = rng.uniform(1.5, 2.6)
    half = _half(radius, 2.0 * spread)
    distance, angle = polar_grid(half, (0.0, 0.0))
    core = _outline(half, radius, rng.uniform(0.35, 1.5), 0.22, rng)
    halo = _halo(half, distance, radius * spread, rng)
    grain = texture(half, radius * 0.7, 0.18, rng)
    strength = rng.uniform(0.1, 0.45)
    density = _flat(core * grain, pigment(strength, rng.uniform(0, 0.15), rng))
    density += _flat(halo * grain, pigment(strength * rng.uniform(0.2, 0.6), 0.0, rng))
    density -= _flat(relief(distance, angle, radius, light), np.full(3, rng.uniform(0, 0.18)))
    if rng.random() < 0.4:
        density -= _highlight(half, radius, light, rng)
    return Spot(density.astype(np.float32), np.maximum(core, halo), BLEMISH)


def _halo(half: int, distance: FloatArray, radius: float, rng: np.random.Generator) -> FloatArray:
    """Return the flush around a pimple: an even glow, or a spot of uneven shape."""
    if rng.random() < 0.5:
        return np.asarray(np.exp(-0.5 * (distance / (0.7 * radius)) ** 2), np.float32)
    return blob(half, 0.9 * radius, rng.uniform(0.9, 1.6), 0.35, rng, 0.5 * _roughness(rng))


def _highlight(half: int, radius: float, light: float, rng: np.random.Generator) -> FloatArray:
    offset = 0.35 * radius * np.array([np.cos(light), np.sin(light)])
    distance, _ = polar_grid(half, (float(offset[0]), float(offset[1])))
    glow = np.exp(-0.5 * (distance / max(0.25 * radius, 0.7)) ** 2)
    return _flat(glow.astype(np.float32), np.full(3, rng.uniform(0.08, 0.3), np.float32))


def whitehead(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a pimple with a pale yellowish tip."""
    base = pimple(face_width, light, rng)
    half = base.coverage.shape[0] // 2
    tip = blob(half, max(face_width * rng.uniform(0.002, 0.006), 1.0), 0.6, 0.15, rng)
    pale = np.array([0.30, 0.28, 0.14], np.float32) * rng.uniform(0.6, 1.4)
    return Spot(base.density - _flat(tip, pale), np.maximum(base.coverage, tip), BLEMISH)


def brown_spot(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a flat brown spot: sun spot or post-inflammatory pigment."""
    radius = _size(0.004, 0.024, face_width, rng)
    half = _half(radius, 2.3)
    cover = _outline(half, radius, rng.uniform(0.2, 1.4), rng.uniform(0.2, 0.6), rng)
    grain = texture(half, radius * rng.uniform(0.25, 0.8), rng.uniform(0.1, 0.4), rng)
    colour = pigment(rng.uniform(0, 0.15), rng.uniform(0.08, 0.5), rng)
    return Spot(_flat(cover * grain, colour), cover, BLEMISH)


def faint_mark(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a fading red or brown mark, barely darker than the skin."""
    radius = _size(0.005, 0.02, face_width, rng)
    half = _half(radius, 2.4)
    cover = _outline(half, radius, rng.uniform(0.5, 1.7), 0.3, rng)
    colour = pigment(rng.uniform(0.04, 0.25), rng.uniform(0, 0.1), rng)
    return Spot(_flat(cover * texture(half, radius, 0.2, rng), colour), cover, BLEMISH)


def scab(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a small crust: dark red-brown, ragged, rough, with a red rim."""
    radius = face_width * rng.uniform(0.003, 0.010)
    half = _half(radius, 3.2)
    crust = blob(half, radius, 0.3, 0.5, rng, _roughness(rng))
    rim = blob(half, radius * rng.uniform(1.4, 2.0), 1.0, 0.3, rng, 0.5 * _roughness(rng))
    grain = texture(half, max(radius * 0.3, 1.2), 0.35, rng)
    density = _flat(crust * grain, pigment(rng.uniform(0.3, 0.6), rng.uniform(0.2, 0.6), rng))
    density += _flat(rim, pigment(rng.uniform(0.05, 0.25), 0.0, rng))
    return Spot(density, np.maximum(crust, rim), BLEMISH)


def red_patch(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a soft area of redness: blotchy, mottled by vessels, at times in islands."""
    radius = _size(0.015, 0.09, face_width, rng)
    # Nothing in it is fine: a patch is drawn small and enlarged.
    shrink = max(int(radius // 12), 1)
    small, width = radius / shrink, face_width / shrink
    half = _half(small, 2.6)
    cover = _outline(half, small, rng.uniform(0.7, 2.0), rng.uniform(0.25, 0.6), rng)
    grain = texture(half, small * rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.35), rng)
    grain = grain * texture(half, width * rng.uniform(0.005, 0.02), rng.uniform(0.0, 0.3), rng)
    size = (2 * half + 1) * shrink
    size -= 1 - size % 2
    large = cv2.resize(cover * grain, (size, size), interpolation=cv2.INTER_LINEAR)
    colour = pigment(rng.uniform(0.03, 0.24), rng.uniform(0.0, 0.05), rng)
    return Spot(_flat(np.asarray(large, np.float32), colour), large, BLEMISH)


def dark_mark(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a mark that is but darker than its skin, as redness shows on dark skin."""
    radius = _size(0.004, 0.02, face_width, rng)
    half = _half(radius, 2.4)
    cover = _outline(half, radius, rng.uniform(0.3, 1.6), 0.35, rng)
    grain = texture(half, radius * rng.uniform(0.4, 1.0), 0.2, rng)
    grey = np.full(3, rng.uniform(0.5, 1.0), np.float32)
    brown = pigment(rng.uniform(0, 0.3), rng.uniform(0.2, 0.8), rng)
    colour = np.asarray((grey + brown) * rng.uniform(0.06, 0.3), np.float32)
    return Spot(_flat(cover * grain, colour), cover, BLEMISH)


def milium(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a closed comedo or milium: a tiny pale bump."""
    radius = max(face_width * rng.uniform(0.002, 0.006), 0.8)
    half = _half(radius, 3.2)
    distance, angle = polar_grid(half, (0.0, 0.0))
    cover = blob(half, radius, rng.uniform(0.5, 1.0), 0.15, rng)
    pale = np.array([0.9, 1.0, 0.9], np.float32) * rng.uniform(0.03, 0.14)
    shade = relief(distance, angle, radius, light) * np.float32(rng.uniform(0.03, 0.12))
    density = -_flat(cover, pale) - _flat(shade, np.ones(3, np.float32))
    return Spot(density, np.maximum(cover, np.abs(shade) > 0.01), BLEMISH)


def blackhead(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return an open comedo: a tiny dark pore."""
    radius = max(face_width * rng.uniform(0.0015, 0.004), 0.7)
    half = _half(radius, 2.6)
    cover = blob(half, radius, rng.uniform(0.3, 0.9), 0.3, rng, _roughness(rng))
    colour = pigment(rng.uniform(0, 0.15), rng.uniform(0.15, 0.55), rng)
    return Spot(_flat(cover, colour), cover, BLEMISH)


def scratch(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a thin red line, broken in places."""
    length = face_width * rng.uniform(0.015, 0.06)
    half = _half(length, 0.6)
    angle, bend = rng.uniform(0, np.pi), rng.normal(0, 0.25)
    axis = np.arange(-half, half + 1, dtype=np.float32)
    along = axis[None, :] * np.cos(angle) + axis[:, None] * np.sin(angle)
    across = axis[:, None] * np.cos(angle) - axis[None, :] * np.sin(angle)
    across -= bend * (along**2 / length - length / 12)
    width = max(face_width * rng.uniform(0.0009, 0.0026), 0.6)
    ends = np.clip((length / 2 - np.abs(along)) / (0.1 * length), 0, 1)
    grain = texture(half, length * 0.12, 0.35, rng)
    cover = np.asarray(np.exp(-0.5 * (across / width) ** 2) * ends * grain, np.float32)
    colour = pigment(rng.uniform(0.08, 0.4), rng.uniform(0, 0.15), rng)
    return Spot(_flat(cover, colour), cover, BLEMISH)


def mole(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return a mole: melanin, round and even; dark and sharp, or raised, soft and light brown."""
    radius = face_width * rng.uniform(0.004, 0.013)
    half = _half(radius, 2.2)
    distance, angle = polar_grid(half, (0.0, 0.0))
    softness = rng.uniform(0.2, 1.1)
    cover = blob(half, radius, softness, 0.08, rng)
    colour = pigment(rng.uniform(0, 0.2), rng.uniform(0.3, 1.1) + 0.3 * (1.1 - softness), rng)
    density = _flat(cover * texture(half, radius * 0.6, 0.1, rng), colour)
    if rng.random() < 0.3:
        shade = relief(distance, angle, radius, light) * cover
        density -= _flat(shade, np.full(3, rng.uniform(0.05, 0.2), np.float32))
    return Spot(density.astype(np.float32), cover, MOLE)


def freckle(face_width: float, light: float, rng: np.random.Generator) -> Spot:
    """Return one freckle: small, flat, light brown."""
    radius = max(face_width * rng.uniform(0.0022, 0.007), 0.8)
    half = _half(radius, 2.4)
    cover = blob(half, radius, rng.uniform(0.5, 1.0), 0.25, rng)
    colour = pigment(rng.uniform(0, 0.04), rng.uniform(0.07, 0.38), rng)
    return Spot(_flat(cover, colour), cover, FRECKLE)


PAINTERS: dict[str, Callable[[float, float, np.random.Generator], Spot]] = {
    "pimple": pimple,
    "whitehead": whitehead,
    "brown_spot": brown_spot,
    "faint_mark": faint_mark,
    "scab": scab,
    "red_patch": red_patch,
    "dark_mark": dark_mark,
    "milium": milium,
    "blackhead": blackhead,
    "scratch": scratch,
    "mole": mole,
    "freckle": freckle,
}
