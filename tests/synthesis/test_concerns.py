"""Smooth faults come with the density that takes them away, each by itself."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.synthesis import CONCERNS, concerns, paint_concerns, to_density, to_image

SIZE = 256


@pytest.fixture
def image() -> np.ndarray:
    return np.ascontiguousarray(astronaut()[20 : 20 + SIZE, 100 : 100 + SIZE])


@pytest.fixture
def skin() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[60:200, 60:200] = 1.0
    return mask


@pytest.fixture
def under_eyes() -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[100:130, 80:120] = 1.0
    return cv2.GaussianBlur(mask, (0, 0), 6)


def alone(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    """Let every concern but one come out as nothing."""
    monkeypatch.setattr(concerns, "PROBABILITY", 1.0)
    nothing = {
        "evenness": ("_blotches", lambda size, width, rng: np.zeros((size[1], size[0], 3), "f4")),
        "under_eyes": ("_shadow", lambda region, rng: np.zeros((*region.shape, 3), "f4")),
        "shine": (
            "_shone",
            lambda image, skin, cells, width, rng, cell: (image, np.zeros((*cells.shape, 3), "f4")),
        ),
    }
    for name, (function, replacement) in nothing.items():
        if name != wanted:
            monkeypatch.setattr(concerns, function, replacement)


# Shine has a fine grain, which a smooth map leaves.
@pytest.mark.parametrize(
    ("name", "left"), [("evenness", 0.2), ("shine", 0.55), ("under_eyes", 0.2)]
)
def test_adding_the_density_takes_most_of_a_concern_away(
    name: str,
    left: float,
    image: np.ndarray,
    skin: np.ndarray,
    under_eyes: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone(monkeypatch, name)
    before, after = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        painted = paint_concerns(image, skin, under_eyes, 180.0, rng)
        third = painted.densities[3 * CONCERNS.index(name) :][:3].transpose(1, 2, 0)
        large = cv2.resize(third, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
        restored = to_image(to_density(painted.image) + large * skin[..., None])
        before.append(np.square(painted.image.astype(float) - image).mean())
        after.append(np.square(restored.astype(float) - image).mean())
    assert np.mean(before) > 1.0
    assert np.mean(after) < left * np.mean(before)


@pytest.mark.parametrize("name", CONCERNS)
def test_the_truth_of_one_concern_says_nothing_of_the_others(
    name: str,
    image: np.ndarray,
    skin: np.ndarray,
    under_eyes: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone(monkeypatch, name)
    densities = paint_concerns(image, skin, under_eyes, 180.0, np.random.default_rng(1)).densities
    strongest = np.abs(densities.reshape(3, 3, 32, 32)).max(axis=(1, 2, 3))
    assert [bool(value > 0) for value in strongest] == [name == other for other in CONCERNS]


def test_shine_is_darkened_and_shadows_are_lightened(
    image: np.ndarray, skin: np.ndarray, under_eyes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerns, "PROBABILITY", 1.0)
    densities = paint_concerns(image, skin, under_eyes, 180.0, np.random.default_rng(2)).densities
    assert densities[3:6].min() >= 0 < densities[3:6].max()
    assert densities[6:].max() <= 0 > densities[6:].min()


def test_nothing_is_painted_beside_the_skin(
    image: np.ndarray, skin: np.ndarray, under_eyes: np.ndarray
) -> None:
    for seed in range(6):
        painted = paint_concerns(image, skin, under_eyes, 180.0, np.random.default_rng(seed))
        assert np.array_equal(painted.image[skin == 0], image[skin == 0])


def test_without_lids_there_are_no_shadows_under_them(
    image: np.ndarray, skin: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concerns, "PROBABILITY", 1.0)
    densities = paint_concerns(image, skin, None, 180.0, np.random.default_rng(3)).densities
    assert not densities[6:].any()


def test_a_picture_without_skin_stays(image: np.ndarray) -> None:
    bare = np.zeros((SIZE, SIZE), np.float32)
    for seed in range(6):
        painted = paint_concerns(image, bare, bare, 180.0, np.random.default_rng(seed))
        assert np.array_equal(painted.image, image)
        assert not painted.densities.any()


def test_the_same_seed_paints_the_same(
    image: np.ndarray, skin: np.ndarray, under_eyes: np.ndarray
) -> None:
    first, second = (
        paint_concerns(image, skin, under_eyes, 180.0, np.random.default_rng(5)) for _ in range(2)
    )
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.densities, second.densities)
