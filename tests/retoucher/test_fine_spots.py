"""The second look: fine spots of large faces go, everything else is as without it."""

from functools import lru_cache

import numpy as np
import pytest
from PIL import Image

from retouch_engine.evaluation import ValidationPainter, ValidationPainterConfig
from retouch_engine.evaluation.subjects import face_region
from retouch_engine.faces import FaceFinder
from retouch_engine.fine_spots import CORE, MARGIN, SWITCH, tiles
from retouch_engine.retoucher import Analysis, Recipe, Retoucher, as_photo
from tests.support.portraits import large_astronaut

EVERYTHING = Recipe.from_dict({"keep_marks": False})
# Red dots and scabs of 0.2 % of the face's width, two pixels where the face has 1,024.
FINE = ValidationPainterConfig(
    counts={"papule": 25.0, "crust": 25.0},
    freckles_probability=0.0,
    sizes={"papule": 0.25, "crust": 0.35},
)


@lru_cache(maxsize=1)
def clean() -> np.ndarray:
    """Return the astronaut's head, up-sampled until the face is some 1,100 pixels wide."""
    part = Image.fromarray(large_astronaut()[40:520, 250:670])
    return np.asarray(part.resize((2520, 2880), Image.Resampling.LANCZOS))


@lru_cache(maxsize=1)
def painted() -> tuple[np.ndarray, np.ndarray]:
    """Return it with fine spots, and the density that they change."""
    picture = clean().copy()
    density = np.zeros(picture.shape[:2], np.float32)
    face = FaceFinder().find(picture)[0]
    place, skin = face_region(picture, face)
    spots = ValidationPainter(FINE).paint(
        np.ascontiguousarray(picture[place]), skin, face.box[2] - face.box[0],
        np.random.default_rng(5),
    )  # fmt: skip
    picture[place] = spots.image
    density[place] = spots.density
    return picture, density


@pytest.fixture(scope="module")
def first_look(retoucher: Retoucher) -> Retoucher:
    return Retoucher(retoucher.predictor, retoucher.finder, fine=False)


@pytest.fixture(scope="module")
def analyses(retoucher: Retoucher, first_look: Retoucher) -> tuple[Analysis, Analysis]:
    photo = as_photo(painted()[0])
    return first_look.analyse(photo), retoucher.analyse(photo)


def composed(retoucher: Retoucher, analysis: Analysis, recipe: Recipe = EVERYTHING) -> np.ndarray:
    photo = as_photo(painted()[0])
    size = (0, 0, analysis.width, analysis.height)
    return retoucher.compose_region(photo, analysis, recipe, box=size).astype(np.float32)


def test_more_fine_spots_go_and_nothing_beside_them_changes(
    retoucher: Retoucher, analyses: tuple[Analysis, Analysis]
) -> None:
    once, twice = (composed(retoucher, analysis) for analysis in analyses)
    source, density = painted()[0].astype(np.float32), painted()[1]
    inside, outside = density > 0.04, density < 0.004
    left = [np.square(result - clean())[inside].sum() for result in (source, once, twice)]
    assert left[2] < left[1] < left[0]
    assert left[1] - left[2] > 0.05 * left[0]
    changed = [np.abs(result - source)[outside].mean() for result in (once, twice)]
    assert changed[1] <= changed[0] + 0.01


def test_marks_of_the_first_look_stay_and_fine_ones_follow(
    analyses: tuple[Analysis, Analysis],
) -> None:
    first, second = analyses
    new = second.marks[len(first.marks) :]
    assert second.marks[: len(first.marks)] == first.marks
    assert len(new) >= 2
    assert [mark.id for mark in second.marks] == list(range(1, len(second.marks) + 1))
    assert {mark.kind for mark in new} <= {"blemish", "mole", "freckle"}
    assert all(0 < mark.confidence <= 1 for mark in new)
    before, after = first.layers[0], second.layers[0]
    width = before.landmarks[:, 0].max() - before.landmarks[:, 0].min()
    assert all(mark.radius < 0.01 * width for mark in new)
    own = before.labels > 0
    assert np.array_equal(before.labels[own], after.labels[own])
    assert np.array_equal(before.edit[own], after.edit[own])
    assert set(np.unique(after.labels)) == {0, *(mark.id for mark in second.marks)}


