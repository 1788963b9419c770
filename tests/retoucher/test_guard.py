"""Harm that a generator might do is made up here; the guard lowers the strength and says why."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from retouch_engine.analysis import Analysis
from retouch_engine.composition import LIMITS, FaceLayers, Mark, signed_edit, stored_density
from retouch_engine.rendering import GUARD_STEPS, FaceWatch, composed, guarded
from retouch_engine.retoucher import DecodedPhoto, Recipe, Retoucher, as_photo, decode
from tests.support.portraits import encoded, large_astronaut, painted_astronaut

Harm = Callable[[np.ndarray, np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def photo() -> DecodedPhoto:
    return decode(encoded(large_astronaut(), "PNG"))


@pytest.fixture(scope="module")
def face(retoucher: Retoucher, photo: DecodedPhoto) -> Analysis:
    return retoucher.analyse(photo)


def region(photo: DecodedPhoto, layer: FaceLayers) -> np.ndarray:
    x0, y0, x1, y1 = layer.box
    return photo.pixels[y0:y1, x0:x1]


def skin_of(layer: FaceLayers) -> np.ndarray:
    assert layer.skin is not None
    height, width = layer.labels.shape
    return cv2.resize(layer.skin, (width, height), interpolation=cv2.INTER_NEAREST) > 127


def made_up(photo: DecodedPhoto, analysis: Analysis, harm: Harm) -> Analysis:
    """Return the analysis of a generator that wants `harm` of a face's pixels and skin."""
    (layer,) = analysis.layers
    before = region(photo, layer)
    wanted = np.clip(np.rint(harm(before.astype(np.float32), skin_of(layer))), 0, 255)
    after = wanted.astype(np.uint8)
    # A mark is what lies within a border, not here and there a pixel.
    changed = (after != before).any(axis=2).astype(np.uint8)
    labels = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((9, 9))).astype(np.uint16)
    edit = signed_edit(before, after)
    mark = Mark(1, 0, 440.0, 300.0, 50.0, "blemish", 1.0)
    return replace(
        analysis, layers=(replace(layer, edit=edit, labels=labels, marks=(mark,), concerns={}),)
    )


def on_the_cheek(skin: np.ndarray, radius: float) -> np.ndarray:
    """Return a soft blob 0..1 (h, w, 1) of so many pixels."""
    height, width = skin.shape
    ys, xs = np.mgrid[:height, :width]
    distance = np.hypot(ys - 0.55 * height, xs - 0.32 * width)
    return np.exp(-0.5 * (distance / radius) ** 2)[..., None]


