"""A picture's halvings stay in their places and average every pixel."""

import cv2
import numpy as np
import pytest

from retouch_engine.faces.pyramid import Pyramid, halvings_for


def picture(height: int, width: int) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 255, (6, 9, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize(("reduction", "halvings"), [(0.5, 0), (1.9, 0), (2, 1), (3.9, 1), (8, 3)])
def test_a_level_is_never_smaller_than_what_is_asked_for(reduction: float, halvings: int) -> None:
    assert halvings_for(reduction) == halvings


def test_a_level_is_the_mean_of_its_pixels() -> None:
    image = picture(83, 121)
    means = image[:80, :120].reshape(20, 4, 30, 4, 3).mean(axis=(1, 3))
    assert np.abs(Pyramid(image).level(2) - means).max() <= 1


@pytest.mark.parametrize("scale", [1.0, 0.7, 0.375, 0.13])
def test_reductions_are_those_of_areas(scale: float) -> None:
    image = picture(400, 600)
    size = (round(600 * scale), round(400 * scale))
    expected = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    difference = Pyramid(image).reduced(scale).astype(int) - np.asarray(expected)
    assert np.abs(difference).mean() < 1.5


def test_the_smallest_pictures_have_a_pixel_left() -> None:
    assert Pyramid(picture(3, 50)).reduced(0.02).shape == (1, 1, 3)
    assert Pyramid(picture(1, 1)).level(5).shape == (1, 1, 3)


def test_small_pictures_are_enlarged() -> None:
    assert Pyramid(picture(20, 30)).reduced(2.5).shape == (50, 75, 3)
