"""The guard judges a skin edit without knowing the truth: what must stay, did it stay?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .patches import Pixels, detail

FloatArray = NDArray[np.float32]
# The corners of the eyes in MediaPipe's order of landmarks.
RIGHT_EYE, LEFT_EYE = 33, 263
# The share of skin that must lie beside marks to say how skin should look.
LEAST_BESIDE = 0.05


@dataclass(frozen=True)
class Verdict:
    """What one face's edit did.

    texture_kept: high-frequency amplitude of skin, after over before; tone_shift: delta E ab of the
    skin's mean colour from where removals may bring it; spill: mean change beside the skin;
    droplet: contrast that a patch got; noise: fine noise that a patch got, all three in grey
    values; landmarks_moved: mean distance as a share of the eyes', None where nobody looked.
    """

    texture_kept: float = 1.0
    tone_shift: float = 0.0
    spill: float = 0.0
    droplet: float = 0.0
    noise: float = 0.0
    landmarks_moved: float | None = None

    @property
    def broken(self) -> tuple[str, ...]:
        """Return the names of the limits that are broken."""
        values = [(name, getattr(self, name)) for name in LIMITS]
        return tuple(
            name
            for name, value in values
            if value is not None and not LIMITS[name][0] <= value <= LIMITS[name][1]
        )

    @property
    def holds(self) -> bool:
        """Return whether all limits are kept."""
        return not self.broken


# Least and most. Removals from portraits with acne reach a tone shift of 0.14, a droplet of 12,
# noise of 1.2 and landmarks moved by 0.003; where the painter covered faces 33, 2.8 and 0.022.
LIMITS = {
    "texture_kept": (0.85, 1.3),
    "tone_shift": (0.0, 1.5),
    "spill": (0.0, 0.25),
    "droplet": (0.0, 40.0),
    "noise": (0.0, 5.0),
    "landmarks_moved": (0.0, 0.04),
}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of every figure; of no face, that nothing happened."""
    every = [Verdict(), *verdicts]
    moved = [v.landmarks_moved for v in every if v.landmarks_moved is not None]
    return Verdict(
        texture_kept=min(v.texture_kept for v in every),
        tone_shift=max(v.tone_shift for v in every),
        spill=max(v.spill for v in every),
        droplet=max(v.droplet for v in every),
        noise=max(v.noise for v in every),
        landmarks_moved=max(moved) if moved else None,
    )


def judge(before: Pixels, after: Pixels, skin: NDArray[np.bool_]) -> Verdict:
    """Judge texture and tone of a face box, uint8 sRGB (h, w, 3), on the pixels of skin (h, w)."""
    nowhere = np.zeros_like(skin)
    return verdict_of(skin_figures(before, skin, nowhere), skin_figures(after, skin, nowhere))


@dataclass(frozen=True)
class SkinFigures:
    """Sums over skin beside marks and inside them: counts (2,), squared detail (2,), colour (2, 3).

    Add those of several parts of a picture.
    """

    counts: NDArray[np.float64]
    energies: NDArray[np.float64]
    colours: NDArray[np.float64]

    def __add__(self, other: "SkinFigures") -> "SkinFigures":
        return SkinFigures(
            self.counts + other.counts, self.energies + other.energies, self.colours + other.colours
        )


NO_SKIN = SkinFigures(np.zeros(2), np.zeros(2), np.zeros((2, 3)))


def skin_figures(image: Pixels, skin: NDArray[np.bool_], marked: NDArray[np.bool_]) -> SkinFigures:
    """Return the sums of one part of a picture, uint8 sRGB (h, w, 3), over its skin (h, w)."""
    fine, colours, inside = np.square(detail(image)[skin]), image[skin], marked[skin]
    parts = (~inside, inside)
    return SkinFigures(
        np.array([np.count_nonzero(part) for part in parts], np.float64),
        np.array([fine[part].sum(dtype=np.float64) for part in parts]),
        np.array([colours[part].sum(axis=0, dtype=np.float64) for part in parts]),
    )


def verdict_of(before: SkinFigures, after: SkinFigures) -> Verdict:
    """Compare the sums of the same skin before and after.

    Removals bring marked skin nearer to the skin beside it, in texture and in colour: the edges of
    spots are no texture to keep, and on the way there the tone has not shifted.
    """
    if not before.counts.sum():
        return Verdict()
    energies, colours = before.energies.copy(), before.colours.copy()
    if before.counts[0] >= LEAST_BESIDE * before.counts.sum():
        energies[1] = min(energies[1], energies[0] * before.counts[1] / before.counts[0])
        colours[1] = colours[0] * before.counts[1] / before.counts[0]
    expected = energies.sum()
    kept = 1.0 if expected == 0 else float(after.energies.sum() / expected)
    sums = (before.colours, colours, after.colours)
    first, last, seen = (_lab(each.sum(axis=0) / before.counts.sum()) for each in sums)
    return Verdict(float(np.sqrt(kept)), _distance(seen, first, last))


def _distance(
    point: NDArray[np.float64], first: NDArray[np.float64], last: NDArray[np.float64]
) -> float:
    """Return the distance of a point to the line from `first` to `last`."""
    way = last - first
    length = float(way @ way)
    share = float(np.clip((point - first) @ way / length, 0, 1)) if length > 0 else 0.0
    return float(np.linalg.norm(point - first - share * way))


def landmarks_moved(before: FloatArray, after: FloatArray) -> float:
    """Return the mean distance of landmarks (468, 2) as a share of the distance of the eyes.

    Both must come from the same square of the picture, so that only the pixels differ.
    """
    eyes = float(np.linalg.norm(before[RIGHT_EYE] - before[LEFT_EYE]))
    return float(np.linalg.norm(after - before, axis=1).mean() / max(eyes, 1.0))


def _lab(rgb: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return CIELAB (D65) of one sRGB colour in 0..255."""
    value = np.asarray(rgb, np.float64) / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = matrix @ linear / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
