"""Photos of one scene agree on a tone; what is far off drags nobody."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.evaluation.metrics import mean_chromaticity as exact_chromaticity
from retouch_engine.evaluation.metrics import srgb_to_lab
from retouch_engine.synthesis.light import Light, with_light
from retouch_engine.tone import (
    Anchor,
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


def test_the_anchor_is_the_mean_colour_of_the_skin_and_of_the_rest() -> None:
    flat = np.zeros((64, 64, 3), np.uint8)
    flat[:32], flat[32:] = (188, 99, 50), (40, 60, 90)
    people = np.zeros((64, 64), np.float32)
    people[:32] = 1.0
    skin, rest = srgb_to_lab(flat[:1, :1])[0, 0], srgb_to_lab(flat[-1:, :1])[0, 0]
    assert anchor_of(flat, people) == pytest.approx((*skin, *rest[1:]), abs=0.2)
    middle = (skin + rest) / 2
    assert anchor_of(flat, people * 0) == pytest.approx((*middle, *middle[1:]), abs=0.2)


def test_one_photo_that_is_far_off_drags_nobody() -> None:
    alike = [Anchor(60 + n, 14, 16, 2, 3) for n in (-1, 0, 1)]
    assert agreed_anchor([*alike, Anchor(5, -40, 60, 50, 50)])[1:] == (14, 16, 2, 3)
    with pytest.raises(ValueError, match="without photos"):
        agreed_anchor([])


@pytest.mark.parametrize(
    "light",
    [
        {"temperature": 0.8},
        {"tint": -0.7},
        {"exposure": -1.0},
        {"exposure": 0.5},
        {"saturation": -0.3, "temperature": 0.4},
    ],
)
def test_a_photo_is_brought_to_the_anchor(light: dict[str, float]) -> None:
    wanted = anchor_of(astronaut(), PEOPLE)
    photo = lit(**light)
    tone = matching_tone(None, photo, PEOPLE, wanted)
    found = np.array(anchor_of(apply_tone(photo, tone), PEOPLE))
    assert np.abs(found - wanted).max() < 2.5
    before, after = (
        np.abs(picture.astype(float) - astronaut()).mean()
        for picture in (photo, apply_tone(photo, tone))
    )
    assert after < 0.6 * before


def test_another_place_behind_the_sitter_does_not_pull_at_the_skin() -> None:
    wanted = anchor_of(astronaut(), PEOPLE)
    elsewhere = astronaut().copy()
    elsewhere[PEOPLE == 0] = (20, 120, 40)
    tone = matching_tone(None, elsewhere, PEOPLE, wanted)
    assert np.abs(apply_tone(elsewhere, tone).astype(int) - elsewhere).max() <= 3


def test_nothing_new_is_clipped_and_the_order_of_greys_stays() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    people = np.ones((1, 256), np.float32)
    tone = matching_tone(None, ramp, people, Anchor(80, 0, 0, 0, 0))
    result = apply_tone(ramp, tone)[0, :, 0].astype(int)
    assert (np.diff(result) >= 0).all()
    assert (result == 255).sum() <= 2


def test_a_photos_own_correction_is_kept_below_it() -> None:
    lut = identity_lut(33)
    own = Tone(np.clip(lut + 0.4 * lut * (1 - lut), 0, 1), np.zeros((2, 2, 2), np.float32))
    wanted = anchor_of(apply_tone(astronaut(), own), PEOPLE)
    tone = matching_tone(own, astronaut(), PEOPLE, wanted)
    kept, alone = (apply_tone(astronaut(), each).astype(int) for each in (tone, own))
    assert np.abs(kept - alone).mean() < 2
    assert np.abs(alone.astype(int) - astronaut()).mean() > 10


def test_another_scene_is_not_forced() -> None:
    dark = np.full((64, 64, 3), 3, np.uint8)
    tone = matching_tone(None, dark, np.ones((64, 64), np.float32), Anchor(90, 0, 0, 0, 0))
    assert apply_tone(dark, tone).max() < 20


def test_the_variance_is_that_of_a_and_b() -> None:
    assert tone_variance([(1.0, 2.0), (3.0, 2.0), (5.0, 2.0)]) == pytest.approx(2.0)
    assert tone_variance([(1.0, 2.0)]) == 0.0
    assert mean_chromaticity(astronaut()) == pytest.approx(exact_chromaticity(astronaut()), abs=0.1)
