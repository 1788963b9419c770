"""Evidence of fine specks: on skin's own texture none, nor where a photo was merely enlarged."""

import cv2
import numpy as np
import pytest

from retouch_engine.faces import fine_evidence

SIDE = 512
SPECKS = [(100, 100), (130, 300), (300, 420), (420, 90)]


def skin(seed: int = 0, spread: float = 2.5) -> np.ndarray:
    """Return even skin with pores: noise of a pixel's and of several pixels' size."""
    rng = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 0.7)
    coarse = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 3.0)
    grain = spread * (fine / fine.std() + coarse / coarse.std())
    return np.asarray(np.clip(150 + grain, 0, 255), np.uint8)


def with_specks(green: np.ndarray, depth: float, sigma: float = 0.8) -> np.ndarray:
    ys, xs = np.mgrid[: green.shape[0], : green.shape[1]]
    shade = sum(
        np.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2 * sigma**2)) for y, x in SPECKS
    )  # fmt: skip
    return np.clip(np.rint(green - depth * shade), 0, 255).astype(np.uint8)


EVERYWHERE = np.ones((SIDE // 2, SIDE // 2), bool)


@pytest.mark.parametrize("spread", [0.0, 1.0, 2.5, 5.0])
def test_pores_alone_are_no_evidence(spread: float) -> None:
    places, strengths = fine_evidence(skin(1, spread), EVERYWHERE)
    assert len(places) == len(strengths) <= 2


@pytest.mark.parametrize("depth", [60, -60])
def test_dark_and_bright_specks_are_found_where_they_are(depth: float) -> None:
    places, strengths = fine_evidence(with_specks(skin(), depth), EVERYWHERE)
    for y, x in SPECKS:
        assert np.abs(places - np.array([y, x])).max(axis=1).min() <= 1
    assert len(places) <= len(SPECKS) + 2
    assert (np.diff(strengths) <= 0).all()
    assert strengths.min() >= 1


def test_only_skin_that_is_asked_for_counts() -> None:
    where = EVERYWHERE.copy()
    where[: SIDE // 4] = False
    places, _ = fine_evidence(with_specks(skin(), 60), where)
    assert len(places) >= 2
    assert (places[:, 0] >= SIDE // 2 - 1).all()


@pytest.mark.parametrize("way", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
def test_what_was_enlarged_shows_nothing_finer(way: int) -> None:
    # Specks of a pixel's size in the small picture are small in the large one too, but soft.
    small = with_specks(skin(2), 90, sigma=0.7)
    large = cv2.resize(small, (2 * SIDE, 2 * SIDE), interpolation=way)
    places, _ = fine_evidence(np.asarray(large, np.uint8), np.ones((SIDE, SIDE), bool))
    assert len(places) == 0


def test_soft_spots_under_noise_are_no_fine_ones() -> None:
    soft = with_specks(np.full((SIDE, SIDE), 150, np.uint8), 90, sigma=3.0)
    noise = np.random.default_rng(3).normal(0, 2.5, soft.shape)
    noisy = np.clip(np.rint(soft + noise), 0, 255).astype(np.uint8)
    assert len(fine_evidence(noisy, EVERYWHERE)[0]) <= 2


def test_no_skin_and_tiny_pictures_have_no_evidence() -> None:
    assert len(fine_evidence(skin(), np.zeros((8, 8), bool))[0]) == 0
    assert len(fine_evidence(np.zeros((5, 7), np.uint8), np.ones((3, 4), bool))[0]) == 0
