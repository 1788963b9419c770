"""Texture and tone of skin: what smoothing and lightening look like in numbers."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.data import astronaut
from skimage.filters import gaussian

from retouch_engine.composition import judge
from retouch_engine.evaluation.metrics import texture_kept, tone_shift

CHEEK = np.zeros((512, 512), bool)
CHEEK[120:160, 195:245] = True


def blurred(sigma: float) -> np.ndarray:
    smooth = gaussian(astronaut(), sigma, channel_axis=2, preserve_range=True)
    return np.rint(smooth).astype(np.uint8)


def test_texture_is_one_unchanged_and_falls_with_blur() -> None:
    assert texture_kept(astronaut(), astronaut(), CHEEK, 110) == 1.0
    soft, softer = (texture_kept(astronaut(), blurred(s), CHEEK, 110) for s in (1, 3))
    assert softer < soft < 0.9


def test_noise_raises_texture() -> None:
    noise = np.random.default_rng(0).normal(0, 8, (512, 512, 3))
    noisy = np.clip(astronaut() + noise, 0, 255).astype(np.uint8)
    assert texture_kept(astronaut(), noisy, CHEEK, 110) > 1.1


def test_the_finest_texture_is_the_guard_s() -> None:
    expected = judge(astronaut(), blurred(1), CHEEK).texture_kept
    assert texture_kept(astronaut(), blurred(1), CHEEK) == pytest.approx(expected, rel=1e-4)


def test_texture_of_a_large_face_agrees_with_scipy_s_box_filter() -> None:
    energies = []
    for picture in (astronaut(), blurred(2)):
        luma = picture.astype(float) @ [0.25, 0.5, 0.25]
        detail = luma - uniform_filter(luma, 9, mode="nearest")
        energies.append(np.square(detail[CHEEK]).mean())
    expected = np.sqrt(energies[1] / energies[0])
    assert texture_kept(astronaut(), blurred(2), CHEEK, 9 * 64) == pytest.approx(expected)


def test_flat_skin_and_no_skin_have_no_texture_to_keep() -> None:
    flat = np.full((20, 20, 3), 90, np.uint8)
    assert np.isnan(texture_kept(flat, flat, np.ones((20, 20), bool)))
    assert np.isnan(texture_kept(flat, flat, np.zeros((20, 20), bool)))


def test_the_tone_shift_agrees_with_scikit_image() -> None:
    lighter = np.clip(astronaut() + np.array([12, 9, 6]), 0, 255).astype(np.uint8)
    shift = tone_shift(astronaut(), lighter, CHEEK)
    before, after = (rgb2lab(picture[CHEEK]).mean(axis=0) for picture in (astronaut(), lighter))
    assert shift.delta_e == pytest.approx(deltaE_ciede2000(before, after), abs=1e-3)
    assert shift.lightness == pytest.approx(after[0] - before[0], abs=1e-3)
    assert shift.lightness > 0
    assert shift.ita > 0


def test_darkening_has_a_negative_sign() -> None:
    darker = (astronaut() * 0.9).astype(np.uint8)
    assert tone_shift(astronaut(), darker, CHEEK).lightness < -2
    assert tone_shift(astronaut(), darker, CHEEK).ita < 0


def test_without_skin_there_is_no_tone() -> None:
    nothing = np.zeros((512, 512), bool)
    assert np.isnan(tone_shift(astronaut(), astronaut(), nothing).delta_e)
