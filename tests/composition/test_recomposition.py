"""Whatever region is composed: the pixels are the same."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import (
    FaceLayers,
    Mark,
    compose,
    overlap,
    remove_marks,
    removed_labels,
    signed_edit,
)

PHOTO = np.ascontiguousarray(astronaut()[:300, :300])
BOX = (37, 21, 260, 290)


def face() -> FaceLayers:
    """Return layers with a mark on the corner of four tiles, one at the border and a lone one."""
    x0, y0, x1, y1 = BOX
    labels = np.zeros((y1 - y0, x1 - x0), np.uint16)
    labels[50:80, 50:80], labels[-6:, -6:], labels[200:204, 10:14] = 1, 2, 3
    before = PHOTO[y0:y1, x0:x1]
    after = np.where(labels[..., None] > 0, 255 - before, before)
    marks = tuple(
        Mark(number, 0, 0.0, 0.0, 3.0, kind, 1.0)
        for number, kind in ((1, "blemish"), (2, "mole"), (3, "freckle"))
    )
    return FaceLayers(BOX, signed_edit(before, after), labels, marks)


@pytest.mark.parametrize("strength", [1.0, 0.4])
@pytest.mark.parametrize(
    "region",
    [(0, 0, 300, 300), (80, 60, 130, 110), (0, 0, 90, 80), (255, 280, 300, 300), (87, 71, 88, 72)],
)
def test_a_region_by_itself_is_bit_equal_to_the_whole(
    region: tuple[int, int, int, int], strength: float
) -> None:
    whole = compose(PHOTO, [face()], strength, {2: "remove"})
    x0, y0, x1, y1 = region
    part = PHOTO[y0:y1, x0:x1].copy()
    removed = removed_labels(face(), {2: "remove"}, keep_marks=True)
    remove_marks(part, face(), removed, strength, (x0, y0))
    assert np.array_equal(part, whole[y0:y1, x0:x1])


def test_a_region_beside_the_face_is_not_touched() -> None:
    assert overlap(face(), (20, 20), (265, 0)) is None
    assert overlap(face(), (20, 37), (0, 100)) is None
    part = PHOTO[:20, 265:285].copy()
    remove_marks(part, face(), np.ones(4, bool), 1.0, (265, 0))
    assert np.array_equal(part, PHOTO[:20, 265:285])


def test_strength_zero_is_the_photo_and_the_photo_given_stays() -> None:
    before = PHOTO.copy()
    assert np.array_equal(compose(PHOTO, [face()], 0.0, {}, keep_marks=False), PHOTO)
    assert not np.array_equal(compose(PHOTO, [face()], 1.0, {}), PHOTO)
    assert np.array_equal(PHOTO, before)


def test_removing_and_keeping_again_is_the_photo_to_the_bit() -> None:
    everything = {1: "keep", 2: "keep", 3: "keep"}
    assert np.array_equal(compose(PHOTO, [face()], 1.0, everything, keep_marks=False), PHOTO)


def test_two_faces_that_share_pixels_each_change_their_own_marks() -> None:
    one = face()
    labels = np.zeros_like(one.labels)
    labels[100:110, 100:110] = 4
    edit = np.where(labels[..., None] > 0, np.uint8(7), np.uint8(0)) + np.zeros(3, np.uint8)
    other = FaceLayers(BOX, edit, labels, (Mark(4, 1, 0, 0, 3, "blemish", 1.0),))
    both = compose(PHOTO, [one, other], 1.0, {})
    assert np.array_equal(both, compose(PHOTO, [other, one], 1.0, {}))
    alone = compose(PHOTO, [one], 1.0, {})
    changed = (both != alone).any(axis=2)
    assert changed.sum() == 100


def test_a_mark_that_lost_all_its_pixels_does_no_harm() -> None:
    layer = face()
    ghost = FaceLayers(
        layer.box, layer.edit, layer.labels, (*layer.marks, Mark(9, 0, 0, 0, 1, "blemish", 1.0))
    )
    assert len(removed_labels(ghost, {9: "remove"}, keep_marks=True)) == 4
    assert np.array_equal(compose(PHOTO, [ghost], 1.0, {}), compose(PHOTO, [layer], 1.0, {}))
