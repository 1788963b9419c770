"""Smooth changes are applied at any strength, on skin alone, and leave texture as it is."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import concerns, stored_density, total_density, with_density

HEIGHT, WIDTH = 384, 512


@pytest.fixture
def photo() -> np.ndarray:
    return np.ascontiguousarray(astronaut()[:HEIGHT, :WIDTH])


@pytest.fixture
def density() -> np.ndarray:
    bump = np.zeros((24, 32, 3), np.float32)
    bump[8:16, 10:20] = (0.1, -0.15, 0.2)
    return cv2.GaussianBlur(bump, (0, 0), 2)


FULL = np.full((192, 256), 255, np.uint8)


def test_a_density_is_stored_in_256ths() -> None:
    values = np.array([[[-0.5, 0.0, 0.3]]], np.float32)
    back = total_density({"shine": stored_density(values)}, {"shine": 1.0})
    np.testing.assert_allclose(back, values, atol=0.5 / 256)


def test_strengths_scale_each_map_by_itself(density: np.ndarray) -> None:
    maps = {"evenness": stored_density(density), "shine": stored_density(-0.5 * density)}
    both = total_density(maps, {"evenness": 0.5, "shine": 1.0})
    assert np.abs(both).max() < 2 / 256
    assert not total_density(maps, {}).any()


def test_the_change_is_that_of_a_filter(photo: np.ndarray, density: np.ndarray) -> None:
    large = cv2.resize(density, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    expected = np.clip((photo + 1.0) * np.exp(-large) - 1, 0, 255)
    changed = with_density(photo, density, FULL)
    assert np.abs(changed - expected).max() <= 1.0


def test_strips_leave_no_seam(
    photo: np.ndarray, density: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = with_density(photo, density, FULL)
    monkeypatch.setattr(concerns, "STRIP", 7)
    assert np.array_equal(with_density(photo, density, FULL), at_once)


def test_nothing_changes_beside_the_skin_or_without_density(
    photo: np.ndarray, density: np.ndarray
) -> None:
    half = FULL.copy()
    half[:, :128] = 0
    changed = with_density(photo, density, half)
    assert np.array_equal(changed[:, :254], photo[:, :254])
    assert not np.array_equal(changed, photo)
    assert np.array_equal(with_density(photo, 0 * density, FULL), photo)


def test_the_same_maps_do_the_same_at_every_size(photo: np.ndarray, density: np.ndarray) -> None:
    doubled = cv2.resize(photo, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_NEAREST)
    large = with_density(doubled, density, FULL)
    reduced = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    small = with_density(photo, density, FULL)
    assert np.abs(reduced.astype(float) - small).mean() < 0.5


def test_texture_passes(photo: np.ndarray) -> None:
    even = np.full((24, 32, 3), 0.2, np.float32)
    changed = with_density(photo, even, FULL).astype(np.float32)
    before = np.diff(np.log(photo[100:200, 200:300] + 1.0), axis=1)
    after = np.diff(np.log(changed[100:200, 200:300] + 1.0), axis=1)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.98


def test_the_photo_given_stays_as_it_is(photo: np.ndarray, density: np.ndarray) -> None:
    before = photo.copy()
    with_density(photo, density, FULL)
    assert np.array_equal(photo, before)
