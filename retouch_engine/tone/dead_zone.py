"""Judges whether a photo's light is good: then its tone is left exactly as it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .application import Tone, apply_tone

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
THUMBNAIL = 256
# A change of so little, mean delta E ab of people and of the whole, is nobody's wish.
DEAD_ZONE = 4.0


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


def is_well_lit(tone: Tone, pixels: Pixels, people: FloatArray) -> bool:
    """Return whether the tone that a photo asks for lies in the dead zone."""
    return tone_change(tone, pixels, people) < DEAD_ZONE


def _small(pixels: Pixels) -> Pixels:
    scale = min(THUMBNAIL / max(pixels.shape[:2]), 1.0)
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lab(pixels: Pixels) -> FloatArray:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
