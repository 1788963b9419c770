"""What was painted is known spot by spot, and what the default recipe should leave of it."""

import numpy as np
import pytest

from retouch_engine.evaluation import (
    SORTS,
    PaintedSpot,
    PaintedSpots,
    SpotTruth,
    ValidationPainter,
    ValidationPainterConfig,
)
from retouch_engine.evaluation.validation_spots import BLEMISH, MOLE

SIDE = 320
FACE_WIDTH = 300.0


def cheek() -> np.ndarray:
    grain = np.random.default_rng(9).normal(0, 1.5, (SIDE, SIDE, 3))
    return np.clip(np.array([214, 168, 142]) + grain, 0, 255).astype(np.uint8)


def painted(seed: int = 3, **counts: float) -> PaintedSpots:
    config = ValidationPainterConfig(counts=counts, freckles_probability=0.0)
    skin = np.zeros((SIDE, SIDE), np.float32)
    skin[30:-30, 30:-30] = 1.0
    rng = np.random.default_rng(seed)
    return ValidationPainter(config).paint(cheek(), skin, FACE_WIDTH, rng)


def test_every_spot_is_told_with_its_sort_and_alone_it_is_what_it_is_in_the_whole() -> None:
    picture = painted(papule=4.0, mole=4.0, lentigo=4.0)
    assert {spot.sort for spot in picture.truth.spots} <= {"papule", "mole", "lentigo"}
    assert len(picture.truth.spots) >= 3
    together = np.zeros((SIDE, SIDE), np.float32)
    lonely = np.zeros((SIDE, SIDE), np.uint8)
    for spot in picture.truth.spots:
        together[spot.place] = np.maximum(together[spot.place], spot.density)
        lonely[spot.place] += spot.density > 0
    alone = lonely == 1
    assert alone.any()
    assert np.allclose(together[alone], picture.density[alone])


def test_the_default_recipes_truth_has_moles_and_no_blemish() -> None:
    picture = painted(papule=8.0, mole=8.0)
    moles = np.zeros((SIDE, SIDE), bool)
    for spot in picture.truth.spots:
        if spot.kind == MOLE:
            moles[spot.place] |= spot.density > 0
    kept = (picture.truth.kept != cheek()).any(axis=2)
    assert kept.any()
    assert not (kept & ~moles).any()
    assert (picture.image != picture.truth.kept).any()


def test_without_blemishes_that_truth_is_the_painted_picture() -> None:
    picture = painted(mole=8.0)
    assert np.array_equal(picture.truth.kept, picture.image)


def test_sorts_name_what_a_pixel_is_of() -> None:
    picture = painted(crust=8.0)
    assert set(np.unique(picture.truth.sorts)) == {0, 1 + SORTS.index("crust")}
    assert np.array_equal(picture.truth.sorts > 0, picture.kinds == BLEMISH)


def disc(radius: float, edge: float, peak: float = 0.8, stretch: float = 1.0) -> PaintedSpot:
    """Return a mole whose density falls over `edge` pixels around its radius."""
    ys, xs = np.mgrid[-30:31, -30:31].astype(np.float32)
    distance = np.hypot(xs / stretch, ys)
    density = peak * np.clip((radius - distance) / edge + 0.5, 0.0, 1.0)
    return PaintedSpot("mole", MOLE, (slice(0, 61), slice(0, 61)), density.astype(np.float32))


def test_a_discs_width_is_its_diameter() -> None:
    assert disc(8.0, 1.0).width == pytest.approx(16.0, abs=0.5)


@pytest.mark.parametrize(
    ("spot", "prominent"),
    [
        (disc(8.0, 2.0), True),
        (disc(8.0, 2.0, peak=0.5), False),
        (disc(4.0, 1.0), False),
        (disc(8.0, 14.0), False),
        (disc(8.0, 2.0, stretch=2.0), False),
    ],
    ids=["plain", "pale", "tiny", "blurred", "long"],
)
def test_a_mole_that_must_be_kept_is_dark_large_round_and_sharp(
    spot: PaintedSpot, prominent: bool
) -> None:
    assert spot.is_prominent(1000.0) is prominent


def test_a_blemish_is_never_a_mole_that_must_be_kept() -> None:
    mole = disc(8.0, 2.0)
    assert not PaintedSpot("crust", BLEMISH, mole.place, mole.density).is_prominent(1000.0)


def test_a_faces_spots_lie_where_the_face_lies_in_the_photo() -> None:
    photo = np.zeros((400, 500, 3), np.uint8)
    place = (slice(40, 40 + SIDE), slice(70, 70 + SIDE))
    photo[place] = cheek()
    picture = painted(mole=8.0)
    truth = SpotTruth.nothing(photo).with_face(picture, place)
    assert np.array_equal(truth.kept[place], picture.truth.kept)
    assert not truth.kept[:40].any()
    spot, local = truth.spots[0], picture.truth.spots[0]
    assert spot.place[0].start == local.place[0].start + 40
    assert spot.place[1].start == local.place[1].start + 70
    assert (truth.sorts[spot.place] > 0).any()
