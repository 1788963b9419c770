"""An edit made on a reduced photo fits the photo itself: sharp where the spot is, pores left."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import carried_edit

SCALE = 4


def photo() -> np.ndarray:
    """Return 256 x 256 of smooth skin with pores, as a camera would see them."""
    rng = np.random.default_rng(0)
    skin = cv2.GaussianBlur(np.full((256, 256, 3), (190, 140, 120), np.float32), (0, 0), 1)
    pores = cv2.GaussianBlur(rng.normal(0, 12, (256, 256, 1)).astype(np.float32), (0, 0), 0.8)
    return np.clip(np.rint(skin + pores[..., None]), 0, 255).astype(np.uint8)


def with_mole(clean: np.ndarray) -> np.ndarray:
    mask = cv2.circle(np.zeros(clean.shape[:2], np.uint8), (120, 130), 22, 255, -1, cv2.LINE_AA)
    share = mask[..., None] / 255.0
    return np.rint(clean * (1 - 0.5 * share)).astype(np.uint8)


def reduced(picture: np.ndarray) -> np.ndarray:
    size = (picture.shape[1] // SCALE, picture.shape[0] // SCALE)
    return cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def carried(source: np.ndarray, edit: np.ndarray, labels: np.ndarray) -> np.ndarray:
    result = source.copy()
    working = np.rint(reduced(source)).astype(np.uint8)
    for place, owners, retouched in carried_edit(source, working, edit, labels):
        assert owners.any()
        result[place] = np.where(owners[..., None] > 0, retouched, result[place])
    return result


def mole_removed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    clean = photo()
    source = with_mole(clean)
    edit = (reduced(clean) - reduced(source)).astype(np.float32)
    labels = np.zeros(edit.shape[:2], np.uint16)
    labels[20:45, 17:43] = 1
    return clean, source, carried(source, edit, labels)


def test_the_border_of_a_removed_mole_leaves_no_ring() -> None:
    clean, source, result = mole_removed()
    plain = cv2.resize(reduced(clean) - reduced(source), (256, 256), interpolation=cv2.INTER_LINEAR)
    enlarged = np.clip(np.rint(source + plain), 0, 255)
    left = np.square(result.astype(float) - clean).mean()
    assert left < 0.35 * np.square(enlarged - clean).mean()
    assert left < 0.03 * np.square(source.astype(float) - clean).mean()


def test_pores_in_the_middle_of_a_removed_mole_stay() -> None:
    clean, _, result = mole_removed()
    middle = (slice(115, 145), slice(105, 135))
    fine = [p[middle][..., 1] - cv2.blur(p[middle], (5, 5))[..., 1] for p in
            (clean.astype(np.float32), result.astype(np.float32))]  # fmt: skip
    # The mole's own dark pixels had half the contrast; the edit does not invent the other half.
    assert fine[1].std() > 0.45 * fine[0].std()


def test_reduced_again_the_result_is_what_was_asked_for() -> None:
    source = np.ascontiguousarray(astronaut()[:256, 128:384])
    edit = np.zeros((64, 64, 3), np.float32)
    edit[20:40, 20:40] = cv2.GaussianBlur(
        np.random.default_rng(1).normal(0, 60, (20, 20, 3)).astype(np.float32), (0, 0), 2
    )
    labels = np.zeros((64, 64), np.uint16)
    labels[18:42, 18:42] = 7
    result = carried(source, edit, labels)
    wanted = np.clip(reduced(source) + edit, 0, 255)
    inside = (slice(22, 38), slice(22, 38))
    assert np.abs(reduced(result) - wanted)[inside].mean() < 0.6


def test_nothing_is_computed_or_changed_where_no_label_is() -> None:
    source = photo()
    edit = np.full((64, 64, 3), 30, np.float32)
    assert list(carried_edit(source, source[::4, ::4], edit, np.zeros((64, 64), np.uint16))) == []


@pytest.mark.parametrize("tile", [32, 100, 4096])
def test_tiles_leave_no_seam(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _, source, expected = mole_removed()
    edit = (reduced(photo()) - reduced(source)).astype(np.float32)
    labels = np.zeros(edit.shape[:2], np.uint16)
    labels[20:45, 17:43] = 1
    monkeypatch.setattr("retouch_engine.composition.enlargement.TILE", tile)
    assert np.array_equal(carried(source, edit, labels), expected)
