"""Regions, strengths, faces beside and over each other, and small faces, on a real photo."""

import numpy as np
import pytest
from PIL import Image

from retouch_engine import rendering
from retouch_engine.analysis import Analysis
from retouch_engine.faces import Face, FaceFinder
from retouch_engine.retoucher import DecodedPhoto, Recipe, Retoucher, as_photo, decode
from tests.support.portraits import encoded, large_astronaut, painted_astronaut
from tests.support.profiles import DISPLAY_P3, icc_profile

EVERYTHING = Recipe.from_dict({"keep_marks": False, "evenness": 0.7, "shine": 1, "under_eyes": 1})
NOTHING = Recipe.from_dict({"blemishes": 0})


@pytest.fixture(scope="module", params=["sRGB", "Display P3"])
def photo(request: pytest.FixtureRequest) -> DecodedPhoto:
    icc = None if request.param == "sRGB" else icc_profile(*DISPLAY_P3, "wide")
    return decode(encoded(painted_astronaut()[0], "PNG", icc_profile=icc))


@pytest.fixture(scope="module")
def analysis(retoucher: Retoucher, photo: DecodedPhoto) -> Analysis:
    return retoucher.analyse(photo)


def whole(photo: DecodedPhoto, analysis: Analysis, recipe: Recipe, **more) -> np.ndarray:
    size = (0, 0, photo.header.width, photo.header.height)
    return Retoucher.compose_region(photo, analysis, recipe, box=size, **more)


@pytest.mark.parametrize(
    "region", [(0, 0, 1024, 1024), (400, 200, 520, 290), (300, 60, 420, 200), (441, 301, 442, 302)]
)
@pytest.mark.parametrize("strength", [1.0, 0.85])
def test_any_region_is_bit_equal_to_the_whole(
    photo: DecodedPhoto, analysis: Analysis, region: tuple[int, int, int, int], strength: float
) -> None:
    x0, y0, x1, y1 = region
    part = Retoucher.compose_region(photo, analysis, EVERYTHING, box=region, strength=strength)
    expected = whole(photo, analysis, EVERYTHING, strength=strength)
    assert np.array_equal(part, expected[y0:y1, x0:x1])


