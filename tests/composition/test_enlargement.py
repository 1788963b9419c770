"""An edit carried to the photo's scale does there what it did at the working scale."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition import carried_edit, enlargement

PHOTO = np.ascontiguousarray(astronaut()[:480, :480])
# The astronaut's cheeks, nose and forehead, in shares of the picture.
SPOTS = ((0.33, 0.41), (0.30, 0.50), (0.22, 0.46), (0.27, 0.40), (0.26, 0.51))


def reduced(pixels: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)


def soft_spots(size: int, radius: float = 2.5) -> tuple[np.ndarray, np.ndarray]:
    """Return an edit that lightens soft spots, and the labels of where it does anything."""
    ys, xs = np.mgrid[:size, :size] + 0.5
    edit, labels = np.zeros((size, size, 3), np.float32), np.zeros((size, size), np.uint16)
    for number, (y, x) in enumerate(SPOTS, start=1):
        distance = np.hypot(ys - y * size, xs - x * size)
        share = np.clip(1.2 - distance / radius, 0, 1)
        edit += (share[..., None] * [8.0, 24.0, 16.0]).astype(np.float32)
        labels[share > 0] = number
    return edit, labels


def carried(
    photo: np.ndarray, working: np.ndarray, edit: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    result, native = photo.copy(), np.zeros(photo.shape[:2], np.uint16)
    for place, owners, retouched in carried_edit(photo, working, edit, labels):
        result[place] = np.where(owners[..., None] > 0, retouched, photo[place])
        native[place] = owners
    return result, native


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_reduced_again_it_is_the_working_picture_with_its_edit(factor: int) -> None:
    size = 480 // factor
    working = reduced(PHOTO, size)
    edit, labels = soft_spots(size)
    result, _ = carried(PHOTO, working, edit, labels)
    wanted = working + edit
    # The reduction of the test rounds too.
    again = reduced(result.astype(np.float32), size)
    inside = labels > 0
    assert np.abs(again - wanted)[inside].mean() < 0.5
    assert np.abs(again - wanted)[~inside].max() <= 0.5


def test_a_scale_that_is_no_whole_number_does_the_same() -> None:
    working = reduced(PHOTO, 187)
    edit, labels = soft_spots(187)
    result, _ = carried(PHOTO, working, edit, labels)
    again = reduced(result.astype(np.float32), 187)
    assert np.abs(again - working - edit)[labels > 0].mean() < 0.6


@pytest.mark.parametrize("tile", [16, 61, 100])
def test_tiles_leave_no_trace(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    working = reduced(PHOTO, 120)
    edit, labels = soft_spots(120, radius=9.0)
    monkeypatch.setattr(enlargement, "TILE", 480)
    whole = carried(PHOTO, working, edit, labels)
    monkeypatch.setattr(enlargement, "TILE", tile)
    tiled = carried(PHOTO, working, edit, labels)
    assert np.array_equal(tiled[0], whole[0])
    assert np.array_equal(tiled[1], whole[1])


def test_labels_lie_where_they_lay_and_only_there_something_changes() -> None:
    edit, labels = soft_spots(120)
    result, native = carried(PHOTO, reduced(PHOTO, 120), edit, labels)
    assert np.array_equal(native, np.kron(labels, np.ones((4, 4), np.uint16)))
    assert np.array_equal(result[native == 0], PHOTO[native == 0])


def test_an_edit_of_nothing_writes_nothing() -> None:
    nothing = np.zeros((120, 120), np.uint16)
    edit = np.zeros((120, 120, 3), np.float32)
    assert list(carried_edit(PHOTO, reduced(PHOTO, 120), edit, nothing)) == []


def test_labels_without_an_edit_keep_every_pixel() -> None:
    _, labels = soft_spots(120)
    edit = np.zeros((120, 120, 3), np.float32)
    assert np.array_equal(carried(PHOTO, reduced(PHOTO, 120), edit, labels)[0], PHOTO)


def test_the_border_of_a_removed_spot_leaves_no_ring() -> None:
    skin = np.full((480, 480, 3), 180, np.uint8)
    ys, xs = np.mgrid[:480, :480]
    # Its border runs between the pixels of the working scale.
    spot = np.hypot(ys - 241, xs - 239) < 30
    photo = skin.copy()
    photo[spot] = 90
    working = reduced(photo, 120)
    edit = 180.0 - working.astype(np.float32)
    labels = (cv2.dilate((edit[..., 0] != 0).astype(np.uint8), np.ones((3, 3))) > 0).astype(
        np.uint16
    )
    result, _ = carried(photo, working, edit, labels)
    plain = photo + cv2.resize(edit, (480, 480), interpolation=cv2.INTER_LINEAR)
    ring = np.abs(result.astype(float) - 180).max()
    assert ring < 0.5 * np.abs(plain - 180).max()


def test_pores_inside_a_spot_stay() -> None:
    grain = np.random.default_rng(5).normal(0, 6, (480, 480, 1))
    ys, xs = np.mgrid[:480, :480]
    shade = 50 * np.exp(-0.5 * ((ys - 240) ** 2 + (xs - 240) ** 2) / 60**2)[..., None]
    photo = np.clip(np.rint(170 - shade + grain + np.zeros(3)), 0, 255).astype(np.uint8)
    edit = reduced((shade + np.zeros(3)).astype(np.float32), 120)
    labels = np.ones((120, 120), np.uint16)
    result, _ = carried(photo, reduced(photo, 120), edit, labels)
    middle = np.s_[200:280, 200:280]
    left = result[middle].astype(float) - 170
    assert left.std() > 0.9 * grain[middle].std()
    assert abs(left.mean()) < 1.0
