"""The guard judges a skin edit: did texture and tone stay?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
MINIMUM_TEXTURE = 0.85
MAXIMUM_TONE_SHIFT = 1.5


@dataclass(frozen=True)
class Verdict:
    """texture_kept: high-frequency energy after over before; tone_shift: delta E ab of the mean."""

    texture_kept: float
    tone_shift: float

    @property
    def holds(self) -> bool:
        """Return whether both limits are kept."""
        return self.texture_kept >= MINIMUM_TEXTURE and self.tone_shift <= MAXIMUM_TONE_SHIFT


def judge(before: Pixels, after: Pixels, skin: NDArray[np.bool_]) -> Verdict:
    """Judge a face box before and after, uint8 sRGB (h, w, 3), on the pixels of `skin` (h, w)."""
    if not skin.any():
        return Verdict(1.0, 0.0)
    energy = [float(np.square(_detail(image)[skin]).mean()) for image in (before, after)]
    means = [_lab(image[skin].mean(axis=0)) for image in (before, after)]
    kept = 1.0 if energy[0] == 0 else energy[1] / energy[0]
    return Verdict(float(np.sqrt(kept)), float(np.linalg.norm(means[0] - means[1])))


def _detail(image: Pixels) -> FloatArray:
    """Return luma, (R + 2 G + B) / 4, less its 3 x 3 mean."""
    values = image.astype(np.int16)
    luma = values[..., 0] + 2 * values[..., 1] + values[..., 2]
    padded = np.pad(luma, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    total = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return (9 * luma - total).astype(np.float32) / 36.0


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
