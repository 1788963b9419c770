"""What became of painted spots: which were found, which were kept, how much error went by sort."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .measurement import Subject
from .metrics import EditRegions, painted_regions
from .spot_truth import PROTECTED, SORTS, PaintedSpot, SpotTruth

Image = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
Array = NDArray[np.float64]

# A spot is kept where less than this share of its painted squared density went.
KEPT_BELOW = 0.25
# A mark that covers this share of a spot's squared density found it.
FOUND_SHARE = 0.5
# Where blemishes change more than this share of a mole's squared density, nobody can say any more
# whether it was the mole that went.
OVERLAP_SHARE = 0.1
FOOTPRINT_SHARE = 0.1


@dataclass(frozen=True)
class SpotOutcome:
    """One painted spot after a retouch.

    is_prominent: a mole that must be kept; found: a mark covers it; gone: the share of a mole's or
    freckle's squared density that went by the default recipe, negative where it grew, NaN for
    blemishes and under blemishes.
    """

    sort: str
    kind: int
    is_prominent: bool
    found: bool
    gone: float

    @property
    def is_kept(self) -> bool:
        """Return whether it is still there."""
        return self.gone < KEPT_BELOW


@dataclass(frozen=True)
class SortError:
    """Squared error of a sort's pixels before and after, as a share of the squared face width."""

    before: float
    after: float

    def __add__(self, other: "SortError") -> "SortError":
        return SortError(self.before + other.before, self.after + other.after)

    @property
    def fixed(self) -> float:
        """Return the share that is gone; NaN where there was none."""
        return 1.0 - self.after / self.before if self.before > 0 else float("nan")


def spot_outcomes(subject: Subject, result: Image, marked: BoolArray) -> list[SpotOutcome]:
    """Return what the default recipe did to each spot of a painted subject.

    result: uint8 (H, W, 3); marked: (H, W), the pixels of all marks. Raises ValueError for a
    subject whose spots nobody knows.
    """
    truth = _truth(subject)
    clean = subject.truth
    return [
        SpotOutcome(
            sort=spot.sort,
            kind=spot.kind,
            is_prominent=spot.is_prominent(subject.face_width),
            found=_is_found(spot, marked),
            gone=_gone(spot, clean, truth.kept, subject.source, result),
        )
        for spot in truth.spots
        if spot.peak > 0
    ]


def _truth(subject: Subject) -> SpotTruth:
    if subject.spots is None:
        raise ValueError(f"nobody knows the spots of {subject.name}")
    return subject.spots


def _is_found(spot: PaintedSpot, marked: BoolArray) -> bool:
    energy = np.square(spot.density)
    return bool((energy * marked[spot.place]).sum() >= FOUND_SHARE * energy.sum())


def _gone(spot: PaintedSpot, clean: Image, kept: Image, source: Image, result: Image) -> float:
    if spot.kind not in PROTECTED:
        return float("nan")
    where = spot.density > FOOTPRINT_SHARE * spot.peak
    base, painted, given, made = (
        np.log(picture[spot.place][where] + 1.0) for picture in (clean, kept, source, result)
    )
    energy = float(np.square(painted - base).sum())
    overlap = float(np.square(given - painted).sum())
    if energy == 0 or overlap > OVERLAP_SHARE * energy:
        return float("nan")
    return 1.0 - float(np.square(made - base).sum()) / energy


def default_regions(subject: Subject) -> EditRegions:
    """Return the regions by the default recipe's truth: inside where blemishes alone change it.

    Moles and freckles that stand free are outside: taking them away is an error there.
    """
    kept = _truth(subject).kept.astype(np.float64)
    density = np.abs(np.log((subject.source + 1.0) / (kept + 1.0))).max(axis=2)
    return painted_regions(density.astype(np.float32), subject.box if subject.faces else (0,) * 4)


def sort_errors(
    subject: Subject, result: Image, truth: Image, where: BoolArray
) -> dict[str, SortError]:
    """Return each sort's squared error against `truth` before and after, on pixels of `where`.

    All errors are divided by the squared face width, so that large photos count no more than small
    ones. Raises ValueError for a subject whose spots nobody knows.
    """
    owners = _truth(subject).sorts[where]
    before, after = (
        _sums(owners, picture[where], truth[where]) / subject.face_width**2
        for picture in (subject.source, result)
    )
    return {
        sort: SortError(float(before[number]), float(after[number]))
        for number, sort in enumerate(SORTS, start=1)
    }


def _sums(owners: NDArray[np.uint8], picture: Image, truth: Image) -> Array:
    error = np.square(picture.astype(np.float64) - truth).sum(axis=1)
    return np.bincount(owners, error, minlength=len(SORTS) + 1).astype(np.float64)


def added(totals: Mapping[str, SortError], errors: Mapping[str, SortError]) -> dict[str, SortError]:
    """Return the sums of two tables by sort."""
    nothing = SortError(0.0, 0.0)
    return {sort: totals.get(sort, nothing) + error for sort, error in errors.items()}
