"""Means with bootstrap confidence intervals, and when a number proves nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 2000
CONFIDENCE = 0.95
UNPROVEN_BELOW = 5


@dataclass(frozen=True)
class Interval:
    """A statistic of `count` photos with the ends of its confidence interval; NaN for no photos."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def proven(self) -> bool:
        """Return whether there are photos enough (5) for the interval to mean anything."""
        return self.count >= UNPROVEN_BELOW


def bootstrap_mean(
    values: Sequence[float] | Array,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return the mean with its percentile bootstrap interval (Efron and Tibshirani 1993, ch. 13).

    Values that are not finite (nothing to measure; PSNR of equal pictures) are left out, and
    `count` says how many are left. The same seed gives the same interval.
    """
    return _interval([_array(values)], lambda means: means[0], seed, resamples, confidence)


def bootstrap_difference(
    first: Sequence[float] | Array,
    second: Sequence[float] | Array,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return mean(first) - mean(second), paired: photos are drawn, and each brings both its values.

    Photos on which one of the two is not finite are left out. Raises ValueError on unequal lengths.
    """
    pairs = [_array(first), _array(second)]
    return _interval(pairs, lambda means: means[0] - means[1], seed, resamples, confidence)


def bootstrap_reduction(
    current: Sequence[float] | Array,
    candidate: Sequence[float] | Array,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return by which share the candidate's mean is below the current one's, paired; 0.03 is 3 %.

    Meant for errors such as mean squared error, which are over 0. Otherwise as
    `bootstrap_difference`.
    """
    pairs = [_array(current), _array(candidate)]
    return _interval(pairs, lambda means: 1.0 - means[1] / means[0], seed, resamples, confidence)


def _array(values: Sequence[float] | Array) -> Array:
    return np.asarray(values, np.float64)


def _interval(
    columns: list[Array],
    statistic: Callable[[Array], Any],
    seed: int,
    resamples: int,
    confidence: float,
) -> Interval:
    if len({column.shape for column in columns}) > 1:
        raise ValueError("paired values need one pair per photo, but the numbers of photos differ")
    table = np.stack(columns)
    table = table[:, np.isfinite(table).all(axis=0)]
    count = table.shape[1]
    if count == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(seed).integers(count, size=(resamples, count))
    tail = 50.0 * (1.0 - confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.percentile(statistic(table[:, drawn].mean(axis=2)), [tail, 100.0 - tail])
        return Interval(float(statistic(table.mean(axis=1))), float(low), float(high), count)
