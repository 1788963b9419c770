"""Bringing darker skin to one reference before the network, so that it serves all tones alike.

A gain per channel of a picture is a shift of its optical density, the unit in which blemishes are
painted and seen: after it a spot on dark skin looks like the same spot on lighter skin.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# Noise and rounding grow with the gain.
LARGEST_GAIN = 6.0


def skin_gain(
    image: NDArray[np.uint8], skin: FloatArray, reference: tuple[float, ...] | None
) -> FloatArray:
    """Return the gains of red, green and blue, float32 (3,), each at least 1.

    image: sRGB (H, W, 3); skin: (H, W) 0..1; reference: the optical densities, -log((rgb + 1) /
    256), that no skin is to exceed by its median. Ones without a reference or without skin.
    """
    bare = skin > 0.6
    if reference is None or not bare.any():
        return np.ones(3, np.float32)
    return gain_of_colour(np.median(image[bare], axis=0), reference)


def gain_of_colour(colour: NDArray[np.number], reference: tuple[float, ...]) -> FloatArray:
    """Return the gains, float32 (3,), that bring a skin's median sRGB colour (3,) to a reference.

    Lighter skin stays as it is.
    """
    wanted = 256.0 * np.exp(-np.asarray(reference, np.float64))
    gains = wanted / (np.asarray(colour, np.float64) + 1.0)
    return np.clip(gains, 1.0, LARGEST_GAIN).astype(np.float32)