def test_fine_marks_can_be_kept_one_by_one(
    retoucher: Retoucher, analyses: tuple[Analysis, Analysis]
) -> None:
    mark, layer = analyses[1].marks[-1], analyses[1].layers[0]
    photo = as_photo(painted()[0])
    box = (0, 0, analyses[1].width, analyses[1].height)
    kept = retoucher.compose_region(photo, analyses[1], EVERYTHING, {mark.id: "keep"}, box=box)
    x0, y0 = layer.box[:2]
    ys, xs = np.nonzero(layer.labels == mark.id)
    assert np.array_equal(kept[ys + y0, xs + x0], painted()[0][ys + y0, xs + x0])


def test_stored_layers_stay_within_their_budget(analyses: tuple[Analysis, Analysis]) -> None:
    once, twice = (sum(map(len, analysis.to_files().values())) for analysis in analyses)
    assert twice < 1.5 * once
    assert twice < 1_500_000
    again = Analysis.from_files(analyses[1].to_files())
    assert again.marks == analyses[1].marks


def test_a_photo_that_was_only_enlarged_is_looked_at_once(
    retoucher: Retoucher, first_look: Retoucher, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    predict = retoucher.predictor.predict
    monkeypatch.setattr(
        retoucher.predictor,
        "predict",
        lambda *crop, **gain: runs.append(crop) or predict(*crop, **gain),
    )
    photo = as_photo(clean())
    assert retoucher.analyse(photo).marks == first_look.analyse(photo).marks
    assert len(runs) == 2


@pytest.mark.parametrize("value", ["off", "0", "no", "False"])
def test_the_environment_switches_it_off(
    retoucher: Retoucher, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    assert Retoucher(retoucher.predictor).fine
    monkeypatch.setenv(SWITCH, value)
    assert not Retoucher(retoucher.predictor).fine


def test_tiles_leave_no_seam(
    retoucher: Retoucher, analyses: tuple[Analysis, Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As one tile: the whole face at once.
    whole = lambda points, size: iter([((slice(0, size[0]), slice(0, size[1])), points)])  # noqa: E731
    monkeypatch.setattr("retouch_engine.fine_spots.tiles", whole)
    untiled = retoucher.analyse(as_photo(painted()[0]))
    both = (untiled.layers[0].labels > 0) & (analyses[1].layers[0].labels > 0)
    difference = np.abs(composed(retoucher, untiled) - composed(retoucher, analyses[1]))
    x0, y0, x1, y1 = untiled.layers[0].box
    assert difference[y0:y1, x0:x1][both].max() <= 1
    assert difference.mean() <= 1e-3
    assert len(untiled.marks) == pytest.approx(len(analyses[1].marks), abs=2)


def test_every_point_is_in_the_core_of_one_tile_with_its_margin() -> None:
    points = np.array([[10, 10], [200, 600], [255, 511], [256, 512], [900, 1000]])
    seen = []
    for (rows, columns), inside in tiles(points, (2000, 3000)):
        assert rows.start % 32 == columns.start % 32 == 0
        assert rows.stop - rows.start <= CORE + 2 * MARGIN
        for y, x in inside.tolist():
            assert y - rows.start >= MARGIN or rows.start == 0
            assert rows.stop - y > MARGIN
            assert x - columns.start >= MARGIN or columns.start == 0
            assert columns.stop - x > MARGIN
            seen.append([y, x])
    assert sorted(seen) == points.tolist()


def test_many_tiles_become_the_whole_picture() -> None:
    points = np.stack(np.meshgrid(range(0, 1000, 100), range(0, 1000, 100)), axis=-1).reshape(-1, 2)
    windows = list(tiles(points, (1000, 1000)))
    assert [window for window, _ in windows] == [(slice(0, 1000), slice(0, 1000))]
