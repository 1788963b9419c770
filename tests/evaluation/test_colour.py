"""Colours agree with scikit-image and with the published test data of CIEDE2000."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, lab2rgb, rgb2lab
from skimage.data import astronaut

from retouch_engine.evaluation.metrics import (
    TONE_BANDS,
    delta_e_2000,
    ita,
    lab_to_srgb,
    srgb_to_lab,
    tone_band,
)

# Sharma, Wu and Dalal 2005, table 1: hue wrap-around, opposite hues, grey, rotation, large steps.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


def test_cielab_agrees_with_scikit_image() -> None:
    assert np.abs(srgb_to_lab(astronaut()) - rgb2lab(astronaut())).max() < 0.01


def test_cielab_and_back_is_exact_for_every_8_bit_colour_of_a_photo() -> None:
    assert np.array_equal(np.rint(lab_to_srgb(srgb_to_lab(astronaut()))), astronaut())


def test_colours_outside_srgb_are_clipped_as_scikit_image_does() -> None:
    lab = np.array([[50.0, 110.0, 90.0], [90.0, -120.0, 20.0], [5.0, 40.0, -60.0]])
    with pytest.warns(UserWarning, match="negative Z"):
        expected = 255 * lab2rgb(np.vstack([lab, [[2.0, 0.0, 90.0]]]))[:3]
    assert np.abs(lab_to_srgb(lab) - expected).max() < 0.5


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_ciede2000_gives_the_published_values(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert delta_e_2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=5e-5)
    assert delta_e_2000(np.array(second), np.array(first)) == pytest.approx(expected, abs=5e-5)


def test_ciede2000_agrees_with_scikit_image_on_random_colours() -> None:
    rng = np.random.default_rng(0)
    first, second = (
        np.column_stack([rng.uniform(0, 100, 5000), rng.uniform(-90, 90, (5000, 2))])
        for _ in range(2)
    )
    assert np.allclose(delta_e_2000(first, second), deltaE_ciede2000(first, second), atol=1e-8)


def test_the_typology_angle_is_that_of_its_definition() -> None:
    assert ita(np.array([70.0, 9.0, 15.0])) == pytest.approx(np.degrees(np.arctan(20 / 15)))


def test_bluish_light_skin_is_light_and_bluish_dark_skin_dark() -> None:
    assert tone_band(float(ita(np.array([80.0, 5.0, -1.0])))) == "very light"
    assert tone_band(float(ita(np.array([30.0, 5.0, -1.0])))) == "dark"


def test_the_six_bands_meet_at_their_published_bounds() -> None:
    angles = [-30.0, -29.9, 10.0, 10.1, 28.0, 28.1, 41.0, 41.1, 55.0, 55.1]
    named = [tone_band(angle) for angle in angles]
    dark, brown, tan, intermediate, light, very_light = TONE_BANDS
    assert named[:5] == [dark, brown, brown, tan, tan]
    assert named[5:] == [intermediate, intermediate, light, light, very_light]
