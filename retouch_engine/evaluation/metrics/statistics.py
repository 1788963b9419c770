"""Means with bootstrap confidence intervals, and when a number proves nothing.

Photos of one group (one sitter) are not independent: where groups are given, whole groups are drawn
(the cluster bootstrap: Davison and Hinkley 1997, section 3.8), and mean and photos stay the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Groups = Sequence[str] | None

RESAMPLES = 2000
CONFIDENCE = 0.95
UNPROVEN_BELOW = 5


@dataclass(frozen=True)
class Interval:
    """A statistic of `count` photos with the ends of its confidence interval; NaN for no photos.

    groups: how many of them are independent, `count` where no two show the same sitter.
    """

    mean: float
    low: float
    high: float
    count: int
    groups: int

    @property
    def proven(self) -> bool:
        """Return whether there are groups enough (5) for the interval to mean anything."""
        return self.groups >= UNPROVEN_BELOW


def bootstrap_mean(
    values: Sequence[float] | Array,
    *,
    groups: Groups = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return the mean with its percentile bootstrap interval (Efron and Tibshirani 1993, ch. 13).

    Values that are not finite (nothing to measure; PSNR of equal pictures) are left out, and
    `count` says how many are left. groups: the sitter of each, "" for a photo that is alone; None
    where all are. The same seed gives the same interval.
    """
    columns = [_array(values)]
    return _interval(columns, lambda means: means[0], groups, seed, resamples, confidence)


def bootstrap_difference(
    first: Sequence[float] | Array,
    second: Sequence[float] | Array,
    *,
    groups: Groups = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return mean(first) - mean(second), paired: photos are drawn, and each brings both its values.

    Photos on which one of the two is not finite are left out. Raises ValueError on unequal lengths.
    """
    pairs = [_array(first), _array(second)]
    return _interval(pairs, lambda means: means[0] - means[1], groups, seed, resamples, confidence)


def bootstrap_reduction(
    current: Sequence[float] | Array,
    candidate: Sequence[float] | Array,
    *,
    groups: Groups = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Interval:
    """Return by which share the candidate's mean is below the current one's, paired; 0.03 is 3 %.

    Meant for errors such as mean squared error, which are over 0. Otherwise as
    `bootstrap_difference`.
    """
    pairs = [_array(current), _array(candidate)]
    return _interval(
        pairs, lambda means: 1.0 - means[1] / means[0], groups, seed, resamples, confidence
    )


def _array(values: Sequence[float] | NDArray[Any]) -> Array:
    return np.asarray(values, np.float64)


def _interval(
    columns: list[Array],
    statistic: Callable[[Array], Any],
    groups: Groups,
    seed: int,
    resamples: int,
    confidence: float,
) -> Interval:
    lengths = {column.shape for column in columns} | ({(len(groups),)} if groups else set())
    if len(lengths) > 1:
        raise ValueError("paired values need one pair per photo, but the numbers of photos differ")
    table = np.stack(columns)
    finite = np.asarray(np.isfinite(table).all(axis=0), np.bool_)
    table = table[:, finite]
    count = table.shape[1]
    if count == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    sums, sizes = _by_group(table, _numbered(groups, finite))
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(resamples, len(sizes)))
    means = sums[:, drawn].sum(axis=2) / sizes[drawn].sum(axis=1)
    tail = 50.0 * (1.0 - confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.percentile(statistic(means), [tail, 100.0 - tail])
        mean = float(statistic(table.mean(axis=1)))
        return Interval(mean, float(low), float(high), count, len(sizes))


def _numbered(groups: Groups, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of each kept photo's group, in the order of their first photos."""
    numbers: dict[str | int, int] = {}
    keys = [
        (groups[index] or index) if groups else index for index in np.flatnonzero(kept).tolist()
    ]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _by_group(table: Array, numbers: NDArray[np.int64]) -> tuple[Array, Array]:
    """Return each column's sum over each group (columns, groups), and the groups' sizes."""
    sums = np.stack([_array(np.bincount(numbers, weights=column)) for column in table])
    return sums, _array(np.bincount(numbers))