def smoothed(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    return before + 0.5 * skin[..., None] * (cv2.GaussianBlur(before, (0, 0), 1) - before)


def lighter(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    return before + 12.0 * skin[..., None]


def hair_dyed(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    height, width = skin.shape
    lock = np.zeros_like(skin)
    lock[: height // 8, : width // 2] = True
    return before + np.where((lock & ~skin)[..., None], [8, 0, 8], 0)


def patched(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    return before - 80.0 * on_the_cheek(skin, 6)


def grainy(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 9, (*skin.shape, 1))
    return before + noise * on_the_cheek(skin, 6)


def moved(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
    return np.roll(before, (10, 4), axis=(0, 1))


HARMS = {
    "texture_kept": smoothed,
    "tone_shift": lighter,
    "spill": hair_dyed,
    "droplet": patched,
    "noise": grainy,
    "landmarks_moved": moved,
}


@pytest.mark.parametrize("limit", LIMITS)
def test_each_limit_is_noticed_and_kept_by_a_lower_strength(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis, limit: str
) -> None:
    harmful = made_up(photo, face, HARMS[limit])
    outcome = guarded(photo, harmful, Recipe(), {}, retoucher.finder)
    assert limit in outcome.broken
    assert outcome.strength < 1
    assert outcome.verdict.holds
    assert np.array_equal(
        outcome.pixels, composed(photo, harmful, Recipe(), {}, strength=outcome.strength)
    )
    # No step that is stronger would have held.
    watch = FaceWatch(photo, harmful.layers[0], retoucher.finder)
    for stronger in GUARD_STEPS[: GUARD_STEPS.index(outcome.strength)]:
        assert not watch.verdict(composed(photo, harmful, Recipe(), {}, stronger)).holds


@pytest.mark.parametrize("limit", ["texture_kept", "tone_shift", "spill", "droplet", "noise"])
def test_a_harm_of_one_sort_breaks_its_own_limit_alone(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis, limit: str
) -> None:
    harmful = made_up(photo, face, HARMS[limit])
    assert guarded(photo, harmful, Recipe(), {}, retoucher.finder).broken == (limit,)


def test_the_report_names_the_limit_and_what_is_left_of_the_strength(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis
) -> None:
    recipe = Recipe.from_dict({"blemishes": 0.9})
    report = retoucher.render(photo, made_up(photo, face, lighter), recipe).report
    assert report["limits_broken"] == ["tone_shift"]
    assert report["guard_strength"] < 1
    assert report["strength"] == pytest.approx(0.9 * report["guard_strength"])
    (note,) = [note for note in report["notes"] if "reduced" in note]
    assert note.endswith("to keep: tone shift")


def test_harm_that_no_strength_makes_good_leaves_the_photo(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis
) -> None:
    def inverted(before: np.ndarray, skin: np.ndarray) -> np.ndarray:
        return 255 - before

    result = retoucher.render(photo, made_up(photo, face, inverted), Recipe())
    assert result.report["guard_strength"] == 0
    assert result.report["spots_removed"] == 0
    assert np.array_equal(decode(result.encoded.data).pixels, photo.pixels)


def test_a_smooth_change_that_lightens_a_face_is_held_back(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis
) -> None:
    (layer,) = face.layers
    density = stored_density(np.full((24, 16, 3), -0.06, np.float32))
    bleaching = replace(
        face,
        layers=(replace(layer, marks=(), labels=0 * layer.labels, concerns={"shine": density}),),
    )
    outcome = guarded(photo, bleaching, Recipe.from_dict({"shine": 1}), {}, retoucher.finder)
    assert "tone_shift" in outcome.broken
    assert 0 < outcome.strength < 1


def test_one_of_two_faces_is_enough(retoucher: Retoucher, photo: DecodedPhoto) -> None:
    head = large_astronaut()[60:540, 270:640]
    pair = as_photo(np.concatenate([head, head], axis=1))
    both = retoucher.analyse(pair)
    assert len(both.layers) == 2
    first = made_up(pair, replace(both, layers=both.layers[:1]), lighter).layers[0]
    harmful = replace(both, layers=(first, both.layers[1]))
    assert guarded(pair, harmful, Recipe(), {}, retoucher.finder).broken == ("tone_shift",)


def test_a_normal_retouch_passes_in_silence(
    retoucher: Retoucher, photo: DecodedPhoto, face: Analysis
) -> None:
    recipe = Recipe.from_dict({"keep_marks": False, "evenness": 1, "shine": 1, "under_eyes": 1})
    report = retoucher.render(photo, face, recipe).report
    assert report["guard_strength"] == 1
    assert report["limits_broken"] == []
    assert report["landmarks_moved"] < 0.01


@pytest.mark.parametrize("keep_marks", [True, False])
def test_so_does_that_of_a_face_covered_with_spots(retoucher: Retoucher, keep_marks: bool) -> None:
    spotted = decode(encoded(painted_astronaut()[0], "PNG"))
    recipe = Recipe.from_dict({"keep_marks": keep_marks})
    report = retoucher.render(spotted, retoucher.analyse(spotted), recipe).report
    assert report["limits_broken"] == []
    assert report["guard_strength"] == 1


def test_a_perfect_retouch_would_pass(retoucher: Retoucher) -> None:
    spotted = as_photo(painted_astronaut()[0])
    (layer,) = retoucher.analyse(spotted).layers
    verdict = FaceWatch(spotted, layer, retoucher.finder).verdict(
        np.ascontiguousarray(large_astronaut())
    )
    # With a face full of spots goes up to a fifth of its texture: theirs, over what is around them.
    assert set(verdict.broken) <= {"texture_kept"}
    assert verdict.texture_kept > 0.8


def test_removing_one_spot_beside_kept_moles_is_not_taken_for_added_texture(
    retoucher: Retoucher,
) -> None:
    spotted = as_photo(painted_astronaut()[0])
    analysis = retoucher.analyse(spotted)
    kept = {mark.id: "keep" for mark in analysis.marks[1:]}
    outcome = guarded(spotted, analysis, Recipe(), kept, retoucher.finder)
    assert outcome.strength == 1
    assert outcome.verdict.texture_kept == pytest.approx(1, abs=0.05)
