"""CIELAB (D65, 2 degrees), colour differences and the skin-tone angle ITA."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# IEC 61966-2-1, linear sRGB to XYZ, divided by the D65 white so that white is (1, 1, 1).
D65_WHITE = np.array([0.95047, 1.0, 1.08883])
RGB_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_TO_WHITE = RGB_TO_XYZ / D65_WHITE[:, None]
_FROM_WHITE = np.linalg.inv(_TO_WHITE)
EPSILON, KAPPA = 216 / 24389, 24389 / 27

# Upper bounds in degrees of all bands but the lightest, darkest first.
TONE_BANDS = ("dark", "brown", "tan", "intermediate", "light", "very light")
TONE_BOUNDS = (-30.0, 10.0, 28.0, 41.0, 55.0)


def srgb_to_lab(image: NDArray[Any]) -> Array:
    """Return CIELAB of sRGB values (..., 3) in 0..255: L* 0..100, a* and b* signed.

    White is D65 (CIE 15:2004); sRGB as in IEC 61966-2-1.
    """
    value = np.asarray(image, np.float64) / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_WHITE.T
    f = np.where(xyz > EPSILON, np.cbrt(xyz), (KAPPA * xyz + 16.0) / 116.0)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def lab_to_srgb(lab: NDArray[Any]) -> Array:
    """Invert `srgb_to_lab`: sRGB (..., 3) in 0..255, not rounded, clipped to the gamut."""
    y = (lab[..., 0] + 16.0) / 116.0
    f = np.stack([y + lab[..., 1] / 500.0, y, y - lab[..., 2] / 200.0], axis=-1)
    xyz = np.where(f**3 > EPSILON, f**3, (116.0 * f - 16.0) / KAPPA)
    linear = np.clip(xyz @ _FROM_WHITE.T, 0.0, 1.0)
    value = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(255.0 * value, np.float64)


def delta_e_ab(first: NDArray[Any], second: NDArray[Any]) -> Array:
    """Return the CIE 1976 difference of CIELAB arrays (..., 3): Euclidean distance."""
    return np.asarray(np.sqrt(((np.asarray(first) - second) ** 2).sum(axis=-1)), np.float64)


def delta_e_2000(first: NDArray[Any], second: NDArray[Any]) -> Array:
    """Return CIEDE2000 of CIELAB arrays (..., 3), all weights 1.

    Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula", equations 2 to 22.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    mean_chroma = (np.hypot(*_ab(first)) + np.hypot(*_ab(second))) / 2
    stretch = 1.5 - 0.5 * _share_of_25(mean_chroma)
    c1, h1 = _chroma_hue(first, stretch)
    c2, h2 = _chroma_hue(second, stretch)
    turn = np.where(c1 * c2 == 0, 0.0, (h2 - h1 + 180.0) % 360.0 - 180.0)
    # Opposite hues: the formula's own convention keeps the sign of h2 - h1.
    turn = np.where((turn == -180.0) & (h2 > h1), 180.0, turn)
    hue = 2.0 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2)
    c_mean, h_mean = (c1 + c2) / 2, _mean_hue(h1, h2, c1 * c2 == 0)
    s_l, s_c, s_h, rotation = _weights((first[..., 0] + second[..., 0]) / 2, c_mean, h_mean)
    lightness, chroma = (second[..., 0] - first[..., 0]) / s_l, (c2 - c1) / s_c
    hue = hue / s_h
    total = lightness**2 + chroma**2 + hue**2 + rotation * chroma * hue
    return np.asarray(np.sqrt(np.maximum(total, 0.0)), np.float64)


def _ab(lab: Array) -> tuple[Array, Array]:
    return lab[..., 1], lab[..., 2]


def _share_of_25(chroma: Array) -> Array:
    return np.asarray(np.sqrt(chroma**7 / (chroma**7 + 25.0**7)), np.float64)


def _chroma_hue(lab: Array, stretch: Array) -> tuple[Array, Array]:
    a, b = stretch * lab[..., 1], lab[..., 2]
    return np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360.0


def _mean_hue(h1: Array, h2: Array, grey: NDArray[np.bool_]) -> Array:
    total, far = h1 + h2, np.abs(h1 - h2) > 180.0
    mean = np.where(far, np.where(total < 360.0, total + 360.0, total - 360.0), total) / 2
    return np.where(grey, total, mean)


def _weights(lightness: Array, chroma: Array, hue: Array) -> tuple[Array, Array, Array, Array]:
    angles = ((hue - 30.0, -0.17), (2 * hue, 0.24), (3 * hue + 6.0, 0.32), (4 * hue - 63.0, -0.20))
    t = 1.0 + sum(weight * np.cos(np.radians(angle)) for angle, weight in angles)
    offset = (lightness - 50.0) ** 2
    s_l = 1.0 + 0.015 * offset / np.sqrt(20.0 + offset)
    theta = 30.0 * np.exp(-(((hue - 275.0) / 25.0) ** 2))
    rotation = -np.sin(np.radians(2 * theta)) * 2.0 * _share_of_25(chroma)
    return s_l, 1.0 + 0.045 * chroma, 1.0 + 0.015 * chroma * t, rotation


def ita(lab: NDArray[Any]) -> Array:
    """Return the individual typology angle in degrees of CIELAB colours (..., 3).

    ITA = atan((L* - 50) / b*) * 180 / pi (Chardon, Cretois and Hourseau 1991). The quadrant is
    kept, so that bluish light skin (b* < 0) stays light.
    """
    lab = np.asarray(lab, np.float64)
    return np.asarray(np.degrees(np.arctan2(lab[..., 0] - 50.0, lab[..., 2])), np.float64)


def tone_band(angle: float) -> str:
    """Return the skin-tone band of an ITA in degrees, one of `TONE_BANDS`.

    Very light > 55 >= light > 41 >= intermediate > 28 >= tan > 10 >= brown > -30 >= dark (Del Bino
    and Bernerd 2013, "Variations in skin colour and the biological consequences of UV exposure").
    A photo's white balance and exposure move the angle: a band says how the photo shows the skin.
    """
    return TONE_BANDS[int(np.searchsorted(TONE_BOUNDS, angle, side="left"))]
