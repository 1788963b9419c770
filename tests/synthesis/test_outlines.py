"""Outlines of single spots."""

import numpy as np
import pytest

from retouch_engine.synthesis.outlines import blob, lobed


@pytest.mark.parametrize("softness", [0.1, 0.5, 1.5])
@pytest.mark.parametrize("radius", [0.8, 4.0, 20.0])
def test_a_lobed_spot_covers_its_middle_region_and_ends_within_its_patch(
    radius: float, softness: float
) -> None:
    half = int(np.ceil(2.3 * radius)) + 2
    for seed in range(20):
        cover = lobed(half, radius, softness, np.random.default_rng(seed))
        assert cover.shape == (2 * half + 1, 2 * half + 1)
        assert cover.min() >= 0.0
        assert cover.max() == pytest.approx(1.0, abs=0.15)
        border = np.concatenate([cover[0], cover[-1], cover[:, 0], cover[:, -1]])
        assert border.max() < 0.05


def test_lobed_spots_are_less_round_than_blobs() -> None:
    def roundness(covers: list[np.ndarray]) -> float:
        shares = []
        for cover in covers:
            ys, xs = np.nonzero(cover > 0.5)
            spread = np.hypot(ys - ys.mean(), xs - xs.mean())
            shares.append(len(ys) / (np.pi * spread.max() ** 2))
        return float(np.mean(shares))

    seeds = [np.random.default_rng(seed) for seed in range(20)]
    round_ones = [blob(40, 16.0, 0.2, 0.1, rng) for rng in seeds]
    lobed_ones = [lobed(40, 16.0, 0.2, rng) for rng in seeds]
    assert roundness(lobed_ones) < 0.85 * roundness(round_ones)


def test_the_same_seed_draws_the_same_lobes() -> None:
    first, second = (lobed(20, 8.0, 0.3, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, second)
