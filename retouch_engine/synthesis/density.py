"""Optical density of skin and the two pigment directions that blemishes are painted along.

Skin colour varies along two absorption directions, melanin and haemoglobin, in
-log(rgb) (Tsumura et al. 2003, "Image-based skin color and texture analysis/synthesis by
extracting hemoglobin and melanin information", section 2).
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

# Absorption per RGB channel, largest channel 1: haemoglobin absorbs green and blue and lets red
# pass, melanin absorbs more the shorter the wavelength.
HAEMOGLOBIN: FloatArray = np.array([0.25, 1.0, 0.80], np.float32)
MELANIN: FloatArray = np.array([0.55, 0.85, 1.0], np.float32)

# What cameras' colour matrices add to the red of haemoglobin.
CROSSTALK = (-0.45, 0.25)

DENSITIES: FloatArray = -np.log((np.arange(256, dtype=np.float32) + 1.0) / 256.0)


def to_density(image: NDArray[np.uint8]) -> FloatArray:
    """Return -log((rgb + 1) / 256) of an sRGB image (H, W, 3); 0 is white, about 5.5 black."""
    return np.asarray(DENSITIES[image])


def to_image(density: FloatArray) -> NDArray[np.uint8]:
    """Invert `to_density`, rounded and clipped to 0..255."""
    return np.clip(np.rint(256.0 * np.exp(-density) - 1.0), 0, 255).astype(np.uint8)


def pigment(haemoglobin: float, melanin: float, rng: np.random.Generator) -> FloatArray:
    """Mix the two directions into one RGB density (3,).

    Each spot's hue drifts by a few to twenty hundredths, and half of them absorb some of all
    colours alike, as pigment deep in the skin does and cameras' tone curves make of both. A
    camera's colour matrix subtracts some green from red: so redness leaves the red channel
    anything from a little brighter to clearly darker.
    """
    mixed = haemoglobin * HAEMOGLOBIN + melanin * MELANIN
    mixed[0] += haemoglobin * rng.uniform(*CROSSTALK)
    if rng.random() < 0.5:
        mixed = mixed + rng.uniform(-0.15, 0.3) * (haemoglobin + melanin)
    return np.asarray(mixed * rng.normal(1.0, rng.uniform(0.04, 0.2), 3), np.float32)
