"""Spots counted one by one, on results whose answer is known: nothing, all or a part gone."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from retouch_engine.evaluation import (
    SpotScores,
    Subject,
    ValidationPainter,
    ValidationPainterConfig,
    kept_rows,
    sort_errors,
    sort_rows,
    spot_outcomes,
)
from retouch_engine.evaluation.metrics import painted_regions
from retouch_engine.evaluation.spot_scores import default_regions

SIDE = 400


@lru_cache(maxsize=4)
def subject(synthetic: bool = False) -> Subject:
    """Return flat skin with papules, moles and freckles."""
    grain = np.random.default_rng(9).normal(0, 1.0, (SIDE, SIDE, 3))
    clean = np.clip(np.array([214, 168, 142]) + grain, 0, 255).astype(np.uint8)
    skin = np.ones((SIDE, SIDE), np.float32)
    config = ValidationPainterConfig({"papule": 4.0, "mole": 12.0}, 25.0, 1.0)
    painted = ValidationPainter(config).paint(clean, skin, 380.0, np.random.default_rng(1))
    regions = painted_regions(painted.density)
    return Subject(
        "cheek", painted.image, clean, regions, skin, 380.0, synthetic, spots=painted.truth,
        box=(0, 0, SIDE, SIDE),
    )  # fmt: skip


def everywhere() -> np.ndarray:
    return np.ones((SIDE, SIDE), bool)


def kept_share(result: np.ndarray, kind: int) -> float:
    outcomes = [o for o in spot_outcomes(subject(), result, everywhere()) if o.kind == kind]
    free = [o for o in outcomes if np.isfinite(o.gone)]
    assert len(free) >= 5
    return float(np.mean([o.is_kept for o in free]))


def faded(share: float) -> np.ndarray:
    """Return the painted picture with a share of all density taken back."""
    one = subject()
    source, clean = np.log(one.source + 1.0), np.log(one.truth + 1.0)
    return np.rint(np.exp(source + share * (clean - source)) - 1.0).astype(np.uint8)


@pytest.mark.parametrize("kind", [2, 3])
def test_moles_and_freckles_are_kept_in_the_source_and_in_the_default_recipes_truth(
    kind: int,
) -> None:
    truth = subject().spots
    assert truth is not None
    assert kept_share(subject().source, kind) == 1.0
    assert kept_share(truth.kept, kind) == 1.0
    assert kept_share(subject().truth, kind) == 0.0


def test_a_mole_counts_as_kept_until_a_quarter_of_its_squared_density_went() -> None:
    # What is left of the squared density is the square of what is left of the density.
    assert kept_share(faded(0.08), 2) == 1.0
    assert kept_share(faded(0.2), 2) == 0.0


def test_a_mole_under_a_blemish_is_counted_neither_way() -> None:
    one = subject()
    assert one.spots is not None
    moles = [spot for spot in one.spots.spots if spot.sort == "mole"]
    stained = one.source.copy()
    stained[moles[0].place] //= 2
    outcomes = spot_outcomes(replace(one, source=stained), stained, everywhere())
    first = next(outcome for outcome in outcomes if outcome.sort == "mole")
    assert np.isnan(first.gone)
    assert not first.is_kept


def test_a_spot_is_found_where_a_mark_covers_it() -> None:
    one = subject()
    assert one.spots is not None
    first = one.spots.spots[0]
    marked = np.zeros((SIDE, SIDE), bool)
    assert not any(o.found for o in spot_outcomes(one, one.source, marked))
    marked[first.place] = first.density > 0.2 * first.peak
    outcomes = spot_outcomes(one, one.source, marked)
    assert outcomes[0].found
    assert sum(o.found for o in outcomes) < len(outcomes)


def test_by_default_only_blemishes_are_inside_and_taking_a_mole_away_is_an_error_outside() -> None:
    one = subject()
    assert one.spots is not None
    regions = default_regions(replace(one, faces=("a face",)))  # type: ignore[arg-type]
    moles = [s for s, o in zip(one.spots.spots, outcomes_of_the_source(), strict=True) if o]
    for spot in moles:
        where = spot.density > 0.3 * spot.peak
        assert not (regions.inside[spot.place] & where).any()
        assert regions.outside[spot.place][where].mean() > 0.9


def outcomes_of_the_source() -> list[bool]:
    """Return which spots are moles that nothing else touches."""
    one = subject()
    assert one.spots is not None
    lonely = np.zeros((SIDE, SIDE), np.uint8)
    for spot in one.spots.spots:
        lonely[spot.place] += spot.density > 0
    return [
        s.sort == "mole" and bool((lonely[s.place][s.density > 0] == 1).all())
        for s in one.spots.spots
    ]


def scores(result: np.ndarray, synthetic: bool = False) -> SpotScores:
    one = subject(synthetic)
    assert one.spots is not None
    inside = one.regions.inside
    return SpotScores(
        synthetic=synthetic,
        outcomes=tuple(spot_outcomes(one, result, everywhere())),
        identity_outcomes=tuple(spot_outcomes(one, one.source, ~everywhere())),
        default=sort_errors(one, result, one.spots.kept, inside),
        all_removed=sort_errors(one, result, one.truth, inside),
    )


def test_error_by_sort_is_that_of_its_pixels_alone() -> None:
    one = subject()
    assert one.spots is not None
    papules = one.spots.sorts == 1
    result = np.where(papules[..., None], one.truth, one.source).astype(np.uint8)
    errors = sort_errors(one, result, one.truth, one.regions.inside)
    assert errors["papule"].fixed == 1.0
    assert errors["mole"].fixed == errors["freckle"].fixed == 0.0
    assert errors["mole"].before > 0
    assert np.isnan(errors["crust"].fixed)


def test_identity_keeps_everything_and_a_perfect_removal_flips_everything() -> None:
    rows = {row.faces: row for row in kept_rows([scores(subject().truth)])}
    assert list(rows) == ["identity", "all", "real"]
    assert rows["identity"].moles_kept == rows["identity"].freckles_kept == 1.0
    assert rows["identity"].moles_flipped == 0.0
    assert rows["all"].moles_kept == 0.0
    assert rows["all"].moles_flipped == rows["all"].freckles_flipped == 1.0
    assert rows["all"].moles >= rows["all"].prominent > 0


def test_real_and_synthetic_faces_have_rows_of_their_own() -> None:
    both = [scores(subject().truth), scores(subject(True).source, synthetic=True)]
    rows = {(row.faces, row.sort): row for row in sort_rows(both)}
    assert rows["real", "papule"].fixed_all == 1.0
    assert rows["synthetic", "papule"].fixed_all == 0.0
    assert rows["all", "papule"].fixed_all == pytest.approx(0.5)
    left = sum(row.left_share for (faces, _), row in rows.items() if faces == "all")
    assert left == pytest.approx(1.0)
    assert np.isnan(rows["real", "mole"].fixed_default)


def test_of_pairs_nobody_knows_the_spots() -> None:
    one = replace(subject(), spots=None)
    with pytest.raises(ValueError, match="nobody knows the spots of cheek"):
        spot_outcomes(one, one.source, everywhere())
