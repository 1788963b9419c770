"""Bringing darker skin to one reference before the network, so that it serves all tones alike.

A gain per channel of a picture is a shift of its optical density, the unit in which blemishes are
painted and seen: after it a spot on dark skin looks like the same spot on lighter skin.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# Noise and rounding grow with the gain.
LARGEST_GAIN = 6.0
# A gain multiplies the odds of every spot by so high a power of itself: noise that grew with it and
# redness that melanin hides leave the network less sure of a spot on dark skin than on light skin.
EAGERNESS = 2.0


def skin_gain(colour: NDArray[np.number] | None, reference: tuple[float, ...] | None) -> FloatArray:
    """Return the gains of red, green and blue, float32 (3,), by which a network sees a face.

    colour: the skin's usual sRGB colour (3,), 0..255, None where nobody knows; reference: the
    optical densities, -log((rgb + 1) / 256), that no skin is to exceed, of the checkpoint's card.
    Each gain is at least 1: lighter skin stays as it is.
    """
    if reference is None or colour is None:
        return np.ones(3, np.float32)
    wanted = 256.0 * np.exp(-np.asarray(reference, np.float64))
    gains = wanted / (np.asarray(colour, np.float64) + 1.0)
    return np.clip(gains, 1.0, LARGEST_GAIN).astype(np.float32)


def with_prior(mask: FloatArray, gain: FloatArray | None) -> FloatArray:
    """Return how surely each pixel is of a spot, (H, W) 0..1, on skin that was seen with a gain.

    mask: (H, W) 0..1, what the network says; gain: (3,), None for skin seen as it is.
    """
    if gain is None or (gain == 1).all():
        return mask
    odds = np.float32(gain.mean() ** EAGERNESS)
    return np.asarray(odds * mask / (1 + (odds - 1) * mask), np.float32)
