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


DENSITIES: FloatArray = -np.log((np.arange(256, dtype=np.float32) + 1.0) / 256.0)


def to_density(image: NDArray[np.uint8]) -> FloatArray:
    """Return -log((rgb + 1) / 256) of an sRGB image (H, W, 3); 0 is white, about 5.5 black."""
    return np.asarray(DENSITIES[image])


def to_image(density: FloatArray) -> NDArray[np.uint8]:
    """Invert `to_density`, rounded and clipped to 0..255."""
    return np.clip(np.rint(256.0 * np.exp(-density) - 1.0), 0, 255).astype(np.uint8)


def pigment(haemoglobin: float, melanin: float, rng: np.random.Generator) -> FloatArray:
    """Mix the two directions into one RGB density (3,), each channel jittered by about 8 %."""
    mixed = haemoglobin * HAEMOGLOBIN + melanin * MELANIN
    return (mixed * rng.normal(1.0, 0.08, 3)).astype(np.float32)
