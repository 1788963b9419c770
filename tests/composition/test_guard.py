"""What the guard measures by itself: texture, tone, spill, patches, noise and landmarks."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import (
    LIMITS,
    SkinFigures,
    Verdict,
    added_contrast,
    added_noise,
    landmarks_moved,
    skin_figures,
    spill,
    verdict_of,
    worst,
)

FACE = np.ascontiguousarray(astronaut()[20:276, 100:356])
SKIN = np.ones(FACE.shape[:2], bool)


def spots(centres: tuple[tuple[int, int], ...], radius: float) -> np.ndarray:
    ys, xs = np.mgrid[:256, :256]
    return np.maximum.reduce([np.hypot(ys - y, xs - x) < radius for y, x in centres])


MARKED = spots(((60, 110), (100, 95), (150, 120), (180, 60)), 12)


def changed(where: np.ndarray, by: tuple[float, float, float], image: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(image + where[..., None] * np.array(by)), 0, 255).astype(np.uint8)


def figures(image: np.ndarray, skin: np.ndarray = SKIN, marked: np.ndarray = MARKED) -> SkinFigures:
    return skin_figures(image, skin, marked)


def test_nothing_done_is_nothing_found() -> None:
    verdict = verdict_of(figures(FACE), figures(FACE))
    assert verdict == Verdict()
    assert verdict.holds


def test_removing_the_marks_completely_is_what_should_happen() -> None:
    spotted = changed(MARKED, (-40, -80, -60), FACE)
    verdict = verdict_of(figures(spotted), figures(FACE))
    assert verdict.holds
    assert verdict.tone_shift < 0.5


def test_texture_lies_between_the_spotted_and_the_clean_face_without_a_complaint() -> None:
    spotted = changed(MARKED, (-40, -80, -60), FACE)
    one_left = changed(spots(((60, 110),), 12), (-40, -80, -60), FACE)
    assert verdict_of(figures(spotted), figures(one_left)).texture_kept == pytest.approx(1, abs=0.1)


def test_kept_moles_with_sharp_borders_are_no_added_texture() -> None:
    flat = cv2.GaussianBlur(FACE, (0, 0), 3)
    moles = changed(MARKED, (-120, -120, -120), flat)
    barely = changed(spots(((100, 95),), 12), (4, 4, 4), moles)
    assert verdict_of(figures(moles), figures(barely)).texture_kept == pytest.approx(1, abs=0.05)


def test_blurred_skin_has_lost_its_texture() -> None:
    verdict = verdict_of(figures(FACE), figures(cv2.GaussianBlur(FACE, (0, 0), 2)))
    assert "texture_kept" in verdict.broken


def test_grain_all_over_is_too_much_texture() -> None:
    noise = np.random.default_rng(0).normal(0, 25, (256, 256, 1))
    rough = np.clip(FACE + noise, 0, 255).astype(np.uint8)
    verdict = verdict_of(figures(FACE), figures(rough))
    assert verdict.texture_kept > LIMITS["texture_kept"][1]
    assert "texture_kept" in worst([Verdict(), verdict]).broken


def test_marked_skin_is_compared_with_skin_in_its_own_light() -> None:
    shade = np.linspace(0.3, 1.0, 256)[:, None, None]
    lit = np.rint(FACE * shade).astype(np.uint8)
    low = MARKED.copy()
    low[:128] = False
    spotted = changed(low, (-30, -60, -45), lit)
    bands = [np.s_[top : top + 16] for top in range(0, 256, 16)]

    def in_bands(image: np.ndarray) -> SkinFigures:
        return SkinFigures.joined(skin_figures(image[b], SKIN[b], low[b]) for b in bands)

    assert verdict_of(in_bands(spotted), in_bands(lit)).tone_shift < 0.6


def test_a_face_covered_with_marks_is_compared_with_itself() -> None:
    everywhere = np.ones_like(SKIN)
    before = figures(FACE, marked=everywhere)
    assert verdict_of(before, before).holds
    lighter = changed(everywhere, (14, 14, 14), FACE)
    assert "tone_shift" in verdict_of(before, figures(lighter, marked=everywhere)).broken


def test_without_skin_nothing_can_be_said() -> None:
    nowhere = np.zeros_like(SKIN)
    assert verdict_of(figures(FACE, nowhere), figures(255 - FACE, nowhere)) == Verdict()
    assert verdict_of(SkinFigures.joined([]), SkinFigures.joined([])) == Verdict()


def test_the_figures_of_parts_are_those_of_the_whole() -> None:
    halves = [figures(FACE[rows], SKIN[rows], MARKED[rows]) for rows in (np.s_[:128], np.s_[128:])]
    joined = SkinFigures.joined(halves)
    assert joined.sums.shape == (2, 2, 5)
    # Detail at the cut knows only one of its sides.
    np.testing.assert_allclose(joined.sums.sum(axis=0), figures(FACE).sums[0], rtol=0.01)


def test_a_patch_stands_out_and_a_removed_one_does_not() -> None:
    patch = spots(((100, 95),), 9)
    patched = changed(patch, (60, 60, 60), FACE)
    assert added_contrast(FACE, patched) > LIMITS["droplet"][1]
    assert added_contrast(patched, FACE) < 15
    assert added_contrast(FACE, FACE) == 0


def test_noise_in_a_small_place_is_found_and_its_removal_is_not() -> None:
    grain = (
        np.random.default_rng(1).normal(0, 25, (256, 256, 1)) * spots(((150, 120),), 14)[..., None]
    )
    noisy = np.clip(np.rint(FACE + grain), 0, 255).astype(np.uint8)
    assert added_noise(FACE, noisy) > LIMITS["noise"][1]
    assert added_noise(noisy, FACE) < LIMITS["noise"][1]
    assert added_noise(FACE, FACE) == 0


def test_spill_is_what_changes_beside_the_skin_and_not_on_its_border() -> None:
    skin = np.zeros(FACE.shape[:2], np.uint8)
    skin[60:200, 60:200] = 255
    on_it = changed(skin > 0, (9, 9, 9), FACE)
    assert spill(FACE, on_it, skin) == 0
    border = changed(cv2.dilate(skin, np.ones((5, 5))) > 0, (9, 9, 9), FACE)
    assert spill(FACE, border, skin) == 0
    assert spill(FACE, changed(SKIN, (9, 9, 9), FACE), skin) > 5
    assert spill(FACE, 255 - FACE, np.full_like(skin, 255)) == 0


def test_landmarks_are_measured_by_the_distance_of_the_eyes() -> None:
    before = np.random.default_rng(3).uniform(0, 100, (468, 2)).astype(np.float32)
    before[33], before[263] = (20, 40), (70, 40)
    assert landmarks_moved(before, before) == 0
    assert landmarks_moved(before, before + np.float32([3, 4])) == pytest.approx(0.1)
    assert landmarks_moved(4 * before, 4 * before + np.float32([12, 16])) == pytest.approx(0.1)


def test_every_limit_names_itself_when_it_is_broken() -> None:
    for name, (least, most) in LIMITS.items():
        assert Verdict(**{name: most + 0.01}).broken == (name,)
        assert Verdict(**{name: most}).holds
        if least:
            assert Verdict(**{name: least - 0.01}).broken == (name,)


def test_the_worst_of_several_faces_counts() -> None:
    verdicts = [Verdict(texture_kept=0.9, spill=0.1), Verdict(texture_kept=1.2, noise=2.0)]
    found = worst(verdicts)
    assert (found.texture_kept, found.spill, found.noise) == (1.2, 0.1, 2.0)
    assert found.landmarks_moved is None
    assert worst([Verdict(landmarks_moved=0.01), Verdict()]).landmarks_moved == 0.01
    assert worst([]) == Verdict()
