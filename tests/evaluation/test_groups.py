"""PPR10K's measures, against its published formulas written out with scikit-image."""

import numpy as np
import pytest
from skimage.color import rgb2lab
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from retouch_engine.evaluation.metrics import (
    delta_e,
    delta_e_hc,
    group_level_consistency,
    mean_chromaticity,
    psnr,
    psnr_hc,
)

PEOPLE = np.zeros((512, 512), np.uint8)
PEOPLE[:400, 100:400] = 255


def warmer(amount: int) -> np.ndarray:
    shifted = astronaut() + np.array([amount, 0, -amount])
    return np.clip(shifted, 0, 255).astype(np.uint8)


def test_human_centred_psnr_weighs_people_one_and_the_rest_half() -> None:
    weights = np.where(PEOPLE > 0, 1.0, 0.5)[..., None]
    expected = peak_signal_noise_ratio(
        astronaut() / 255 * weights, warmer(15) / 255 * weights, data_range=1
    )
    assert psnr_hc(warmer(15), astronaut(), PEOPLE) == pytest.approx(expected)
    assert psnr_hc(warmer(15), astronaut(), PEOPLE) > psnr(warmer(15), astronaut())


def test_human_centred_colour_difference_weighs_cielab_before_the_difference() -> None:
    weights = np.where(PEOPLE > 0, 1.0, 0.5)[..., None]
    difference = (rgb2lab(astronaut()) - rgb2lab(warmer(15))) * weights
    expected = np.sqrt((difference**2).sum(axis=2)).mean()
    assert delta_e_hc(warmer(15), astronaut(), PEOPLE) == pytest.approx(expected, abs=1e-3)


def test_with_people_everywhere_nothing_is_weighed() -> None:
    everywhere = np.ones((512, 512), bool)
    assert psnr_hc(warmer(9), astronaut(), everywhere) == psnr(warmer(9), astronaut())
    assert delta_e_hc(warmer(9), astronaut(), everywhere) == delta_e(warmer(9), astronaut())


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="resize the mask"):
        psnr_hc(astronaut(), astronaut(), PEOPLE[:100])


def test_group_consistency_is_the_sample_variance_of_mean_a_and_b() -> None:
    groups = [[(1.0, 10.0), (3.0, 10.0), (5.0, 16.0)], [(2.0, 2.0), (4.0, 2.0)]]
    expected = np.mean([(4.0 + 12.0) / 2, (2.0 + 0.0) / 2])
    assert group_level_consistency(groups) == pytest.approx(expected)


def test_a_group_of_one_counts_as_zero() -> None:
    assert group_level_consistency([[(1.0, 2.0)], [(0.0, 0.0), (2.0, 0.0)]]) == pytest.approx(0.5)


def test_an_empty_group_is_refused_and_no_group_is_no_number() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        group_level_consistency([[]])
    assert np.isnan(group_level_consistency([]))


def test_one_tone_is_more_consistent_than_two() -> None:
    alike, mixed = (
        group_level_consistency([[mean_chromaticity(warmer(w)) for w in warmths]])
        for warmths in ((4, 5, 6), (0, 10, 20))
    )
    assert alike < mixed / 10


def test_mean_chromaticity_agrees_with_scikit_image() -> None:
    expected = rgb2lab(astronaut()).reshape(-1, 3).mean(axis=0)[1:]
    assert mean_chromaticity(astronaut()) == pytest.approx(expected, abs=1e-3)
