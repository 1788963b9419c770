"""Agrees on one tone for photos of one person and scene, and brings each of them to it.

People come first: what photos have in common is the skin in them, so its mean colour is what they
agree on before all, and the mean colour of what stands around it where that is alike. A gain per
channel and a saturation, which are what another exposure, white balance and colour setting do to a
scene, bring a photo there; they are folded into the photo's own table.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from .application import Tone, apply_tone, identity_lut

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Array = NDArray[np.float64]
# Of the picture, what skin must cover to speak for it.
LEAST_SKIN = 0.005
# A group moves no photo by more stops in a channel, or saturation by a larger factor (in log2):
# what needs that is another scene.
LARGEST_STOPS, LARGEST_SATURATION = 1.5, 0.5
# Of a*, b*: backgrounds that differ by more are two places, and say nothing about a photo's tone.
SAME_PLACE = 14.0
# Pictures of so many pixels a side are enough for a mean.
SIDE = 128
STEPS = 6
# What a change costs beside an error of one unit of L*, a* or b*: stops of gain, and log2 of
# saturation.
PRIOR = np.array([0.3, 0.3, 0.3, 2.0])
STEP = 0.01
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Anchor(NamedTuple):
    """What a photo brings to its group: mean L*, a*, b* of its skin, mean a*, b* of the rest.

    Without skin the whole picture stands for both.
    """

    lightness: float
    a: float
    b: float
    rest_a: float
    rest_b: float


def anchor_of(pixels: Pixels, people: FloatArray) -> Anchor:
    """Return the anchor of a picture, sRGB uint8 (H, W, 3); people: (h, w) 0..1, where skin is."""
    small, weights = _reduced(pixels, people)
    return Anchor(*_means(small.astype(np.float32) / np.float32(255), weights).tolist())


def agreed_anchor(anchors: Sequence[Anchor]) -> Anchor:
    """Return the middle of some photos' anchors.

    A median, so that one photo that is far off drags nobody. Raises ValueError without anchors.
    """
    if not anchors:
        raise ValueError("there is nothing to agree on without photos")
    return Anchor(*np.median(np.asarray(anchors, np.float64), axis=0).tolist())


def mean_chromaticity(pixels: Pixels) -> tuple[float, float]:
    """Return mean a* and b* of an sRGB picture (H, W, 3), by which a group's tone is compared."""
    a, b = (
        _lab(np.asarray(pixels, np.float32) / np.float32(255))[..., 1:]
        .reshape(-1, 2)
        .mean(axis=0, dtype=np.float64)
    )
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
    """Return a photo's tone with what brings it to `anchor`.

    tone: the photo's own, None for none; other arguments as in `anchor_of`. Gains and saturation
    are fitted by Gauss-Newton's method, few steps of a small picture.
    """
    own = tone or Tone(identity_lut(33), np.zeros((1, 1, 1), np.float32))
    small, weights = _reduced(pixels, people)
    picture = np.asarray(apply_tone(small, own), np.float32) / np.float32(255)
    change = _fitted(picture, weights, np.asarray(anchor, np.float64))
    return Tone(_changed(np.clip(own.lut, 0, 1), change), own.log_gain)


def _fitted(picture: FloatArray, weights: FloatArray, wanted: Array) -> Array:
    """Return stops of red, green and blue and log2 of the saturation, (4,)."""
    own = _means(picture, weights)
    trust = np.ones(5)
    if np.linalg.norm(own[3:] - wanted[3:]) > SAME_PLACE:
        trust[3:] = 0.0
    limits = np.array([LARGEST_STOPS] * 3 + [LARGEST_SATURATION])
    change = np.zeros(4)
    for _ in range(STEPS):
        here = _means(_changed(picture, change), weights)
        slopes = np.stack(
            [
                (_means(_changed(picture, change + STEP * unit), weights) - here) / STEP
                for unit in np.eye(4)
            ],
            axis=1,
        )
        # Errors of the anchor, and the change itself, each in its unit.
        matrix = np.vstack([trust[:, None] * slopes, np.diag(PRIOR)])
        errors = np.concatenate([trust * (wanted - here), -PRIOR * change])
        step = np.linalg.lstsq(matrix, errors, rcond=None)[0]
        change = np.clip(change + step, -limits, limits)
    return change


def _changed(srgb: FloatArray, change: Array) -> FloatArray:
    """Return colours (..., 3) in 0..1 with stops per channel and a saturation; white stays."""
    gains = np.exp2(change[:3]).astype(np.float32)
    brightness = float(gains @ LUMA)
    tinted = _linear(srgb) * (gains / np.float32(brightness))
    # Slope `brightness` in the shadows, and 1 goes to 1: nothing new is clipped.
    bent = brightness * tinted / (1 + (brightness - 1) * np.clip(tinted, 0, 1))
    grey = (bent @ LUMA)[..., None]
    saturated = grey + np.float32(np.exp2(change[3])) * (bent - grey)
    return _encoded(np.asarray(saturated, np.float32))


def _means(picture: FloatArray, weights: FloatArray) -> Array:
    lab = _lab(picture).reshape(-1, 3).astype(np.float64)
    skin = weights.ravel().astype(np.float64)
    rest = 1 - skin
    if skin.mean() < LEAST_SKIN:
        skin = rest
    elif rest.mean() < LEAST_SKIN:
        rest = skin
    inside, around = skin @ lab / skin.sum(), rest @ lab / rest.sum()
    return np.concatenate([inside, around[1:]])


def _reduced(pixels: Pixels, people: FloatArray) -> tuple[Pixels, FloatArray]:
    scale = min(SIDE / max(pixels.shape[:2]), 1.0)
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    weights = cv2.resize(people.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return small, np.asarray(weights, np.float32)


def _lab(picture: FloatArray) -> FloatArray:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), np.float32)


def _linear(values: FloatArray) -> FloatArray:
    toe = values / np.float32(12.92)
    rest = ((values + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.asarray(np.where(values <= 0.04045, toe, rest), np.float32)


def _encoded(linear: FloatArray) -> FloatArray:
    clipped = np.clip(linear, 0.0, 1.0)
    toe = clipped * np.float32(12.92)
    rest = np.float32(1.055) * clipped ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.asarray(np.where(clipped <= 0.0031308, toe, rest), np.float32)
