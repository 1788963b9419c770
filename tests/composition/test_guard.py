"""Each limit of the guard sees its own fault, and a normal removal breaks none."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import (
    LIMITS,
    NO_SKIN,
    Verdict,
    added_contrast,
    added_noise,
    landmarks_moved,
    skin_figures,
    spill,
    verdict_of,
    worst,
)


def face() -> np.ndarray:
    return np.ascontiguousarray(astronaut()[20:180, 150:310])


def changed(change: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(face() + change), 0, 255).astype(np.uint8)


def glow(height: float, radius: float) -> np.ndarray:
    ys, xs = np.mgrid[:160, :160]
    return height * np.exp(-0.5 * ((ys - 80) ** 2 + (xs - 60) ** 2) / radius**2)[..., None]


def test_an_untouched_face_has_nothing_added() -> None:
    assert added_contrast(face(), face()) == 0.0
    assert added_noise(face(), face()) == 0.0
    assert spill(face(), face(), np.full((160, 160), 255, np.uint8)) == 0.0


def test_a_droplet_breaks_its_limit_and_its_removal_does_not() -> None:
    with_droplet = changed(glow(-110, 6))
    assert added_contrast(face(), with_droplet) > LIMITS["droplet"][1]
    assert added_contrast(with_droplet, face()) < LIMITS["droplet"][1]


def test_a_noisy_patch_breaks_its_limit_and_smoothing_does_not() -> None:
    noise = np.zeros((160, 160, 3))
    noise[60:100, 60:100] = np.random.default_rng(0).normal(0, 20, (40, 40, 1))
    assert added_noise(face(), changed(noise)) > LIMITS["noise"][1]
    smooth = cv2.GaussianBlur(face(), (0, 0), 2)
    assert added_noise(face(), smooth) < LIMITS["noise"][1] / 4


def test_change_beside_the_skin_is_spill() -> None:
    skin = np.zeros((160, 160), np.uint8)
    skin[40:120, 40:120] = 255
    beside, within = np.zeros((160, 160, 1)), np.zeros((160, 160, 1))
    beside[:, :20], within[60:100, 60:100] = 9, 40
    assert spill(face(), changed(beside), skin) > LIMITS["spill"][1]
    assert spill(face(), changed(within), skin) == 0.0


def test_moved_landmarks_count_as_shares_of_the_distance_of_the_eyes() -> None:
    rng = np.random.default_rng(1)
    before = rng.uniform(0, 200, (468, 2)).astype(np.float32)
    before[33], before[263] = (50, 80), (150, 80)
    assert landmarks_moved(before, before) == 0.0
    assert landmarks_moved(before, before + np.float32(5)) == pytest.approx(0.0707, abs=1e-3)


def test_skin_counts_in_parts_as_it_does_as_a_whole() -> None:
    skin, marked = np.ones((160, 160), bool), np.zeros((160, 160), bool)
    marked[50:60, 50:60] = True
    halves = [
        skin_figures(np.ascontiguousarray(face()[:, part]), skin[:, part], marked[:, part])
        for part in (slice(0, 80), slice(80, 160))
    ]
    total = NO_SKIN + halves[0] + halves[1]
    whole = skin_figures(face(), skin, marked)
    assert np.array_equal(total.counts, whole.counts)
    assert np.allclose(total.colours, whole.colours)
    # The 3 x 3 mean at the cut repeats a column.
    assert np.allclose(total.energies, whole.energies, rtol=0.05)


def test_removing_dark_spots_shifts_no_tone_and_repainting_the_skin_does() -> None:
    marked = np.zeros((160, 160), bool)
    marked[30:90, 30:90] = True
    skin = np.ones((160, 160), bool)
    clean = np.full((160, 160, 3), (180, 140, 120), np.uint8)
    spotted = clean.copy()
    spotted[marked] = (120, 70, 60)
    figures = {name: skin_figures(p, skin, marked) for name, p in
               (("spotted", spotted), ("clean", clean), ("grey", clean // 2 + 60))}  # fmt: skip
    assert verdict_of(figures["spotted"], figures["clean"]).tone_shift < 0.1
    assert verdict_of(figures["spotted"], figures["grey"]).tone_shift > LIMITS["tone_shift"][1]


def test_a_face_without_skin_has_nothing_to_break() -> None:
    nowhere = np.zeros((160, 160), bool)
    nothing = skin_figures(face(), nowhere, nowhere)
    assert verdict_of(nothing, nothing).holds


def test_the_worst_of_several_faces_decides() -> None:
    verdict = worst([Verdict(texture_kept=0.9), Verdict(spill=0.5, landmarks_moved=0.01)])
    assert verdict.broken == ("spill",)
    assert (verdict.texture_kept, verdict.landmarks_moved) == (0.9, 0.01)
    assert worst([]).holds
