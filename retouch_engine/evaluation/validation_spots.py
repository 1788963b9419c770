"""Single spots of the validation painter, as shifts of CIELAB colour.

Their looks follow dermatology's names. Sizes are fractions of the face's width (about 14 cm), and
log-normal. Nothing here is shared with `synthesis`, which paints along pigments in optical density.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .validation_shapes import dome, level_set, shading, spectral_noise, stroke

FloatArray = NDArray[np.float32]
BLEMISH, MOLE, FRECKLE = 1, 2, 3


@dataclass(frozen=True)
class Scene:
    """What all spots of a photo share: face width (px), the angle light comes from, skin's L*.

    size: how many times as large as a face has them spots are painted.
    """

    face_width: float
    light: float
    lightness: float
    size: float = 1.0

    @property
    def blood(self) -> float:
        """Return how much of redness is seen, 0.25..1: melanin hides it on dark skin."""
        return float(np.clip((self.lightness - 15.0) / 50.0, 0.25, 1.0))


@dataclass(frozen=True)
class Spot:
    """One spot: shift (n, n, 3) of ln L*, a* and b*, and its kind, an index into KINDS."""

    shift: FloatArray
    kind: int


Maker = Callable[[Scene, np.random.Generator], Spot]


def _radius(scene: Scene, median: float, spread: float, rng: np.random.Generator) -> float:
    factor = float(np.exp(np.clip(rng.normal(0.0, spread), -1.6 * spread, 1.6 * spread)))
    return max(scene.face_width * scene.size * median * factor, 0.7)


def _tint(cover: FloatArray, lightness: float, a: float, b: float) -> FloatArray:
    return cover[..., None] * np.array([lightness, a, b], np.float32)


def _red(cover: FloatArray, strength: float, scene: Scene, rng: np.random.Generator) -> FloatArray:
    """Return redness of `strength` in a*; what dark skin hides of it, it shows as darkness."""
    hidden = 0.012 * strength * (1.0 - scene.blood)
    darker = strength * rng.uniform(0.005, 0.015) + hidden
    return _tint(cover, -darker, strength * scene.blood, strength * rng.uniform(-0.05, 0.35))


def _brown(cover: FloatArray, depth: float, rng: np.random.Generator) -> FloatArray:
    """Return pigment that lowers ln L* by `depth`, yellower than red."""
    return _tint(cover, -depth, depth * rng.uniform(12, 30), depth * rng.uniform(4, 24))


def _mottle(cover: FloatArray, scale: float, amount: float, rng: np.random.Generator) -> FloatArray:
    noise = spectral_noise((cover.shape[0], cover.shape[1]), scale, 1.3, rng)
    return np.asarray(cover * np.clip(1.0 + amount * noise, 0.1, 2.0), np.float32)


def papule(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return an inflamed bump: lobed red core in a fading flush, shaded by its own relief."""
    radius = _radius(scene, 0.0085, 0.4, rng)
    return Spot(_inflamed(radius, scene, rng, rng.uniform(6, 18)), BLEMISH)


