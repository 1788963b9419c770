"""Frequency separation evens colour and keeps texture, on skin alone."""

import cv2
import numpy as np

from retouch_engine.baselines import FrequencySeparation
from retouch_engine.composition import judge

from .skins import FACE_WIDTH, SIZE, disc

METHOD = FrequencySeparation()
MASK = np.ones((SIZE, SIZE), np.float32)
STAIN = disc(160, 160, 4)


def textured(stain: np.ndarray) -> np.ndarray:
    """Return grainy skin with a soft red stain."""
    grain = np.random.default_rng(2).normal(0, 6, (SIZE, SIZE, 1))
    colour = np.array([200.0, 150.0, 125.0]) - stain[..., None] * [5, 30, 25]
    return np.clip(np.rint(colour + grain), 0, 255).astype(np.uint8)


def low(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), 3)


def test_a_low_frequency_stain_is_flattened() -> None:
    clean, stained = textured(0 * STAIN), textured(STAIN)
    result = METHOD(stained, MASK, face_width=FACE_WIDTH)
    before, after = (np.abs(low(image) - low(clean))[160, 160].max() for image in (stained, result))
    assert before > 15
    assert after < before / 3


def test_high_frequency_energy_is_kept() -> None:
    stained = textured(STAIN)
    result = METHOD(stained, MASK, face_width=FACE_WIDTH)
    assert 0.9 < judge(stained, result, MASK > 0.5).texture_kept < 1.05


def test_a_median_over_the_picture_itself_would_not_keep_it() -> None:
    stained = textured(STAIN)
    median = cv2.medianBlur(stained, 2 * round(METHOD.median_radius * FACE_WIDTH) + 1)
    assert judge(stained, median, MASK > 0.5).texture_kept < 0.3


def test_half_the_strength_changes_half_as_much() -> None:
    stained = textured(STAIN)
    full = METHOD(stained, MASK, face_width=FACE_WIDTH).astype(float) - stained
    half = FrequencySeparation(strength=0.5)(stained, MASK, face_width=FACE_WIDTH) - 0.0 - stained
    assert np.abs(half - full / 2).max() <= 1.0
    assert np.abs(full).max() > 5


def test_sizes_follow_the_face() -> None:
    stained = textured(disc(160, 160, 9))
    narrow, wide = (METHOD(stained, MASK, face_width=width) for width in (200.0, 1200.0))
    assert low(wide)[160, 160, 1] > low(narrow)[160, 160, 1] + 10


def test_colour_beside_the_skin_does_not_bleed_in() -> None:
    image = textured(0 * STAIN)
    image[:, :100] = [20, 200, 20]
    mask = MASK.copy()
    mask[:, :100] = 0
    result = METHOD(image, mask, face_width=FACE_WIDTH)
    assert np.array_equal(result[:, :100], image[:, :100])
    assert np.abs(low(result)[:, 110:] - low(image)[:, 110:]).mean() < 1.0
    assert np.abs(result[:, 100:104].astype(float) - image[:, 100:104]).max() < 16
