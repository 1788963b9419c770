"""Connected components in numpy: runs of each row, joined by union-find."""

import numpy as np
from numpy.typing import NDArray


def label_components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Label the 8-connected components of a mask (H, W) 1..n; returns labels and n."""
    rows, starts, ends = _runs(mask)
    parents = np.arange(len(rows))
    first = np.searchsorted(rows, np.arange(mask.shape[0] + 1))
    for row in range(1, mask.shape[0]):
        _join(parents, starts, ends, range(first[row - 1], first[row]), first[row], first[row + 1])
    roots = np.array([_root(parents, run) for run in range(len(rows))], np.int64)
    _, numbers = np.unique(roots, return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    for row, start, end, number in zip(rows, starts, ends, numbers + 1, strict=True):
        labels[row, start:end] = number
    return labels, int(numbers.max() + 1) if len(numbers) else 0


def _runs(
    mask: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return row, start and end (exclusive) of each horizontal run, row by row."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return rows, starts, ends


def _join(
    parents: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    above: range,
    begin: int,
    stop: int,
) -> None:
    """Unite the runs begin..stop of one row with those of the row above that they touch."""
    upper = above.start
    for run in range(begin, stop):
        while upper < above.stop and ends[upper] < starts[run]:
            upper += 1
        other = upper
        while other < above.stop and starts[other] <= ends[run]:
            parents[_root(parents, other)] = _root(parents, run)
            other += 1


def _root(parents: NDArray[np.int64], run: int) -> int:
    while parents[run] != run:
        parents[run] = parents[parents[run]]
        run = int(parents[run])
    return run


def grow_labels(labels: NDArray[np.int32], into: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Spread labels over the connected pixels of `into` (H, W), nearest core first."""
    width = labels.shape[1] + 2
    grown = np.pad(labels, 1).ravel()
    empty = np.flatnonzero(np.pad(into, 1).ravel() & (grown == 0))
    while True:
        neighbours = [grown[empty + step] for step in (-width, width, -1, 1)]
        found = np.maximum.reduce(neighbours)
        if not found.any():
            return np.ascontiguousarray(grown.reshape(-1, width)[1:-1, 1:-1])
        grown[empty] = found
        empty = empty[found == 0]
