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
# noise of 1.2 and landmarks moved by 0.003; where the painter covered faces 1.7, 33, 2.8 and 0.022.
LIMITS = {
    "texture_kept": (0.85, 1.3),
    "tone_shift": (0.0, 2.0),
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
        texture_kept=max((v.texture_kept for v in every), key=_away_from_one),
        tone_shift=max(v.tone_shift for v in every),
        spill=max(v.spill for v in every),
        droplet=max(v.droplet for v in every),
        noise=max(v.noise for v in every),
        landmarks_moved=max(moved) if moved else None,
    )


def _away_from_one(share: float) -> float:
    """Order shares by how far they are from 1, half and double alike."""
    return abs(float(np.log(max(share, 1e-6))))


def judge(before: Pixels, after: Pixels, skin: NDArray[np.bool_]) -> Verdict:
    """Judge texture and tone of a face box, uint8 sRGB (h, w, 3), on the pixels of skin (h, w)."""
    nowhere = np.zeros_like(skin)
    return verdict_of(skin_figures(before, skin, nowhere), skin_figures(after, skin, nowhere))


@dataclass(frozen=True)
class SkinFigures:
    """Sums over the skin at n places of a face: float64 (n, 2, 5), beside marks and inside them.

    The five: number of pixels, squared detail, red, green and blue.
    """

    sums: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Iterable["SkinFigures"]) -> "SkinFigures":
        """Return the places of several parts of a face one after another."""
        return cls(np.concatenate([np.zeros((0, 2, 5)), *(part.sums for part in parts)]))


def skin_figures(image: Pixels, skin: NDArray[np.bool_], marked: NDArray[np.bool_]) -> SkinFigures:
    """Return the sums of one place, uint8 sRGB (h, w, 3), over its skin (h, w)."""
    values = np.ones((skin.size, 5))
    np.square(detail(image), out=values[:, 1].reshape(skin.shape))
    values[:, 2:] = image.reshape(-1, 3)
    parts = np.stack([(skin & ~marked).ravel(), (skin & marked).ravel()]).astype(np.float64)
    return SkinFigures((parts @ values)[None])


def verdict_of(before: SkinFigures, after: SkinFigures) -> Verdict:
    """Compare the sums of the same skin before and after.

    Removals bring marked skin nearer to the skin beside it, in texture and in colour: the edges of
    spots are no texture to keep, and on the way there the tone has not shifted.
    """
    first, seen = before.sums.sum(axis=(0, 1)), after.sums.sum(axis=(0, 1))
    if not first[0]:
        return Verdict()
    last = _without_marks(before.sums)
    expected = np.clip(seen[1], min(first[1], last[1]), first[1])
    kept = 1.0 if expected == 0 else float(np.sqrt(seen[1] / expected))
    colours = (_lab(each[2:] / first[0]) for each in (seen, first, last))
    return Verdict(kept, _distance(*colours))


def _without_marks(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums (5,) that removals may lead to: marked skin looks as that beside it.

    Compared at each place by itself, since parts of a face lie in the shade; where hardly any skin
    is left beside the marks, with all skin beside marks; where that too is little, with none.
    """
    beside, inside, whole = sums[:, 0], sums[:, 1], sums.sum(axis=0)
    tells = beside[:, 0] >= LEAST_BESIDE * np.maximum(inside[:, 0], 1)
    if whole[0, 0] >= LEAST_BESIDE * whole[1, 0]:
        like = np.where(tells[:, None], beside, whole[0])
    else:
        like = np.where(tells[:, None], beside, inside)
    expected = like * (inside[:, 0] / np.maximum(like[:, 0], 1))[:, None]
    # Smoother than the skin beside them are lips and the like: nothing has to grow rougher.
    expected[:, 1] = np.minimum(expected[:, 1], inside[:, 1])
    return np.asarray((beside + expected).sum(axis=0))


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
