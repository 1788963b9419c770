"""Connected components in numpy: runs of each row, joined where they touch."""

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def label_components(
    mask: NDArray[np.bool_], least_pixels: int = 1
) -> tuple[NDArray[np.int32], int]:
    """Label the 8-connected components of a mask (H, W) 1..n; returns labels and n.

    Those of fewer than `least_pixels` are left out.
    """
    # A free column at the end of each row: no run goes on in the next one.
    width = mask.shape[1] + 1
    starts, ends = _runs(mask, width)
    labels = np.zeros((mask.shape[0], width), np.int32)
    if not len(starts):
        return labels[:, :-1], 0
    component = _joined(starts, ends, width)
    sizes = np.bincount(component, ends - starts)
    # Numbered by their last runs.
    kept = np.flatnonzero(sizes >= least_pixels)
    numbers = np.zeros(len(sizes), np.int32)
    numbers[kept] = np.arange(1, len(kept) + 1)
    labels.ravel()[_pixels(starts, ends)] = np.repeat(numbers[component], ends - starts)
    return labels[:, :-1], len(kept)


def _runs(mask: NDArray[np.bool_], width: int) -> tuple[Indices, Indices]:
    """Return start and end (exclusive) of each horizontal run, as places in rows of `width`."""
    padded = np.zeros(mask.shape[0] * width + 1, bool)
    padded[1:].reshape(-1, width)[:, :-1] = mask
    steps = np.flatnonzero(padded[1:] != padded[:-1])
    return steps[::2], steps[1::2]


def _joined(starts: Indices, ends: Indices, width: int) -> Indices:
    """Return for each run the last one of its component."""
    # The runs of the next row that begin before this one's end and end after its start.
    first = np.searchsorted(ends, starts + width)
    count = np.searchsorted(starts, ends + width, side="right") - first
    upper = np.repeat(np.arange(len(starts)), count)
    lower = _counted(first, count)
    last = np.arange(len(starts))
    while True:
        highest = np.maximum(last[upper], last[lower])
        if np.array_equal(last[upper], highest) and np.array_equal(last[lower], highest):
            return last
        # The runs that the two stand for now are joined too.
        for side in (upper, lower):
            np.maximum.at(last, last[side], highest)
            np.maximum.at(last, side, highest)
        last = last[last]


def _pixels(starts: Indices, ends: Indices) -> Indices:
    return _counted(starts, ends - starts)


def _counted(first: Indices, count: Indices) -> Indices:
    """Return first, first + 1 … of so many numbers each, one after another."""
    before = np.cumsum(count) - count
    return np.arange(int(count.sum())) + np.repeat(first - before, count)


def grow_labels(
    labels: NDArray[np.int32], into: NDArray[np.bool_], steps: int | None = None
) -> NDArray[np.int32]:
    """Spread labels over the connected pixels of `into` (H, W), nearest core first.

    steps: by so many pixels at most, as far as there are any where None is given.
    """
    padded = np.pad(labels, 1)
    grown, width = padded.ravel(), padded.shape[1]
    sides = (-1, 1, -width, width)
    free = np.pad(into & (labels == 0), 1).ravel()
    places = np.zeros(len(grown), np.int32)
    new = np.flatnonzero(free)
    new = new[np.maximum.reduce([grown[new + side] for side in sides]) > 0]
    while len(new) and steps != 0:
        grown[new] = np.maximum.reduce([grown[new + side] for side in sides])
        free[new] = False
        # Only what lies beside the newest pixels can be reached next.
        beside = np.concatenate([new + side for side in sides])
        beside = beside[free[beside]]
        # Each pixel once: of those that ask for it the last one to sign.
        places[beside] = np.arange(len(beside))
        new = beside[places[beside] == np.arange(len(beside))]
        steps = None if steps is None else steps - 1
    return padded[1:-1, 1:-1].copy()
