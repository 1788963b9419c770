"""Photos of one scene agree on a tone; what is far off drags nobody."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.evaluation.metrics import mean_chromaticity as exact_chromaticity
from retouch_engine.synthesis.light import Light, with_light
from retouch_engine.tone import (
    Tone,
    agreed_anchor,
    anchor_of,
    apply_tone,
    matching_tone,
    mean_chromaticity,
    tone_variance,
)
from retouch_engine.tone.application import identity_lut

PEOPLE = np.zeros((512, 512), np.float32)
PEOPLE[60:200, 170:270] = 1.0
NOWHERE = np.zeros((512, 512), np.float32)


def lit(**light: float) -> np.ndarray:
    return with_light(astronaut(), NOWHERE, Light(**light))


def test_the_anchor_is_the_mean_linear_colour_of_the_skin() -> None:
    flat = np.zeros((64, 64, 3), np.uint8)
    flat[:32] = (188, 99, 50)
    people = np.zeros((64, 64), np.float32)
    people[:32] = 1.0
    linear = [((value / 255 + 0.055) / 1.055) ** 2.4 for value in (188, 99, 50)]
    assert anchor_of(flat, people) == pytest.approx(linear, rel=1e-3)
    assert anchor_of(flat, people * 0) == pytest.approx([value / 2 for value in linear], rel=1e-3)


def test_one_photo_that_is_far_off_drags_nobody() -> None:
    anchors = [(0.30, 0.20, 0.15), (0.31, 0.21, 0.15), (0.29, 0.20, 0.16), (0.9, 0.05, 0.01)]
    assert agreed_anchor(anchors) == pytest.approx((0.30, 0.20, 0.15), rel=0.05)
    with pytest.raises(ValueError, match="without photos"):
        agreed_anchor([])


@pytest.mark.parametrize(
    "light", [{"temperature": 0.8}, {"tint": -0.7}, {"exposure": -1.0}, {"exposure": 0.5}]
)
def test_a_photo_is_brought_to_the_anchor(light: dict[str, float]) -> None:
    wanted = anchor_of(astronaut(), PEOPLE)
    photo = lit(**light)
    tone = matching_tone(None, photo, PEOPLE, wanted)
    found = np.array(anchor_of(apply_tone(photo, tone), PEOPLE))
    assert np.abs(np.log2(found / wanted)).max() < 0.15
    before, after = (
        np.abs(picture.astype(float) - astronaut()).mean()
        for picture in (photo, apply_tone(photo, tone))
    )
    assert after < 0.6 * before


def test_nothing_new_is_clipped_and_the_order_of_greys_stays() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    people = np.ones((1, 256), np.float32)
    tone = matching_tone(None, ramp, people, (0.6, 0.6, 0.6))
    result = apply_tone(ramp, tone)[0, :, 0].astype(int)
    assert (np.diff(result) >= 0).all()
    assert (result == 255).sum() <= 2


def test_a_photos_own_correction_is_kept_below_it() -> None:
    lut = identity_lut(33)
    own = Tone(np.clip(lut + 0.4 * lut * (1 - lut), 0, 1), np.zeros((2, 2, 2), np.float32))
    wanted = anchor_of(apply_tone(astronaut(), own), PEOPLE)
    tone = matching_tone(own, astronaut(), PEOPLE, wanted)
    assert np.abs(tone.lut - own.lut).max() < 0.02


def test_another_scene_is_not_forced() -> None:
    dark = np.full((64, 64, 3), 3, np.uint8)
    tone = matching_tone(None, dark, np.ones((64, 64), np.float32), (0.8, 0.8, 0.8))
    assert apply_tone(dark, tone).max() < 20


def test_the_variance_is_that_of_a_and_b() -> None:
    assert tone_variance([(1.0, 2.0), (3.0, 2.0), (5.0, 2.0)]) == pytest.approx(2.0)
    assert tone_variance([(1.0, 2.0)]) == 0.0
    assert mean_chromaticity(astronaut()) == pytest.approx(exact_chromaticity(astronaut()), abs=0.1)
