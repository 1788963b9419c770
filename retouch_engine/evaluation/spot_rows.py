"""Painted spots over many photos: shares of each sort, and of moles and freckles kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .spot_scores import SortError, SpotOutcome, added
from .spot_truth import PROTECTED_SORTS, SORTS
from .validation_spots import FRECKLE, MOLE

NOTHING = SortError(0.0, 0.0)


@dataclass(frozen=True)
class SpotScores:
    """One photo's spots.

    outcomes, identity_outcomes: by the default recipe, and untouched; default, all_removed: each
    sort's squared error by the default recipe (against the photo with its moles and freckles) and
    with everything removed (against the clean photo).
    """

    synthetic: bool
    outcomes: tuple[SpotOutcome, ...]
    identity_outcomes: tuple[SpotOutcome, ...]
    default: dict[str, SortError]
    all_removed: dict[str, SortError]


@dataclass(frozen=True)
class SortRow:
    """One sort on all, real or synthetic faces.

    found_share: of its spots, those under a mark; fixed_default, fixed_all: share of its squared
    error that is gone by the default recipe, which keeps moles and freckles, and with everything
    removed; left_share: its share of all the error that is left with everything removed. NaN where
    there is nothing of it.
    """

    faces: str
    sort: str
    spots: int
    found_share: float
    fixed_default: float
    fixed_all: float
    left_share: float


@dataclass(frozen=True)
class KeptRow:
    """Moles and freckles: shares kept by the default recipe, and error gone when flipped.

    prominent: moles that must be kept. Counts are of spots that no blemish covers.
    """

    faces: str
    prominent: int
    prominent_kept: float
    moles: int
    moles_kept: float
    freckles: int
    freckles_kept: float
    moles_flipped: float
    freckles_flipped: float


def sort_rows(scores: Sequence[SpotScores]) -> list[SortRow]:
    """Return a row per sort, for all, real and synthetic faces; none for faces without photos."""
    rows = []
    for faces, part in _parts(scores).items():
        default, removed = _total([s.default for s in part]), _total([s.all_removed for s in part])
        left = sum(error.after for error in removed.values())
        for sort in SORTS:
            found = [o.found for score in part for o in score.outcomes if o.sort == sort]
            error = removed.get(sort, NOTHING)
            kept = sort in PROTECTED_SORTS
            rows.append(
                SortRow(
                    faces=faces,
                    sort=sort,
                    spots=len(found),
                    found_share=_share(found),
                    fixed_default=math.nan if kept else default.get(sort, NOTHING).fixed,
                    fixed_all=error.fixed,
                    left_share=error.after / left if left > 0 else math.nan,
                )
            )
    return rows


def kept_rows(scores: Sequence[SpotScores]) -> list[KeptRow]:
    """Return identity, then all, real and synthetic faces; none for faces without photos."""
    untouched = [o for score in scores for o in score.identity_outcomes]
    painted = _total([score.all_removed for score in scores])
    before = {sort: SortError(error.before, error.before) for sort, error in painted.items()}
    rows = [_kept("identity", untouched, before)] if scores else []
    for faces, part in _parts(scores).items():
        outcomes = [o for score in part for o in score.outcomes]
        rows.append(_kept(faces, outcomes, _total([s.all_removed for s in part])))
    return rows


def _kept(faces: str, outcomes: Sequence[SpotOutcome], removed: dict[str, SortError]) -> KeptRow:
    free = [o for o in outcomes if math.isfinite(o.gone)]
    prominent = [o.is_kept for o in free if o.is_prominent]
    moles = [o.is_kept for o in free if o.kind == MOLE]
    freckles = [o.is_kept for o in free if o.kind == FRECKLE]
    return KeptRow(
        faces=faces,
        prominent=len(prominent),
        prominent_kept=_share(prominent),
        moles=len(moles),
        moles_kept=_share(moles),
        freckles=len(freckles),
        freckles_kept=_share(freckles),
        moles_flipped=removed.get("mole", NOTHING).fixed,
        freckles_flipped=removed.get("freckle", NOTHING).fixed,
    )


def _parts(scores: Sequence[SpotScores]) -> dict[str, list[SpotScores]]:
    parts = {
        "all": list(scores),
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    return {name: part for name, part in parts.items() if part}


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else math.nan


def _total(tables: Sequence[dict[str, SortError]]) -> dict[str, SortError]:
    total: dict[str, SortError] = {}
    for table in tables:
        total = added(total, table)
    return total
