"""What stands out from what surrounds it within a spot: a mole in a red patch, a pimple's core."""

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

# In pixels at the working scale, where a face is 512 wide: a little more than moles are.
SIDE = 17
# Optical density by which a speck stands out, and its share of the strongest nearby.
LEAST, SHARE_OF_STRONGEST = 0.05, 0.4
NEARBY = 9
SMOOTHING = 0.7


def find_specks(amount: FloatArray) -> BoolArray:
    """Return where the amount of change, of optical density (H, W) above 0, has narrow peaks.

    A white top-hat: what is left of the amount when its opening by a square is taken away (Serra
    1982, "Image Analysis and Mathematical Morphology", chapter XII).
    """
    smooth = cv2.GaussianBlur(amount, (0, 0), SMOOTHING)
    peaks = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, np.ones((SIDE, SIDE), np.uint8))
    strongest = cv2.dilate(peaks, np.ones((NEARBY, NEARBY), np.uint8))
    return np.asarray((peaks > LEAST) & (peaks > SHARE_OF_STRONGEST * strongest))
