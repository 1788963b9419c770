"""What is stored of an analysis is small, sparse, and readable whatever engine wrote it."""

import json

import numpy as np
import pytest

from retouch_engine.analysis import ANALYSIS_FILE, Analysis, AnalysisError
from retouch_engine.imaging import encode_layer
from retouch_engine.retoucher import Recipe, Retoucher, analysis_marks, as_photo
from tests.support.portraits import painted_astronaut

RECIPE = Recipe.from_dict({"keep_marks": False})
WHOLE = (0, 0, 1024, 1024)


@pytest.fixture(scope="module")
def analysis(retoucher: Retoucher) -> Analysis:
    return retoucher.analyse(as_photo(painted_astronaut()[0]))


def as_first_engine(analysis: Analysis) -> dict[str, bytes]:
    """Return the files as the first engine wrote them: whole boxes, neither skin nor landmarks."""
    values = json.loads(analysis.to_files()[ANALYSIS_FILE])
    files = {}
    for number, (face, layer) in enumerate(zip(values["faces"], analysis.layers, strict=True)):
        for key in ("tiles", "landmarks", "concerns"):
            face.pop(key, None)
        files[f"face-{number}-edit.webp"] = encode_layer(layer.edit)
        files[f"face-{number}-labels.png"] = encode_layer(layer.labels)
    return {**files, ANALYSIS_FILE: json.dumps(values).encode()}


def test_an_analysis_of_the_first_engine_composes_the_same_removals(analysis: Analysis) -> None:
    photo = as_photo(painted_astronaut()[0])
    old = Analysis.from_files(as_first_engine(analysis))
    assert old.marks == analysis.marks
    first, again = (
        Retoucher.compose_region(photo, each, RECIPE, box=WHOLE) for each in (analysis, old)
    )
    assert np.array_equal(first, again)


def test_the_guard_judges_it_without_skin_and_landmarks(analysis: Analysis) -> None:
    photo = as_photo(painted_astronaut()[0])
    old = Analysis.from_files(as_first_engine(analysis))
    report = Retoucher.render(photo, old, Recipe()).report
    assert report["landmarks_moved"] is None
    assert report["spots_removed"] > 0


def test_marks_are_read_without_the_layers(analysis: Analysis) -> None:
    assert analysis_marks(analysis.to_files()[ANALYSIS_FILE]) == analysis.marks
    with pytest.raises(AnalysisError):
        analysis_marks(b'{"faces": [{}]}')


@pytest.mark.parametrize("damage", ["a tile too many", "no box", "no picture"])
def test_damaged_files_are_refused(analysis: Analysis, damage: str) -> None:
    files = analysis.to_files()
    values = json.loads(files[ANALYSIS_FILE])
    if damage == "a tile too many":
        values["faces"][0]["tiles"] = list(range(200))
    elif damage == "no box":
        del values["faces"][0]["box"]
    else:
        files["face-0-labels.png"] = b"nothing"
    with pytest.raises(AnalysisError):
        Analysis.from_files({**files, ANALYSIS_FILE: json.dumps(values).encode()})


def test_the_nearest_mark_that_overlaps_a_place_is_found(analysis: Analysis) -> None:
    for mark in analysis.marks:
        found = analysis.mark_at(mark.x, mark.y, 1.0)
        assert found is not None
        assert np.hypot(found.x - mark.x, found.y - mark.y) == 0
    assert analysis.mark_at(-500, -500, 3.0) is None
