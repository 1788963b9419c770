"""Paint a seeded set of spots on the skin of a portrait and say exactly where."""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .density import to_density, to_image
from .lesions import BLEMISH, PAINTERS, Spot

FloatArray = NDArray[np.float32]

# Density change from which on a pixel counts as edited when the training mask is made.
EDIT_DENSITY = 0.02

# How strong a blemish is, as a share of what `lesions` paints: most real ones are faint, and a
# network that has seen but strong ones leaves the faint ones.
FAINTEST, STRONGEST = 0.25, 1.1

# What comes in groups: how far these reach, in widths of the face, and who else is in them.
CLUSTERS = {
    "pimple": (0.035, ("pimple", "whitehead", "faint_mark", "dark_mark")),
    "blackhead": (0.018, ("blackhead",)),
    "milium": (0.02, ("milium",)),
}


@dataclass(frozen=True)
class PainterConfig:
    """How many spots of each sort a whole face gets on average, before severity is drawn."""

    counts: dict[str, float] = field(
        default_factory=lambda: {
            "pimple": 10.0,
            "whitehead": 4.0,
            "brown_spot": 6.0,
            "faint_mark": 7.0,
            "scab": 3.0,
            "red_patch": 4.0,
            "dark_mark": 6.0,
            "milium": 3.0,
            "scratch": 3.0,
            "blackhead": 3.0,
            "mole": 5.0,
        }
    )
    freckles: float = 60.0
    freckles_probability: float = 0.3
    cluster_probability: dict[str, float] = field(
        default_factory=lambda: {"pimple": 0.1, "blackhead": 0.8, "milium": 0.25}
    )
    crowding_probability: float = 0.4
    clean_probability: float = 0.1


@dataclass(frozen=True)
class Painted:
    """A painted picture with its truth.

    image: uint8 (H, W, 3) sRGB with spots; edited: float32 (H, W) 0..1, how surely the pixel was
    changed; kinds: uint8 (H, W), index into `lesions.KINDS`; density: float32 (H, W), the largest
    absolute change of optical density over the channels.
    """

    image: NDArray[np.uint8]
    edited: FloatArray
    kinds: NDArray[np.uint8]
    density: FloatArray


class Painter:
    """Paints spots on skin; two painters with the same seed paint the same picture."""

    def __init__(self, config: PainterConfig | None = None) -> None:
        self.config = config or PainterConfig()

    def paint(
        self,
        image: NDArray[np.uint8],
        skin: FloatArray,
        face_width: float,
        rng: np.random.Generator,
    ) -> Painted:
        """Paint on `image` (H, W, 3) sRGB where `skin` (H, W) is 1; sizes follow `face_width` (px).

        The number of spots scales with the painted skin area, so a crop gets its share of a face.
        """
        added = np.zeros((*skin.shape, 3), np.float32)
        kinds = np.zeros(skin.shape, np.uint8)
        strongest = np.zeros(skin.shape, np.float32)
        light = rng.uniform(0, 2 * np.pi)
        for name, (x, y) in self._plan(skin, face_width, rng):
            spot = PAINTERS[name](face_width, light, rng)
            if spot.kind == BLEMISH:
                strength = np.float32(np.exp(rng.uniform(np.log(FAINTEST), np.log(STRONGEST))))
                spot = replace(spot, density=spot.density * strength)
            _stamp(added, kinds, strongest, spot, x, y)
        added *= skin[..., None]
        painted, amount = _added(image, added)
        edited = _edited(amount)
        return Painted(painted, edited, np.where(edited > 0, kinds, 0).astype(np.uint8), amount)

    def _plan(
        self, skin: FloatArray, face_width: float, rng: np.random.Generator
    ) -> list[tuple[str, tuple[float, float]]]:
        places = np.flatnonzero(skin > 0.6)
        if len(places) == 0 or rng.random() < self.config.clean_probability:
            return []
        # A face's skin covers about 0.75 of the square of its width.
        share = len(places) / (0.75 * face_width**2)
        severity = float(np.exp(rng.normal(0.0, 0.7)))
        if rng.random() < self.config.crowding_probability:
            places = _crowded(places, skin.shape, face_width, rng)
        plan = []
        for name, mean in self.config.counts.items():
            for _ in range(rng.poisson(mean * severity * share)):
                plan += self._placed(name, places, skin.shape[1], face_width, rng)
        if rng.random() < self.config.freckles_probability:
            count = rng.poisson(self.config.freckles * severity * share)
            plan += [("freckle", _place(places, skin.shape[1], rng)) for _ in range(count)]
        order = rng.permutation(len(plan))
        return [plan[i] for i in order]

    def _placed(
        self,
        name: str,
        places: NDArray[np.intp],
        width: int,
        face_width: float,
        rng: np.random.Generator,
    ) -> list[tuple[str, tuple[float, float]]]:
        x, y = _place(places, width, rng)
        if name not in CLUSTERS or rng.random() > self.config.cluster_probability[name]:
            return [(name, (x, y))]
        spread, company = CLUSTERS[name]
        members = rng.normal((x, y), spread * face_width, (int(rng.integers(3, 11)), 2))
        names = rng.choice(company, len(members))
        return [(str(n), (float(p[0]), float(p[1]))) for n, p in zip(names, members, strict=True)]


