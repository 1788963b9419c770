"""PSNR and SSIM agree with scikit-image and torchmetrics."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import (
    peak_signal_noise_ratio as torchmetrics_psnr,
)
from torchmetrics.functional.image import (
    structural_similarity_index_measure as torchmetrics_ssim,
)

from retouch_engine.evaluation.metrics import psnr, ssim


def noisy(amount: int) -> np.ndarray:
    noise = np.random.default_rng(0).integers(-amount, amount + 1, astronaut().shape)
    return np.clip(astronaut().astype(int) + noise, 0, 255).astype(np.uint8)


def blurred() -> np.ndarray:
    return np.rint(gaussian(astronaut(), 2, channel_axis=2, preserve_range=True)).astype(np.uint8)


@pytest.mark.parametrize("result", [noisy(3), noisy(40), blurred()])
def test_ssim_agrees_with_scikit_image(result: np.ndarray) -> None:
    expected = structural_similarity(
        astronaut(),
        result,
        data_range=255,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(result, astronaut()) == pytest.approx(expected, abs=1e-9)


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float64))


@pytest.mark.parametrize("result", [noisy(3), noisy(40), blurred()])
def test_both_agree_with_torchmetrics(result: np.ndarray) -> None:
    ours, theirs = tensor(result), tensor(astronaut())
    expected = torchmetrics_psnr(ours, theirs, data_range=255.0, dim=(1, 2, 3))
    assert psnr(result, astronaut()) == pytest.approx(float(expected), abs=1e-5)
    ours_by_skimage = peak_signal_noise_ratio(astronaut(), result)
    assert psnr(result, astronaut()) == pytest.approx(ours_by_skimage, abs=1e-9)
    _, places = torchmetrics_ssim(
        ours, theirs, data_range=255.0, sigma=1.5, kernel_size=11, return_full_image=True
    )
    # It also counts windows that reach beyond the picture, on a mirrored border.
    similar = places[..., 5:-5, 5:-5].mean()
    assert ssim(result, astronaut()) == pytest.approx(float(similar), abs=1e-6)


def test_a_grey_picture_has_an_ssim_too() -> None:
    grey = astronaut()[..., 0]
    assert ssim(grey, grey) == pytest.approx(1.0)
    assert ssim(255 - grey, grey) < 0.0


def test_equal_pictures_are_infinitely_alike() -> None:
    assert psnr(astronaut(), astronaut()) == float("inf")


def test_one_grey_value_everywhere_is_48_decibels() -> None:
    picture = np.full((16, 16, 3), 100, np.uint8)
    assert psnr(picture + 1, picture) == pytest.approx(20 * np.log10(255))


def test_pictures_smaller_than_the_window_are_refused() -> None:
    small = np.zeros((10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(small, small)


def test_sizes_that_differ_are_refused() -> None:
    first, second = np.zeros((20, 20, 3), np.uint8), np.zeros((20, 21, 3), np.uint8)
    for metric in (psnr, ssim):
        with pytest.raises(ValueError, match="sizes differ"):
            metric(first, second)