def pustule(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return an inflamed bump with a yellowish head."""
    radius = _radius(scene, 0.0085, 0.3, rng)
    shift = _inflamed(radius, scene, rng, rng.uniform(8, 18))
    half = shift.shape[0] // 2
    head = level_set(half, radius * rng.uniform(0.35, 0.6), 0.15, 0.25, rng)
    shift *= 1.0 - 0.8 * head[..., None]
    pale = _tint(head, rng.uniform(0.04, 0.16), rng.uniform(-3, 0), rng.uniform(2, 8))
    return Spot(shift + pale, BLEMISH)


def _inflamed(radius: float, scene: Scene, rng: np.random.Generator, strength: float) -> FloatArray:
    flush_radius = radius * rng.uniform(1.5, 2.6)
    half = int(np.ceil(2.6 * flush_radius)) + 3
    core = _mottle(level_set(half, radius, 0.22, 0.22, rng), radius / 2, 0.12, rng)
    flush = level_set(half, flush_radius, 0.4, 0.38, rng)
    shift = _red(core, strength, scene, rng)
    shift += _red(flush, strength * rng.uniform(0.25, 0.5), scene, rng)
    height = dome(half, radius)
    lit = shading(height, radius, scene.light)
    shift[..., 0] += rng.uniform(0.01, 0.07) * lit
    if rng.random() < 0.35:
        shift[..., 0] += rng.uniform(0.04, 0.14) * np.clip(lit, 0, None) ** 3
    return shift


def comedones(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a group of pores: open ones dark and tiny, closed ones pale bumps."""
    spread = _radius(replace(scene, size=1.0), 0.016, 0.4, rng)
    half = int(np.ceil(3.0 * spread)) + 4
    shift = np.zeros((2 * half + 1, 2 * half + 1, 3), np.float32)
    is_open = rng.random() < 0.6
    for x, y in np.clip(rng.normal(0, spread, (int(rng.integers(3, 11)), 2)), 4 - half, half - 4):
        radius = _radius(scene, 0.0026 if is_open else 0.0038, 0.3, rng)
        reach = min(int(np.ceil(2.5 * radius)) + 2, half)
        left, top = round(float(x)) + half - reach, round(float(y)) + half - reach
        left, top = (min(max(v, 0), 2 * (half - reach)) for v in (left, top))
        place = (slice(top, top + 2 * reach + 1), slice(left, left + 2 * reach + 1))
        cover = level_set(reach, radius, 0.2, 0.3, rng)
        if is_open:
            shift[place] += _brown(cover, rng.uniform(0.12, 0.4), rng)
        else:
            shift[place] += _tint(cover, rng.uniform(0.02, 0.06), 0.0, rng.uniform(0, 2))
            shift[place][..., 0] += 0.06 * shading(dome(reach, radius), radius, scene.light)
    return Spot(shift, BLEMISH)


def post_inflammatory_mark(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return what a pimple leaves: flat, red on light skin, brown more often on dark."""
    radius = _radius(scene, 0.009, 0.4, rng)
    cover = level_set(int(np.ceil(2.4 * radius)) + 3, radius, 0.3, 0.36, rng)
    cover = _mottle(cover, radius, 0.15, rng)
    if rng.random() < 0.75 * scene.blood:
        return Spot(_red(cover, rng.uniform(4, 12), scene, rng), BLEMISH)
    return Spot(_brown(cover, rng.uniform(0.05, 0.2), rng), BLEMISH)


def lentigo(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a sun spot: brown, mottled, with a jagged edge."""
    radius = _radius(scene, 0.010, 0.45, rng)
    cover = level_set(int(np.ceil(2.4 * radius)) + 3, radius, 0.42, rng.uniform(0.12, 0.3), rng)
    depth = rng.uniform(0.09, 0.3)
    return Spot(_brown(_mottle(cover, radius / 3, 0.2, rng), depth, rng), BLEMISH)


def crust(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a picked spot: dark, rough and ragged, with a red rim."""
    radius = _radius(scene, 0.0055, 0.35, rng)
    half = int(np.ceil(4.5 * radius)) + 3
    cover = _mottle(level_set(half, radius, 0.5, 0.14, rng), radius / 3, 0.3, rng)
    rim = level_set(half, radius * rng.uniform(1.5, 2.0), 0.35, 0.35, rng)
    shift = _brown(cover, rng.uniform(0.2, 0.55), rng)
    shift += _red(cover, rng.uniform(4, 10), scene, rng) + _red(rim, rng.uniform(3, 9), scene, rng)
    return Spot(shift, BLEMISH)


def erythema(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a patch of redness without a clear edge, mottled by the vessels under the skin."""
    radius = _radius(scene, 0.045, 0.35, rng)
    half = int(np.ceil(2.5 * radius)) + 3
    cover = level_set(half, radius, 0.5, 0.42, rng)
    mottled = _mottle(cover, 0.012 * scene.face_width, 0.2, rng)
    return Spot(_red(mottled, rng.uniform(2.5, 8), scene, rng), BLEMISH)


def scratch(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a scratch: a thin red line, broken in places."""
    length = _radius(scene, 0.035, 0.4, rng)
    half = int(np.ceil(0.75 * length)) + 4
    width = scene.face_width * scene.size * rng.uniform(0.0011, 0.0024)
    line = stroke(half, length, width, rng)
    return Spot(_red(line, rng.uniform(6, 14), scene, rng), BLEMISH)


def mole(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return a mole: flat and dark, or a raised, softer, lighter one."""
    radius = _radius(scene, 0.0075, 0.35, rng)
    half = int(np.ceil(2.4 * radius)) + 3
    raised = rng.random() < 0.4
    softness = rng.uniform(0.25, 0.45) if raised else rng.uniform(0.1, 0.25)
    cover = _mottle(level_set(half, radius, 0.1, softness, rng), radius / 2, 0.08, rng)
    depth = rng.uniform(0.2, 0.55) if raised else rng.uniform(0.35, 0.95)
    shift = _tint(cover, -depth, depth * rng.uniform(6, 16), depth * rng.uniform(-4, 14))
    if raised:
        lit = shading(dome(half, radius), radius, scene.light)
        shift[..., 0] += rng.uniform(0.04, 0.14) * lit
    return Spot(shift, MOLE)


def freckle(scene: Scene, rng: np.random.Generator) -> Spot:
    """Return one freckle: small, flat, light brown."""
    radius = _radius(scene, 0.0038, 0.4, rng)
    cover = level_set(int(np.ceil(2.4 * radius)) + 3, radius, 0.3, 0.3, rng)
    return Spot(_brown(cover, rng.uniform(0.06, 0.24), rng), FRECKLE)


SPOTS: dict[str, Maker] = {
    "papule": papule,
    "pustule": pustule,
    "comedones": comedones,
    "post_inflammatory_mark": post_inflammatory_mark,
    "lentigo": lentigo,
    "crust": crust,
    "erythema": erythema,
    "scratch": scratch,
    "mole": mole,
    "freckle": freckle,
}
