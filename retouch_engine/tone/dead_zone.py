"""Judges whether a photo's light is good: then its tone is left exactly as it is.

Outside the dead zone a tone comes in gradually, so that a photo that just leaves it changes little.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .application import Tone, apply_tone, at_strength

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
THUMBNAIL = 256
# A wished change of so little, mean delta E ab of people and of the whole, is nobody's wish; all of
# a tone is applied from the second figure on.
DEAD_ZONE, CLEARLY_BAD = 6.0, 9.0


def tone_change(tone: Tone, pixels: Pixels, people: FloatArray) -> float:
    """Return by how much a tone changes a photo, mean delta E ab; of people where that is more.

    pixels: sRGB uint8 (H, W, 3); people: (h, w) 0..1, spanning the same picture. Measured on a
    thumbnail.
    """
    small = _small(pixels)
    weights = cv2.resize(people.astype(np.float32), small.shape[1::-1])
    distance = np.linalg.norm(_lab(apply_tone(small, tone)) - _lab(small), axis=2)
    whole = float(distance.mean())
    total = float(weights.sum())
    return max(whole, float((distance * weights).sum()) / total) if total >= 1 else whole


def needed_tone(tone: Tone, pixels: Pixels, people: FloatArray) -> Tone | None:
    """Return what of a predicted tone is applied, None in the dead zone.

    Arguments as in `tone_change`.
    """
    change = tone_change(tone, pixels, people)
    share = (change - DEAD_ZONE) / (CLEARLY_BAD - DEAD_ZONE)
    return None if share <= 0 else at_strength(tone, min(share, 1.0))


def _small(pixels: Pixels) -> Pixels:
    scale = min(THUMBNAIL / max(pixels.shape[:2]), 1.0)
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lab(pixels: Pixels) -> FloatArray:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