def _crowded(
    places: NDArray[np.intp],
    shape: tuple[int, ...],
    face_width: float,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Return the places of some areas only: spots gather on cheeks, foreheads or chins."""
    cell = max(0.12 * face_width, 1.0)
    coarse = (max(round(shape[0] / cell), 2), max(round(shape[1] / cell), 2))
    values = cv2.resize(rng.standard_normal(coarse, np.float32), shape[1::-1])
    chosen = places[values.ravel()[places] > rng.uniform(-0.6, 0.4)]
    return chosen if len(chosen) else places


def _place(places: NDArray[np.intp], width: int, rng: np.random.Generator) -> tuple[float, float]:
    y, x = divmod(int(places[rng.integers(len(places))]), width)
    return float(x), float(y)


def _stamp(
    added: FloatArray,
    kinds: NDArray[np.uint8],
    strongest: FloatArray,
    spot: Spot,
    x: float,
    y: float,
) -> None:
    """Add a spot's density around (x, y); the kind of a pixel is that of its strongest spot."""
    half = spot.coverage.shape[0] // 2
    left, top = round(x) - half, round(y) - half
    height, width = kinds.shape
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + 2 * half + 1, width), min(top + 2 * half + 1, height)
    if x0 >= x1 or y0 >= y1:
        return
    inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    place = (slice(y0, y1), slice(x0, x1))
    density = spot.density[inside]
    added[place] += density
    amount = _strength(density)
    stronger = amount > strongest[place]
    kinds[place][stronger] = spot.kind
    strongest[place][stronger] = amount[stronger]


def add_density(painted: Painted, added: FloatArray, kind: int) -> Painted:
    """Add more optical density (H, W, 3), of one kind, to a painted picture."""
    image, amount = _added(painted.image, added)
    edited = _edited(amount)
    stronger = (edited > 0) & (amount > painted.density)
    return Painted(
        image,
        np.maximum(painted.edited, edited),
        np.where(stronger, kind, painted.kinds).astype(np.uint8),
        np.maximum(painted.density, amount),
    )


def density_between(darker: NDArray[np.uint8], lighter: NDArray[np.uint8]) -> FloatArray:
    """Return the optical density (H, W, 3) that one sRGB picture has more than another."""
    return np.asarray(to_density(darker) - to_density(lighter), np.float32)


def _added(image: NDArray[np.uint8], density: FloatArray) -> tuple[NDArray[np.uint8], FloatArray]:
    """Return a picture with density added, and how much at each pixel."""
    amount = _strength(density)
    # Rounding to 8 bit must not change a pixel on which nothing was painted.
    touched = amount > 0
    painted = image.copy()
    painted[touched] = to_image(to_density(image[touched]) + density[touched])
    return painted, amount


def _edited(amount: FloatArray) -> FloatArray:
    return np.asarray(np.clip(amount / EDIT_DENSITY - 0.5, 0.0, 1.0), np.float32)


def _strength(density: FloatArray) -> FloatArray:
    """Return the largest absolute channel of a density (H, W, 3)."""
    # numpy's max over an axis of three costs seven times as much.
    red, green, blue = (np.abs(density[..., channel]) for channel in range(3))
    return np.maximum(np.maximum(red, green), blue)
