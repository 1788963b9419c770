"""What stands out in a spot: a mole in a red patch does, the patch and its mottling do not."""

import numpy as np

from retouch_engine.faces import find_specks

SIDE = 120
ys, xs = np.mgrid[:SIDE, :SIDE]


def bump(y: float, x: float, sigma: float, height: float) -> np.ndarray:
    shape = height * np.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2 * sigma**2))
    return shape.astype(np.float32)


def test_a_wide_patch_has_no_speck() -> None:
    assert not find_specks(bump(60, 60, 20, 0.3)).any()


def test_a_narrow_peak_in_a_patch_is_one() -> None:
    specks = find_specks(bump(60, 60, 20, 0.2) + bump(50, 66, 2.5, 0.5))
    places = np.argwhere(specks)
    assert specks[50, 66]
    assert np.hypot(*(places - [50, 66]).T).max() <= 6


def test_faint_texture_is_none() -> None:
    texture = np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE)).astype(np.float32)
    assert not find_specks(bump(60, 60, 20, 0.2) + texture).any()


def test_a_weak_peak_beside_a_strong_one_belongs_to_it() -> None:
    specks = find_specks(bump(60, 60, 2.5, 0.8) + bump(60, 65, 1.5, 0.1))
    assert specks[60, 60]
    assert not specks[60, 67]
