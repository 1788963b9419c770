"""What is stored of a face: its edit, its marks, its smooth changes; spots of a mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .components import grow_labels, label_components
from .tiles import occupied_tiles

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
CORE_MASK, SKIRT_MASK = 0.5, 0.04
MINIMUM_CORE_PIXELS = 4
REMOVE, KEEP = "remove", "keep"
PROTECTED_KINDS = ("mole", "freckle")
# The share of a spot's votes from which on it is kept by default. Of spots painted on validation
# portraits this keeps 96 % of plain moles and 86 % of freckles, and with them a quarter of what
# blemishes change; 0.015 and 0.06 would keep a fifth of that and 81 % of freckles.
PROTECTED_SHARES: Mapping[str, float] = {"mole": 0.02, "freckle": 0.04}


@dataclass(frozen=True)
class Mark:
    """One spot that could go: place and radius in photo pixels, kind, confidence 0..1."""

    id: int
    face: int
    x: float
    y: float
    radius: float
    kind: str
    confidence: float

    def default_decision(self, keep_marks: bool = True) -> str:
        """Return what happens to it when no person decided: moles and freckles are kept."""
        return KEEP if keep_marks and self.kind in PROTECTED_KINDS else REMOVE


@dataclass(frozen=True)
class FaceLayers:
    """The stored edit of one face.

    box: x0, y0, x1, y1 in the photo; edit: uint8 (h, w, 3), (retouched - photo) modulo 256 with
    every spot removed, zero outside marks; labels: uint16 (h, w), mark id per pixel; marks. skin:
    uint8 (h', w'), the mask at the working scale; concerns: smooth changes by name, each uint8
    (h'', w'', 3), see `stored_density`. Skin and concerns span the box. landmarks: float32 (n, 2)
    in photo pixels, of analyses that have them.
    """

    box: tuple[int, int, int, int]
    edit: Pixels
    labels: NDArray[np.uint16]
    marks: tuple[Mark, ...]
    skin: Pixels | None = None
    concerns: Mapping[str, Pixels] = field(default_factory=dict)
    landmarks: FloatArray | None = None

    @cached_property
    def tiles(self) -> list[int]:
        """Return the numbers of the box's tiles that hold a mark, see `tile_place`."""
        return occupied_tiles(self.labels)


@dataclass(frozen=True)
class Spot:
    """A labelled spot at the working scale, before it has a place in the photo."""

    label: int
    x: float
    y: float
    radius: float
    kind: str
    confidence: float


def find_spots(
    mask: FloatArray,
    kinds: FloatArray,
    names: Sequence[str],
    protected_shares: Mapping[str, float] = PROTECTED_SHARES,
) -> tuple[NDArray[np.int32], list[Spot]]:
    """Split a mask (H, W) 0..1 into spots; returns their labels, grown over the soft skirt.

    kinds: (H, W, K) probabilities, names[0] being "none"; protected_shares: by kind, of a spot's
    votes, from which on it is a mole or freckle. Cores of fewer than four pixels, where the
    network is not sure of anything, are dropped.
    """
    labels, count = label_components(mask > CORE_MASK, MINIMUM_CORE_PIXELS)
    spots = _spots(labels, count, mask, kinds, names, protected_shares)
    return grow_labels(labels, mask > SKIRT_MASK), spots


def _spots(
    labels: NDArray[np.int32],
    count: int,
    mask: FloatArray,
    kinds: FloatArray,
    names: Sequence[str],
    protected_shares: Mapping[str, float],
) -> list[Spot]:
    # Two searches, of a flat mask, are five times as fast as one for rows and columns.
    where = np.flatnonzero(labels.ravel() > 0)
    ys, xs = np.divmod(where, labels.shape[1])
    owners = labels.ravel()[where] - 1

    def total(values: NDArray[np.floating] | None) -> NDArray[np.float64]:
        return np.bincount(owners, values, minlength=count).astype(np.float64)

    area = np.maximum(total(None), 1)
    votes = np.stack([total(kinds[ys, xs, kind]) for kind in range(1, len(names))], axis=1)
    x, y, confidence = total(xs + 0.5) / area, total(ys + 0.5) / area, total(mask[ys, xs]) / area
    return [
        Spot(
            label=index + 1,
            x=float(x[index]),
            y=float(y[index]),
            radius=float(np.sqrt(area[index] / np.pi)),
            kind=_kind(votes[index], names, protected_shares),
            confidence=float(confidence[index]),
        )
        for index in range(count)
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


def signed_edit(photo: Pixels, retouched: Pixels) -> Pixels:
    """Return (retouched - photo) modulo 256, which is exact; both uint8 (h, w, 3)."""
    # Differences of uint8 are modulo 256.
    return retouched - photo
