"""Bootstrap intervals: seeded, paired, and honest about few photos."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from retouch_engine.evaluation.metrics import (
    bootstrap_difference,
    bootstrap_mean,
    bootstrap_reduction,
)

VALUES = np.random.default_rng(0).gamma(2.0, 3.0, 40)


def test_the_interval_agrees_with_scipy_s_percentile_bootstrap() -> None:
    expected = bootstrap(
        (VALUES,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    interval = bootstrap_mean(VALUES, resamples=20_000)
    assert interval.mean == pytest.approx(VALUES.mean())
    assert interval.low == pytest.approx(expected.low, abs=0.06)
    assert interval.high == pytest.approx(expected.high, abs=0.06)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert bootstrap_mean(VALUES, seed=3) == bootstrap_mean(VALUES, seed=3)
    assert bootstrap_mean(VALUES, seed=3) != bootstrap_mean(VALUES, seed=4)


def test_about_95_of_100_intervals_hold_the_true_mean() -> None:
    rng = np.random.default_rng(2)
    intervals = [bootstrap_mean(rng.normal(5.0, 2.0, 50), resamples=500) for _ in range(200)]
    assert 0.90 < np.mean([i.low <= 5.0 <= i.high for i in intervals]) < 0.99


def test_pairing_sees_a_small_gain_on_very_different_photos() -> None:
    rng = np.random.default_rng(3)
    photos = rng.normal(30.0, 8.0, 40)
    better = photos + rng.normal(0.5, 0.3, 40)
    paired = bootstrap_difference(better, photos)
    assert paired.low > 0.3
    assert bootstrap_mean(better).low < photos.mean()


def test_a_reduction_is_a_share_of_the_current_mean() -> None:
    interval = bootstrap_reduction(VALUES, 0.9 * VALUES)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.1, 0.1, 0.1))


def test_photos_without_a_number_are_left_out_of_both_sides_of_a_pair() -> None:
    first, second = [1.0, np.nan, 3.0, 5.0], [0.0, 1.0, np.inf, 1.0]
    interval = bootstrap_difference(first, second)
    assert interval.count == 2
    assert interval.mean == pytest.approx(2.5)


def test_under_five_photos_nothing_is_proven() -> None:
    assert not bootstrap_mean([1.0, 2.0, 3.0, 4.0]).proven
    assert bootstrap_mean([1.0, 2.0, 3.0, 4.0, 5.0]).proven


def test_no_photos_are_no_number() -> None:
    interval = bootstrap_mean([float("nan")])
    assert interval.count == 0
    assert np.isnan(interval.mean)


def test_pairs_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one pair per photo"):
        bootstrap_difference([1.0, 2.0], [1.0])


def test_photos_of_one_sitter_count_as_one_draw() -> None:
    rng = np.random.default_rng(5)
    sitters = rng.normal(10.0, 3.0, 8)
    values = np.repeat(sitters, 5)
    groups = [f"sitter {index // 5}" for index in range(40)]
    alone, shared = bootstrap_mean(values), bootstrap_mean(values, groups=groups)
    by_hand = bootstrap_mean(sitters)
    assert shared.mean == alone.mean
    assert (shared.low, shared.high) == pytest.approx((by_hand.low, by_hand.high))
    assert shared.high - shared.low > 2 * (alone.high - alone.low)
    assert (shared.count, shared.groups) == (40, 8)


def test_larger_groups_weigh_by_their_photos_and_pairs_stay_together() -> None:
    first, second = np.array([4.0, 4.0, 4.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0])
    interval = bootstrap_difference(first, second, groups=["anna", "anna", "anna", ""])
    assert interval.mean == pytest.approx(2.25)
    assert (interval.low, interval.high) == pytest.approx((0.0, 3.0))


def test_many_photos_of_four_sitters_prove_nothing() -> None:
    values, groups = [1.0] * 40, ["a", "b", "c", "d"] * 10
    assert not bootstrap_mean(values, groups=groups).proven
    assert bootstrap_mean([*values, 1.0], groups=[*groups, ""]).proven


def test_a_photo_without_a_number_takes_its_group_along() -> None:
    interval = bootstrap_mean([1.0, np.nan, 3.0], groups=["a", "b", "a"])
    assert (interval.count, interval.groups) == (2, 1)
    with pytest.raises(ValueError, match="differ"):
        bootstrap_mean([1.0, 2.0], groups=["a"])
