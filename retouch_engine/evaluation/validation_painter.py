"""The validation painter: a second way to paint blemishes, so that no painter marks its own work.

A network trained on the spots of `synthesis` could learn how they are drawn. Here outlines are
level sets of noise instead of harmonics around a radius, textures have a power-law spectrum, spots
gather where a random field is high, and colours move in CIELAB instead of along pigments in optical
density. The result is of the same type, and density is reported in the same unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from retouch_engine.synthesis import EDIT_DENSITY

from .metrics import lab_to_srgb, srgb_to_lab
from .spot_truth import PROTECTED, SORTS, PaintedSpot, PaintedSpots, Place, SpotTruth
from .validation_shapes import spectral_noise
from .validation_spots import SPOTS, Scene, Spot

FloatArray = NDArray[np.float32]
Image = NDArray[np.uint8]
Lab = NDArray[np.float64]

# Limits of what overlapping spots may do to ln L*.
DARKEST, LIGHTEST = -1.3, 0.3
# Where lightness falls, chroma falls too, if less: black is not red.
CHROMA_EXPONENT = 0.35


@dataclass(frozen=True)
class ValidationPainterConfig:
    """How many spots of each sort a whole face gets on average, before severity is drawn.

    sizes: by sort, how many times as large as a face has them they are painted, 1 where none is
    given; groups of comedones stay as wide as they are.
    """

    counts: dict[str, float] = field(
        default_factory=lambda: {
            "papule": 11.0,
            "pustule": 4.0,
            "comedones": 2.5,
            "post_inflammatory_mark": 11.0,
            "lentigo": 4.0,
            "crust": 2.0,
            "erythema": 1.5,
            "scratch": 0.5,
            "mole": 4.0,
        }
    )
    freckles: float = 50.0
    freckles_probability: float = 0.3
    sizes: Mapping[str, float] = field(default_factory=dict)


class ValidationPainter:
    """Paints spots on skin; two painters with the same seed paint the same picture."""

    def __init__(self, config: ValidationPainterConfig | None = None) -> None:
        self.config = config or ValidationPainterConfig()

    def paint(
        self,
        image: Image,
        skin: FloatArray,
        face_width: float,
        rng: np.random.Generator,
    ) -> PaintedSpots:
        """Paint on `image` (H, W, 3) sRGB where `skin` (H, W) is 1; sizes follow `face_width` (px).

        The number of spots scales with the painted skin area. The truth of every kind, moles and
        freckles too, is the unpainted image; that of the default recipe is `truth.kept`.
        """
        lab = srgb_to_lab(image)
        scene = _scene(lab[..., 0], skin, face_width, rng)
        layer, kept = _Layer.empty(skin.shape), _Layer.empty(skin.shape)
        spots = []
        for name, middle in self._plan(skin, face_width, rng):
            spot = SPOTS[name](replace(scene, size=self.config.sizes.get(name, 1.0)), rng)
            place, part = _clipped(spot, middle, skin.shape)
            layer.lay(part, place, name, spot.kind)
            if spot.kind in PROTECTED:
                kept.lay(part, place, name, spot.kind)
            alone = _density(image[place], _changed(image[place], lab[place], part, skin[place]))
            spots.append(PaintedSpot(name, spot.kind, place, alone))
        painted = _changed(image, lab, layer.shift, skin)
        amount = _density(image, painted)
        edited = np.clip(amount / EDIT_DENSITY - 0.5, 0.0, 1.0)
        kinds, sorts = (np.where(edited > 0, m, 0).astype(np.uint8) for m in layer.maps)
        kept_image = np.rint(_changed(image, lab, kept.shift, skin)).astype(np.uint8)
        truth = SpotTruth(kept_image, sorts, tuple(spots))
        return PaintedSpots(np.rint(painted).astype(np.uint8), edited, kinds, amount, truth)

    def _plan(
        self, skin: FloatArray, face_width: float, rng: np.random.Generator
    ) -> list[tuple[str, tuple[int, int]]]:
        """Draw sorts and places (x, y) of all spots; those of one sort gather in the same areas."""
        candidates = np.flatnonzero(skin > 0.6)
        # A face's skin covers about 0.75 of the square of its width.
        share = len(candidates) / (0.75 * face_width**2)
        severity = 0.4 + 0.6 * rng.gamma(1.6, 1 / 1.6)
        counts = {name: rng.poisson(m * severity * share) for name, m in self.config.counts.items()}
        freckled = rng.random() < self.config.freckles_probability
        counts["freckle"] = rng.poisson(self.config.freckles * share) if freckled else 0
        plan = []
        for name, count in counts.items():
            if count:
                attraction = spectral_noise(
                    (skin.shape[0], skin.shape[1]), 0.3 * face_width, 2.5, rng
                )
                weights = np.exp(0.9 * attraction.ravel()[candidates].astype(np.float64))
                chosen = rng.choice(candidates, count, p=weights / weights.sum())
                places = [divmod(int(index), skin.shape[1]) for index in chosen]
                plan += [(name, (x, y)) for y, x in places]
        return [plan[index] for index in rng.permutation(len(plan))]


def _scene(
    lightness: NDArray[np.float64], skin: FloatArray, face_width: float, rng: np.random.Generator
) -> Scene:
    """Read from the skin how light it is and, where it gets lighter, where light comes from."""
    ys, xs = np.nonzero(skin > 0.6)
    if len(ys) < 16:
        return Scene(face_width, float(rng.uniform(0, 2 * np.pi)), 60.0)
    values = lightness[ys, xs]
    slope = [np.cov(axis, values)[0, 1] / max(float(axis.var()), 1e-6) for axis in (xs, ys)]
    angle = float(np.arctan2(slope[1], slope[0]))
    return Scene(face_width, angle + float(rng.normal(0.0, 0.3)), float(np.median(values)))


def _shifted(lab: NDArray[np.float64], shift: FloatArray) -> NDArray[np.float64]:
    """Return CIELAB (n, 3) moved by shifts (n, 3) of ln L*, a* and b*."""
    factor = np.exp(np.clip(shift[:, 0], DARKEST, LIGHTEST).astype(np.float64))
    chroma = factor[:, None] ** CHROMA_EXPONENT * (lab[:, 1:] + shift[:, 1:])
    return np.column_stack([np.minimum(lab[:, 0] * factor, 100.0), chroma])


def _changed(image: Image, lab: Lab, shift: FloatArray, skin: FloatArray) -> Lab:
    """Return sRGB (H, W, 3), not rounded, after shifts of ln L*, a* and b* where there is skin."""
    shift = shift * skin[..., None]
    touched = shift.any(axis=2)
    changed = image.astype(np.float64)
    changed[touched] = lab_to_srgb(_shifted(lab[touched], shift[touched]))
    return changed


def _density(image: Image, changed: Lab) -> FloatArray:
    return np.abs(np.log((changed + 1.0) / (image + 1.0))).max(axis=2).astype(np.float32)


def _clipped(
    spot: Spot, middle: tuple[int, int], shape: tuple[int, ...]
) -> tuple[Place, FloatArray]:
    """Return where a spot centred on (x, y) lies in a picture, and the part that does."""
    half = spot.shift.shape[0] // 2
    left, top = middle[0] - half, middle[1] - half
    y0, y1 = max(top, 0), min(top + 2 * half + 1, shape[0])
    x0, x1 = max(left, 0), min(left + 2 * half + 1, shape[1])
    part = spot.shift[y0 - top : y1 - top, x0 - left : x1 - left]
    return (slice(y0, y1), slice(x0, x1)), part


@dataclass(frozen=True)
class _Layer:
    """The sum of spots, (H, W, 3), and whose each pixel is: maps of kinds and sorts."""

    shift: FloatArray
    maps: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    strongest: FloatArray

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> "_Layer":
        maps = (np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
        return cls(np.zeros((*shape, 3), np.float32), maps, np.zeros(shape, np.float32))

    def lay(self, part: FloatArray, place: Place, name: str, kind: int) -> None:
        """Add a spot; a pixel belongs to the spot that moves it furthest."""
        self.shift[place] += part
        # About units of CIELAB: ln L* times the lightness of skin.
        moved = np.sqrt((60.0 * part[..., 0]) ** 2 + part[..., 1] ** 2 + part[..., 2] ** 2)
        stronger = moved > self.strongest[place]
        for numbers, number in zip(self.maps, (kind, 1 + SORTS.index(name)), strict=True):
            numbers[place][stronger] = number
        self.strongest[place][stronger] = moved[stronger]
