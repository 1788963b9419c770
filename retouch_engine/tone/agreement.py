"""Agrees on one tone for photos of one person and scene, and brings each of them to it.

People come first: what photos have in common is the skin in them, so its mean colour in linear
light is what they agree on, whatever stands around it; without people it is the whole picture's. A
gain per channel, which is what another exposure and another white balance do to a scene, brings it
there, folded into the photo's own table.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .application import Tone, apply_tone, identity_lut

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Anchor = tuple[float, float, float]
# Of the picture, what skin must cover to speak for it.
LEAST_SKIN = 0.005
# A group moves no channel of a photo by more: what needs that is another scene.
LARGEST_STOPS = 1.5
# Photos of so many pixels a side are enough for a mean.
SIDE = 256
STEPS = 6
DARKEST = 1e-4
LUMA = np.array([0.2126, 0.7152, 0.0722])


def anchor_of(pixels: Pixels, people: FloatArray) -> Anchor:
    """Return the mean linear RGB 0..1 of a picture's skin, or of all of it without skin.

    pixels: sRGB uint8 (H, W, 3); people: (h, w) 0..1, spanning the same picture.
    """
    small, weights = _reduced(pixels, people)
    linear = _linear(np.asarray(small, np.float32) / np.float32(255))
    if weights.mean() < LEAST_SKIN:
        weights = np.ones_like(weights)
    red, green, blue = np.average(linear.reshape(-1, 3), axis=0, weights=weights.ravel())
    return float(red), float(green), float(blue)


def agreed_anchor(anchors: Sequence[Anchor]) -> Anchor:
    """Return the middle of some photos' anchors: the median brightness and colour.

    A median, so that one photo that is far off drags nobody. Raises ValueError without anchors.
    """
    if not anchors:
        raise ValueError("there is nothing to agree on without photos")
    logs = np.log2(np.maximum(np.asarray(anchors, np.float64), DARKEST))
    green = float(np.median(logs[:, 1]))
    red = green + float(np.median(logs[:, 0] - logs[:, 1]))
    blue = green + float(np.median(logs[:, 2] - logs[:, 1]))
    return float(2**red), float(2**green), float(2**blue)


def mean_chromaticity(pixels: Pixels) -> tuple[float, float]:
    """Return mean a* and b* of an sRGB picture (H, W, 3), by which a group's tone is compared."""
    lab = cv2.cvtColor(np.asarray(pixels, np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    a, b = lab[..., 1:].reshape(-1, 2).mean(axis=0, dtype=np.float64)
    return float(a), float(b)


def tone_variance(chromaticities: Sequence[tuple[float, float]]) -> float:
    """Return how far a group's pictures differ in tone: M_GLC of this group, lower is better.

    Sample variance (n - 1) of mean a* and of mean b*, their mean; 0 for one picture (PPR10K, Liang
    et al. 2021, section 5.1). Raises ValueError on an empty group.
    """
    means = np.asarray(chromaticities, np.float64)
    if len(means) == 0:
        raise ValueError("a group without pictures has no consistency: leave it out")
    return 0.0 if len(means) == 1 else float(means.var(axis=0, ddof=1).mean())


def matching_tone(tone: Tone | None, pixels: Pixels, people: FloatArray, anchor: Anchor) -> Tone:
    """Return a photo's tone with what brings its skin to `anchor`.

    tone: the photo's own, None for none; other arguments as in `anchor_of`.
    """
    own = tone or _no_tone()
    small, weights = _reduced(pixels, people)
    stops = np.zeros(3)
    result = own
    for _ in range(STEPS):
        found = np.maximum(anchor_of(apply_tone(small, result), weights), DARKEST)
        stops += np.log2(np.maximum(anchor, DARKEST) / found)
        stops = np.clip(stops, -LARGEST_STOPS, LARGEST_STOPS)
        result = Tone(_with_stops(own.lut, stops), own.log_gain)
    return result


def _no_tone() -> Tone:
    return Tone(identity_lut(33), np.zeros((1, 1, 1), np.float32))


def _with_stops(lut: FloatArray, stops: NDArray[np.float64]) -> FloatArray:
    """Return a table whose results are changed by stops per channel, white staying white."""
    gains = np.exp2(stops)
    brightness = float(gains @ LUMA)
    tinted = _linear(np.clip(lut, 0, 1)) * (gains / brightness).astype(np.float32)
    # Slope `brightness` in the shadows, and 1 goes to 1: nothing new is clipped.
    bent = brightness * tinted / (1 + (brightness - 1) * np.clip(tinted, 0, 1))
    return _encoded(np.asarray(bent, np.float32))


def _reduced(pixels: Pixels, people: FloatArray) -> tuple[Pixels, FloatArray]:
    scale = min(SIDE / max(pixels.shape[:2]), 1.0)
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    weights = cv2.resize(people.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return small, np.asarray(weights, np.float32)


def _linear(values: FloatArray) -> FloatArray:
    toe = values / np.float32(12.92)
    rest = ((values + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.asarray(np.where(values <= 0.04045, toe, rest), np.float32)


def _encoded(linear: FloatArray) -> FloatArray:
    clipped = np.clip(linear, 0.0, 1.0)
    toe = clipped * np.float32(12.92)
    rest = np.float32(1.055) * clipped ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.asarray(np.where(clipped <= 0.0031308, toe, rest), np.float32)
