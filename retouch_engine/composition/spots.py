"""Spots of a mask: where one ends and the next begins, and which of them are kept by default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .components import grow_labels, label_components
from .spot_classifier import SpotClassifier, SpotParts, spot_parts

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]
Labels = NDArray[np.int32]
CORE_MASK, SKIRT_MASK = 0.5, 0.04
MINIMUM_CORE_PIXELS = 4
# Pixels from where a speck stands out to where it ends.
FOOT = 3
# With its foot a speck is at most so large a share of the spot that it is told from.
LARGEST_SPECK = 0.35
# The share of a spot's votes from which on it is kept by default, where no classifier decides.
PROTECTED_SHARES: Mapping[str, float] = {"mole": 0.02, "freckle": 0.04}


@dataclass(frozen=True)
class Spot:
    """A labelled spot at the working scale, before it has a place in the photo."""

    label: int
    x: float
    y: float
    radius: float
    kind: str
    confidence: float


@dataclass(frozen=True)
class SpotEvidence:
    """What tells a mole in a red patch from the patch.

    density: float32 (H, W, 3), the optical density that the edit takes away, positive where a spot
    is dark; specks: (H, W), true in what stands out from what surrounds it; classifier: judges
    spots by both.
    """

    density: FloatArray
    specks: BoolArray
    classifier: SpotClassifier


def find_spots(
    mask: FloatArray,
    kinds: FloatArray,
    names: Sequence[str],
    protected_shares: Mapping[str, float] = PROTECTED_SHARES,
    evidence: SpotEvidence | None = None,
) -> tuple[Labels, list[Spot]]:
    """Split a mask (H, W) 0..1 into spots; returns their labels, grown over the soft skirt.

    kinds: (H, W, K) probabilities, names[0] being "none"; protected_shares: by kind, of a spot's
    votes, from which on it is a mole or freckle. Cores of fewer than four pixels, where the
    network is not sure of anything, are dropped. evidence: with it its classifier decides what is
    kept, and what stands out in a spot and is of another kind is a spot of its own.
    """
    if evidence is None:
        labels, count = label_components(mask > CORE_MASK, MINIMUM_CORE_PIXELS)
        votes = spot_parts(labels, count, kinds).votes
        decided = [_kind(each, names, protected_shares) for each in votes]
    else:
        parts, parents = parts_of(mask, kinds, evidence.density, evidence.specks)
        kept = evidence.classifier.decide(parts)
        labels, decided = _merged(parts.labels, [names[kind] for kind in kept], parents)
    spots = _spots(labels, decided, mask)
    return grow_labels(labels, mask > SKIRT_MASK), spots


def parts_of(
    mask: FloatArray, kinds: FloatArray, density: FloatArray, specks: BoolArray
) -> tuple[SpotParts, NDArray[np.intp]]:
    """Return the parts of a mask's spots, and by part the number of the one that it lies in.

    A part is a core, or a speck that is small in one; of a core the number is its own.
    """
    cores, count = label_components(mask > CORE_MASK, MINIMUM_CORE_PIXELS)
    inner, inner_count = label_components(specks & (cores > 0), MINIMUM_CORE_PIXELS)
    where = np.flatnonzero(inner > 0)
    inside = inner.ravel()[where]
    around = np.zeros(inner_count + 1, np.intp)
    around[inside] = cores.ravel()[where]
    radius = FOOT + np.sqrt(np.bincount(inside, minlength=inner_count + 1) / np.pi)
    room = LARGEST_SPECK * np.bincount(cores.ravel(), minlength=count + 1)[around]
    own = np.flatnonzero(np.pi * radius**2 < room)
    own = own[own > 0]
    numbers = np.zeros(inner_count + 1, np.int32)
    numbers[own] = count + 1 + np.arange(len(own))
    labels = cores.copy()
    taken = where[numbers[inside] > 0]
    labels.ravel()[taken] = numbers[inner.ravel()[taken]]
    parents = np.concatenate([np.arange(1, count + 1), around[own]])
    return spot_parts(labels, len(parents), kinds, density, parents), parents


def _merged(
    labels: Labels, kinds: list[str], parents: NDArray[np.intp]
) -> tuple[Labels, list[str]]:
    """Give specks of the same kind as what surrounds them back to it, and number what is left."""
    numbers = np.arange(len(kinds) + 1)
    around = np.concatenate([[0], parents])
    named = np.array(["", *kinds])
    target = np.where(named == named[around], around, numbers)
    where = np.flatnonzero(labels > 0)
    merged = labels.copy()
    merged.ravel()[where] = target[labels.ravel()[where]]
    footed = _with_feet(merged, where, target != around)
    left = np.flatnonzero(np.bincount(footed.ravel()[where], minlength=len(numbers)))
    numbers[left] = np.arange(1, len(left) + 1)
    footed.ravel()[where] = numbers[footed.ravel()[where]]
    return footed, [kinds[label - 1] for label in left]


def _with_feet(labels: Labels, where: NDArray[np.intp], is_speck: BoolArray) -> Labels:
    """Give specks the pixels around them: a peak has a foot that is part of the same spot.

    Else one of the two is kept where the other is removed, with an edge between them. where: of
    labels above 0, in the flat map; is_speck: by label.
    """
    specks = np.zeros_like(labels)
    own = where[is_speck[labels.ravel()[where]]]
    if not len(own):
        return labels
    specks.ravel()[own] = labels.ravel()[own]
    grown = grow_labels(specks, labels > 0, FOOT)
    return np.where(grown > 0, grown, labels)


def _spots(labels: Labels, kinds: Sequence[str], mask: FloatArray) -> list[Spot]:
    # Two searches, of a flat mask, are five times as fast as one for rows and columns.
    where = np.flatnonzero(labels > 0)
    ys, xs = np.divmod(where, labels.shape[1])
    owners = labels.ravel()[where] - 1

    def total(values: NDArray[np.floating] | None) -> NDArray[np.float64]:
        return np.bincount(owners, values, minlength=len(kinds)).astype(np.float64)

    area = np.maximum(total(None), 1)
    x, y, confidence = total(xs + 0.5) / area, total(ys + 0.5) / area, total(mask[ys, xs]) / area
    return [
        Spot(
            label=index + 1,
            x=float(x[index]),
            y=float(y[index]),
            radius=float(np.sqrt(area[index] / np.pi)),
            kind=kind,
            confidence=float(confidence[index]),
        )
        for index, kind in enumerate(kinds)
    ]


def _kind(
    votes: NDArray[np.float64], names: Sequence[str], protected_shares: Mapping[str, float]
) -> str:
    """Return the kind with most votes, but a protected one as soon as these have some share.

    A mole that is removed is a worse mistake than a blemish that a person has to flip.
    """
    needed = np.array([protected_shares.get(name, np.inf) for name in names[1:]])
    protected = votes > needed * votes.sum()
    return names[1 + int((votes * protected if protected.any() else votes).argmax())]
