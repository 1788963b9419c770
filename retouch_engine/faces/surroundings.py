"""What belongs to the hair, the clothes or the background, learned on the picture itself."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

ITERATIONS = 2
# A share of the skin: an iteration that moves less of it is the last one.
SETTLED = 0.01
LEAST_PIXELS = 40


def unlike_surroundings(
    pixels: Image, skin: BoolArray, certain: BoolArray, possible: BoolArray
) -> BoolArray:
    """Return which skin is more like the face's centre than like what surrounds the head.

    Colours of bright hair, a grey beard, a wall or a collar can be skin colours too; but they go
    on outside the face. Two mixtures of colours, one of each side, and the edges between them
    decide (GrabCut, Rother et al. 2004, section 3).

    pixels: sRGB uint8 (h, w, 3); skin: the guess so far; certain: surely skin; possible: where
    skin may lie at all, all bool (h, w). Returns a part of `skin`, all of it if there is too
    little to learn from.
    """
    certain = certain & skin
    if min(certain.sum(), (~possible).sum()) < LEAST_PIXELS:
        return skin
    labels = np.where(skin, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~possible] = cv2.GC_BGD
    labels[certain] = cv2.GC_FGD
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    kept, mode = skin, cv2.GC_INIT_WITH_MASK
    for _ in range(ITERATIONS):
        before = kept
        cv2.grabCut(lab, labels, None, *models, 1, mode)
        kept, mode = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), cv2.GC_EVAL
        if np.count_nonzero(kept != before) < SETTLED * np.count_nonzero(kept):
            break
    return np.asarray(skin & kept, bool)
