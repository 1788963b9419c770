"""Edits become marks, marks are flipped one by one, and untouched pixels stay exact."""

import numpy as np
import pytest
from skimage.data import astronaut
from skimage.measure import label as skimage_label

from retouch_engine.composition import FaceLayers, Mark, compose, find_spots, judge, signed_edit
from retouch_engine.composition.components import label_components

KINDS = ("none", "blemish", "mole", "freckle")


@pytest.mark.parametrize("density", [0.05, 0.3, 0.5, 0.7])
def test_components_agree_with_scikit_image(density: float) -> None:
    mask = np.random.default_rng(1).random((83, 71)) < density
    labels, count = label_components(mask)
    expected = skimage_label(mask, connectivity=2)
    assert count == expected.max()
    pairs = {(a, b) for a, b in zip(labels.ravel(), expected.ravel(), strict=True)}
    assert len(pairs) == count + 1


def test_an_empty_mask_has_no_component() -> None:
    assert label_components(np.zeros((5, 5), bool))[1] == 0


def spotted() -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros((60, 80), np.float32)
    kinds = np.zeros((60, 80, 4), np.float32)
    mask[10:16, 10:16], kinds[10:16, 10:16, 1] = 0.9, 1.0
    mask[9:17, 16:18] = 0.2
    mask[40:48, 50:58], kinds[40:48, 50:58, 2] = 0.8, 1.0
    mask[30, 30] = 0.9
    return mask, kinds


def test_each_core_becomes_a_spot_of_its_kind_and_specks_are_dropped() -> None:
    labels, spots = find_spots(*spotted(), KINDS)
    assert [spot.kind for spot in spots] == ["blemish", "mole"]
    assert (spots[1].x, spots[1].y) == (54.0, 44.0)
    assert spots[1].confidence == pytest.approx(0.8)
    assert labels[30, 30] == 0


@pytest.mark.parametrize(
    ("mole", "freckle", "kind"),
    [(0.01, 0.03, "blemish"), (0.3, 0.0, "mole"), (0.03, 0.03, "mole"), (0.01, 0.1, "freckle")],
)
def test_a_spot_that_may_be_a_mole_or_freckle_counts_as_one(
    mole: float, freckle: float, kind: str
) -> None:
    mask, kinds = spotted()
    kinds[10:16, 10:16] = (0.0, 1 - mole - freckle, mole, freckle)
    assert find_spots(mask, kinds, KINDS)[1][0].kind == kind


def test_the_soft_skirt_belongs_to_the_nearest_core() -> None:
    labels, _ = find_spots(*spotted(), KINDS)
    assert labels[12, 17] == labels[12, 12] == 1


def layers() -> tuple[np.ndarray, FaceLayers]:
    pixels = astronaut()[:100, :100].copy()
    retouched = pixels.copy()
    labels = np.zeros((50, 60), np.uint16)
    labels[5:10, 5:10], labels[20:26, 30:36] = 1, 2
    region = retouched[20:70, 10:70]
    region[labels > 0] = 255 - region[labels > 0]
    marks = (Mark(1, 0, 17, 27, 3, "blemish", 1.0), Mark(2, 0, 43, 43, 3, "mole", 1.0))
    return retouched, FaceLayers(
        (10, 20, 70, 70), signed_edit(pixels[20:70, 10:70], region), labels, marks
    )


def test_everything_removed_gives_exactly_the_retouched_pixels() -> None:
    pixels = astronaut()[:100, :100]
    retouched, layer = layers()
    assert np.array_equal(compose(pixels, [layer], 1.0, {2: "remove"}), retouched)


def test_moles_are_kept_by_default_and_a_person_may_flip_both_ways() -> None:
    pixels = astronaut()[:100, :100]
    _, layer = layers()
    default = compose(pixels, [layer], 1.0, {})
    blemish, mole = (slice(25, 30), slice(15, 20)), (slice(40, 46), slice(40, 46))
    assert np.array_equal(default[mole], pixels[mole])
    assert not np.array_equal(default[blemish], pixels[blemish])
    flipped = compose(pixels, [layer], 1.0, {1: "keep", 2: "remove"})
    assert np.array_equal(flipped[blemish], pixels[blemish])
    assert not np.array_equal(flipped[mole], pixels[mole])
    everything = compose(pixels, [layer], 1.0, {}, keep_marks=False)
    assert not np.array_equal(everything[mole], pixels[mole])


def test_strength_zero_changes_nothing_and_half_goes_half_way() -> None:
    pixels = astronaut()[:100, :100]
    _, layer = layers()
    assert np.array_equal(compose(pixels, [layer], 0.0, {}), pixels)
    whole = compose(pixels, [layer], 1.0, {}).astype(int) - pixels
    half = compose(pixels, [layer], 0.5, {}).astype(int) - pixels
    assert np.abs(half * 2 - whole).max() <= 1


def test_the_guard_notices_blur_and_a_shift_of_tone() -> None:
    skin = np.ones((100, 100), bool)
    before = astronaut()[100:200, 150:250]
    assert judge(before, before, skin).holds
    flat = np.full_like(before, before.reshape(-1, 3).mean(axis=0).astype(np.uint8))
    assert judge(before, flat, skin).texture_kept < 0.1
    brighter = np.clip(before.astype(int) + 12, 0, 255).astype(np.uint8)
    assert not judge(before, brighter, skin).holds