@pytest.mark.parametrize("strip", [7, 100])
def test_strips_of_rows_leave_no_trace(
    photo: DecodedPhoto, analysis: Analysis, strip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = whole(photo, analysis, EVERYTHING)
    monkeypatch.setattr(rendering, "STRIP", strip)
    assert np.array_equal(whole(photo, analysis, EVERYTHING), at_once)


def test_the_rendered_file_has_the_composed_pixels(photo: DecodedPhoto, analysis: Analysis) -> None:
    decisions = {analysis.marks[0].id: "keep"}
    result = Retoucher.render(photo, analysis, EVERYTHING, decisions)
    composed = whole(
        photo, analysis, EVERYTHING, decisions=decisions, strength=result.report["guard_strength"]
    )
    assert np.array_equal(decode(result.encoded.data).pixels, composed)


def test_flipping_a_mark_changes_its_own_pixels_alone(
    photo: DecodedPhoto, analysis: Analysis
) -> None:
    recipe = Recipe.from_dict({"keep_marks": False})
    before = whole(photo, analysis, recipe)
    (layer,) = analysis.layers
    x0, y0, x1, y1 = layer.box
    for mark in analysis.marks[:5]:
        after = whole(photo, analysis, recipe, decisions={mark.id: "keep"})
        changed = (after != before).any(axis=2)
        own = np.zeros_like(changed)
        own[y0:y1, x0:x1] = layer.labels == mark.id
        assert changed.any()
        assert not changed[~own].any()
        assert np.array_equal(after[own], photo.pixels[own])


def test_strength_zero_is_bit_identical_to_the_photo(
    photo: DecodedPhoto, analysis: Analysis
) -> None:
    assert np.array_equal(whole(photo, analysis, NOTHING), photo.pixels)
    assert np.array_equal(whole(photo, analysis, EVERYTHING, strength=0.0), photo.pixels)
    result = Retoucher.render(photo, analysis, NOTHING)
    assert np.array_equal(decode(result.encoded.data).pixels, photo.pixels)
    assert result.report["spots_removed"] == 0
    assert result.report["limits_broken"] == []


def test_a_stored_analysis_composes_the_same_region(
    photo: DecodedPhoto, analysis: Analysis
) -> None:
    stored = Analysis.from_files(analysis.to_files())
    box = (320, 100, 560, 400)
    first, again = (
        Retoucher.compose_region(photo, a, EVERYTHING, box=box) for a in (analysis, stored)
    )
    assert np.array_equal(first, again)


def test_stored_landmarks_come_back_within_a_tenth_of_a_pixel(analysis: Analysis) -> None:
    stored = Analysis.from_files(analysis.to_files())
    for before, after in zip(analysis.layers, stored.layers, strict=True):
        assert before.landmarks is not None
        assert after.landmarks is not None
        assert np.abs(before.landmarks - after.landmarks).max() < 0.1


@pytest.mark.parametrize("box", [(0, 0, 0, 10), (-1, 0, 10, 10), (0, 0, 1025, 10), (9, 9, 8, 12)])
def test_a_box_that_is_empty_or_leaves_the_photo_is_refused(
    photo: DecodedPhoto, analysis: Analysis, box: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ValueError, match="does not lie in a photo"):
        Retoucher.compose_region(photo, analysis, EVERYTHING, box=box)


def pasted(*places: tuple[int, int]) -> np.ndarray:
    """Return a grey picture with the painted head at the given x, y, one pasted after another."""
    head = Image.fromarray(painted_astronaut()[0][60:540, 320:590])
    canvas = Image.new("RGB", (800, 640), (120, 120, 120))
    for place in places:
        canvas.paste(head, place)
    return np.asarray(canvas)


def owners(analysis: Analysis) -> np.ndarray:
    """Return per pixel how many faces edit it."""
    count = np.zeros((analysis.height, analysis.width), int)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        count[y0:y1, x0:x1] += layer.labels > 0
    return count


def skins(analysis: Analysis) -> np.ndarray:
    """Return per pixel how many faces' skin it is."""
    count = np.zeros((analysis.height, analysis.width), int)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        assert layer.skin is not None
        rows = np.arange(y1 - y0) * layer.skin.shape[0] // (y1 - y0)
        columns = np.arange(x1 - x0) * layer.skin.shape[1] // (x1 - x0)
        count[y0:y1, x0:x1] += layer.skin[rows][:, columns] > 127
    return count


def test_faces_whose_crops_overlap_are_each_retouched_and_no_pixel_twice(
    retoucher: Retoucher,
) -> None:
    analysis = retoucher.analyse(as_photo(pasted((80, 60), (300, 90))))
    first, second = (layer.box for layer in analysis.layers)
    assert min(first[2], second[2]) > max(first[0], second[0])
    assert all(layer.marks for layer in analysis.layers)
    assert owners(analysis).max() == 1
    assert (skins(analysis) > 1).mean() < 1e-4


class TwiceFinder(FaceFinder):
    """Finds every face once more, a little beside itself: the worst that overlap can be."""

    def find(self, pixels: np.ndarray) -> list[Face]:
        (face,) = super().find(pixels)
        x0, y0, x1, y1 = face.box
        return [face, Face((x0 + 40, y0 + 9, x1 + 40, y1 + 9), face.landmarks, face.score)]


def test_a_face_found_twice_is_edited_once(retoucher: Retoucher) -> None:
    photo = as_photo(pasted((80, 60)))
    twice = Retoucher(retoucher.predictor, TwiceFinder()).analyse(photo)
    assert len(twice.layers) == 2
    assert owners(twice).max() == 1
    # One cell of either grid may lie on both sides of a border.
    assert (skins(twice) > 1).sum() < 0.01 * (skins(twice) > 0).sum()
    once = whole(photo, retoucher.analyse(photo), EVERYTHING).astype(float)
    assert np.abs(whole(photo, twice, EVERYTHING) - once).mean() < 0.2
    ids = [mark.id for mark in twice.marks]
    assert len(ids) == len(set(ids))
    assert twice.layers[1].marks != twice.layers[0].marks


def test_marks_of_several_faces_have_ids_of_their_own(retoucher: Retoucher) -> None:
    analysis = retoucher.analyse(as_photo(pasted((30, 60), (460, 90))))
    ids = [mark.id for mark in analysis.marks]
    assert len(ids) == len(set(ids))
    for index, layer in enumerate(analysis.layers):
        assert {mark.face for mark in layer.marks} == {index}
        assert set(np.unique(layer.labels)) - {0} == {mark.id for mark in layer.marks}


def test_a_face_of_64_pixels_is_retouched_where_its_marks_are(retoucher: Retoucher) -> None:
    small = Image.fromarray(painted_astronaut()[0]).resize((348, 348), Image.Resampling.LANCZOS)
    clean = Image.fromarray(large_astronaut()).resize((348, 348), Image.Resampling.LANCZOS)
    pixels = np.asarray(small)
    (face,) = retoucher.finder.find(pixels)
    assert 60 <= face.box[2] - face.box[0] <= 68
    photo = as_photo(pixels)
    analysis = retoucher.analyse(photo)
    result = whole(photo, analysis, Recipe.from_dict({"keep_marks": False}))
    (layer,) = analysis.layers
    x0, y0, x1, y1 = layer.box
    marked = np.zeros(pixels.shape[:2], bool)
    marked[y0:y1, x0:x1] = layer.labels > 0
    assert np.array_equal(result[~marked], pixels[~marked])
    before, after = (np.square(p.astype(float) - np.asarray(clean)).sum() for p in (pixels, result))
    assert after < 0.7 * before
