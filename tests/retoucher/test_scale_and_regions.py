"""The same face in a larger photo, a region by itself, and what the guard does to a bad edit."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from retouch_engine.composition import FaceLayers, Mark
from retouch_engine.rendering import GUARD_STEPS, composed, guarded
from retouch_engine.retoucher import (
    Analysis,
    DecodedPhoto,
    Recipe,
    Retoucher,
    as_photo,
    group_decisions,
)
from tests.support.portraits import painted_astronaut

REMOVE_ALL = Recipe(keep_marks=False)


@pytest.fixture(scope="module")
def photo() -> DecodedPhoto:
    return as_photo(painted_astronaut()[0])


@pytest.fixture(scope="module")
def analysis(retoucher: Retoucher, photo: DecodedPhoto) -> Analysis:
    return retoucher.analyse(photo)


def label_map(analysis: Analysis) -> np.ndarray:
    labels = np.zeros((analysis.height, analysis.width), bool)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        labels[y0:y1, x0:x1] |= layer.labels > 0
    return labels


def test_a_photo_of_four_times_the_size_gives_the_same_marks_and_the_same_result(
    retoucher: Retoucher,
) -> None:
    """A photo of 0.8 MP and the same one of 13 MP; the face fills most of it."""
    _, _, place = painted_astronaut()
    middle = tuple(slice(max(p.start - 150, 0), p.stop + 150) for p in place)
    small = np.ascontiguousarray(painted_astronaut()[0][middle])
    large = cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    analyses = [retoucher.analyse(as_photo(pixels)) for pixels in (small, large)]
    maps = [label_map(analysis) for analysis in analyses]
    cover = cv2.resize(
        maps[1].astype(np.float32), maps[0].shape[::-1], interpolation=cv2.INTER_AREA
    )
    together = (cover > 0.5) & maps[0]
    assert together.sum() / ((cover > 0.5) | maps[0]).sum() >= 0.8
    results = [
        composed(as_photo(pixels), analysis, REMOVE_ALL, {}).astype(np.float32)
        for pixels, analysis in zip((small, large), analyses, strict=True)
    ]
    reduced = cv2.resize(results[1], small.shape[1::-1], interpolation=cv2.INTER_AREA)
    again = cv2.resize(large.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    # What enlarging and reducing does by itself is no matter of the retouch.
    difference = np.abs((reduced - again) - (results[0] - small))
    assert difference.mean() <= 0.5
    assert difference[together].mean() <= 4.0


@pytest.mark.parametrize("box", [(0, 0, 1024, 1024), (430, 120, 520, 260), (500, 300, 501, 301)])
def test_a_region_is_the_same_part_of_the_whole(
    photo: DecodedPhoto, analysis: Analysis, box: tuple[int, int, int, int]
) -> None:
    recipe = Recipe(keep_marks=False, blemishes=0.7, evenness=0.5, under_eyes=1.0)
    decisions = {analysis.marks[0].id: "keep"}
    whole = composed(photo, analysis, recipe, decisions)
    x0, y0, x1, y1 = box
    region = Retoucher.compose_region(photo, analysis, recipe, decisions, box=box)
    assert np.array_equal(region, whole[y0:y1, x0:x1])


@pytest.mark.parametrize("box", [(10, 10, 10, 20), (-1, 0, 5, 5), (0, 0, 1025, 5)])
def test_a_region_that_is_empty_or_leaves_the_photo_is_refused(
    photo: DecodedPhoto, analysis: Analysis, box: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ValueError, match="does not lie in a photo of 1024 x 1024"):
        Retoucher.compose_region(photo, analysis, Recipe(), box=box)


def test_strength_zero_is_the_photo_to_the_bit(photo: DecodedPhoto, analysis: Analysis) -> None:
    nothing = Recipe(blemishes=0.0, keep_marks=False)
    assert np.array_equal(composed(photo, analysis, nothing, {}), photo.pixels)


def test_a_normal_retouch_is_left_alone_by_the_guard(
    retoucher: Retoucher, photo: DecodedPhoto, analysis: Analysis
) -> None:
    report = retoucher.render(photo, analysis, REMOVE_ALL).report
    assert report["guard_strength"] == 1.0
    assert report["limits_broken"] == []
    assert report["outside_change"] <= 0.25


def damaged(photo: DecodedPhoto, analysis: Analysis, change: np.ndarray) -> Analysis:
    """Return an analysis whose one mark adds `change` (h, w, 1 or 3) to the whole face box."""
    layer = analysis.layers[0]
    x0, y0, x1, y1 = layer.box
    before = photo.pixels[y0:y1, x0:x1]
    after = np.clip(np.rint(before + change), 0, 255).astype(np.uint8)
    mark = Mark(1, 0, (x0 + x1) / 2, (y0 + y1) / 2, 50.0, "blemish", 1.0)
    bad = FaceLayers(
        layer.box, after - before, np.ones(before.shape[:2], np.uint16), (mark,), layer.skin, {},
        layer.landmarks,
    )  # fmt: skip
    return replace(analysis, layers=(bad,))


def faults(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    middle = np.hypot(ys - 0.55 * shape[0], xs - 0.35 * shape[1])
    droplet = -150 * np.exp(-0.5 * (middle / 12) ** 2)
    noise = np.random.default_rng(0).normal(0, 25, shape[:2])
    return {
        "droplet": droplet[..., None],
        "noise": noise[..., None],
        "tone_shift": np.full((*shape[:2], 3), (30, 0, -20)),
        "outside_change": np.full((*shape[:2], 1), 3.0),
    }


@pytest.mark.parametrize("fault", ["droplet", "noise", "tone_shift", "outside_change"])
def test_a_fault_over_the_whole_face_is_weakened_until_the_limits_hold(
    retoucher: Retoucher, photo: DecodedPhoto, analysis: Analysis, fault: str
) -> None:
    x0, y0, x1, y1 = analysis.layers[0].box
    bad = damaged(photo, analysis, faults((y1 - y0, x1 - x0))[fault])
    outcome = guarded(photo, bad, Recipe(), {}, retoucher.finder)
    assert {"outside_change": "spill"}.get(fault, fault) in outcome.broken
    assert outcome.strength in GUARD_STEPS[1:]
    assert outcome.verdict.holds
    report = retoucher.render(photo, bad, Recipe()).report
    assert report["guard_strength"] == outcome.strength
    assert any("every strength was reduced" in note for note in report["notes"])


def test_a_moved_face_is_noticed(
    retoucher: Retoucher, photo: DecodedPhoto, analysis: Analysis
) -> None:
    x0, y0, x1, y1 = analysis.layers[0].box
    before = photo.pixels[y0:y1, x0:x1].astype(np.float32)
    moved = np.roll(before, (0, 24), axis=(0, 1)) - before
    outcome = guarded(photo, damaged(photo, analysis, moved), Recipe(), {}, retoucher.finder)
    assert "landmarks_moved" in outcome.broken


def test_a_blurred_face_has_lost_its_texture(
    retoucher: Retoucher, photo: DecodedPhoto, analysis: Analysis
) -> None:
    x0, y0, x1, y1 = analysis.layers[0].box
    before = photo.pixels[y0:y1, x0:x1].astype(np.float32)
    blur = cv2.GaussianBlur(before, (0, 0), 3) - before
    outcome = guarded(photo, damaged(photo, analysis, blur), Recipe(), {}, retoucher.finder)
    assert "texture_kept" in outcome.broken
    assert outcome.verdict.texture_kept >= 0.85


def test_spots_of_a_turned_and_smaller_photo_are_recognised_as_the_same(
    retoucher: Retoucher, photo: DecodedPhoto, analysis: Analysis
) -> None:
    turn = cv2.getRotationMatrix2D((512, 512), 9.0, 0.85)
    turned = cv2.warpAffine(photo.pixels, turn, (1024, 1024), flags=cv2.INTER_AREA)
    other = retoucher.analyse(as_photo(np.asarray(turned, np.uint8)))
    decisions = group_decisions([analysis.layers, other.layers])
    kept = [list(chosen.values()).count("keep") for chosen in decisions]
    assert kept[0] == kept[1]
    assert kept[0] >= 0.6 * min(len(analysis.marks), len(other.marks))
