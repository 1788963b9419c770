"""What all methods without learning have in common."""

import numpy as np
import pytest

from retouch_engine.baselines import METHODS, Method

from .skins import FACE_WIDTH, SIZE, skin

MADE = skin(red=0.3, brown=0.1)
TRUTH = (MADE.spot > 0.1).astype(np.float32)
NAMES = sorted(METHODS)


def run(name: str, image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return METHODS[name](image, mask, face_width=FACE_WIDTH, truth=TRUTH)


def test_the_registry_holds_each_method_under_its_own_name() -> None:
    assert set(METHODS) == {
        "identity",
        "skin_decomposition",
        "frequency_separation",
        "oracle_inpainting",
    }
    for name, method in METHODS.items():
        assert method.name == name
        assert isinstance(method, Method)


def test_only_the_oracle_looks_at_the_truth() -> None:
    assert [name for name in NAMES if METHODS[name].needs_truth] == ["oracle_inpainting"]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"oracle_inpainting"}))
def test_the_others_give_the_same_picture_with_and_without_the_truth(name: str) -> None:
    blind = METHODS[name](MADE.image, MADE.mask, face_width=FACE_WIDTH)
    assert np.array_equal(blind, run(name, MADE.image, MADE.mask))


@pytest.mark.parametrize("name", NAMES)
def test_a_method_is_deterministic_and_leaves_its_input_alone(name: str) -> None:
    image, mask = MADE.image.copy(), MADE.mask.copy()
    first = run(name, image, mask)
    assert first.dtype == np.uint8
    assert first.shape == image.shape
    assert first is not image
    assert np.array_equal(image, MADE.image)
    assert np.array_equal(mask, MADE.mask)
    assert np.array_equal(run(name, image, mask), first)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"identity"}))
def test_everything_outside_the_mask_is_bit_equal(name: str) -> None:
    mask = MADE.mask.copy()
    mask[:, 158:] = 0
    result = run(name, MADE.image, mask)
    assert np.array_equal(result[mask == 0], MADE.image[mask == 0])
    assert not np.array_equal(result, MADE.image)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (203, 152, 121)])
def test_a_picture_of_one_colour_comes_back_unchanged(name: str, value: tuple[int, ...]) -> None:
    image = np.full((SIZE, SIZE, 3), value, np.uint8)
    for mask in (MADE.mask, np.ones_like(MADE.mask)):
        assert np.array_equal(run(name, image, mask), image)


@pytest.mark.parametrize("name", NAMES)
def test_no_skin_no_change(name: str) -> None:
    assert np.array_equal(run(name, MADE.image, np.zeros_like(MADE.mask)), MADE.image)


def test_a_grey_picture_has_no_pigments_to_decompose() -> None:
    grey = np.repeat(MADE.image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert np.array_equal(run("skin_decomposition", grey, MADE.mask), grey)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (0, 5)])
def test_a_picture_of_a_few_pixels_does_no_harm(name: str, size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 90, np.uint8)
    mask, truth = np.ones(size, np.float32), np.ones(size, np.float32)
    assert np.array_equal(METHODS[name](image, mask, truth=truth), image)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_and_masks_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        run(name, MADE.image.astype(np.float32), MADE.mask)
    with pytest.raises(ValueError, match="must be uint8"):
        run(name, MADE.image[..., 0], MADE.mask)
    with pytest.raises(ValueError, match="must have the picture's size"):
        run(name, MADE.image, MADE.mask[1:])
    with pytest.raises(ValueError, match="from 0 to 1"):
        run(name, MADE.image, MADE.mask * 255)
    with pytest.raises(ValueError, match="from 0 to 1"):
        run(name, MADE.image, np.full_like(MADE.mask, np.nan))


def test_the_oracle_fills_the_true_mask_and_nothing_else() -> None:
    result = run("oracle_inpainting", MADE.image, MADE.mask)
    changed = (result != MADE.image).any(axis=2)
    assert not changed[TRUTH == 0].any()
    inside = MADE.spot > 0.9
    error = np.abs(result.astype(float) - MADE.clean)[inside].mean()
    assert error < 0.3 * np.abs(MADE.image.astype(float) - MADE.clean)[inside].mean()


def test_the_oracle_fills_from_skin_alone() -> None:
    image, mask = MADE.image.copy(), MADE.mask.copy()
    image[:, :158], mask[:, :158] = [0, 255, 0], 0
    filled = run("oracle_inpainting", image, mask)[156:164, 158:162].astype(float)
    assert np.abs(filled - MADE.clean[156:164, 158:162]).mean() < 15


def test_the_oracle_without_truth_says_what_is_missing() -> None:
    oracle = METHODS["oracle_inpainting"]
    with pytest.raises(ValueError, match="needs the truth mask"):
        oracle(MADE.image, MADE.mask)
    with pytest.raises(ValueError, match="truth mask must have the size"):
        oracle(MADE.image, MADE.mask, truth=TRUTH[1:])


@pytest.mark.parametrize("name", ["skin_decomposition", "frequency_separation"])
def test_without_a_face_width_it_is_estimated_from_the_skin(name: str) -> None:
    area = float(MADE.mask.sum())
    told = METHODS[name](MADE.image, MADE.mask, face_width=(area / 0.75) ** 0.5)
    assert np.array_equal(METHODS[name](MADE.image, MADE.mask), told)
