"""Inside, outside and the rest; and how much of the wanted change was made."""

import numpy as np
import pytest

from retouch_engine.evaluation.metrics import (
    change_map,
    fixed_share,
    mean_error,
    painted_regions,
    paired_regions,
    soft_iou,
)

TRUTH = np.full((10, 10, 3), 100, np.uint8)
SPOT = np.zeros((10, 10), bool)
SPOT[:2] = True


def with_spot(inside: int, outside: int = 100) -> np.ndarray:
    return np.where(SPOT[..., None], inside, outside).astype(np.uint8) + np.zeros_like(TRUTH)


def test_painted_regions_follow_the_density_of_either_sign_and_the_face_box() -> None:
    density = np.array([[0.05, -0.05, 0.02, 0.001, 0.0, 0.0]], np.float32)
    regions = painted_regions(density, face_box=(0, 0, 5, 1))
    assert regions.inside.tolist() == [[True, True, False, False, False, False]]
    assert regions.outside.tolist() == [[False, False, False, True, True, False]]
    assert regions.rest.tolist() == [[False, False, False, False, False, True]]


def test_without_a_face_box_the_whole_picture_is_face() -> None:
    regions = painted_regions(np.zeros((2, 2), np.float32))
    assert regions.outside.all()
    assert not regions.rest.any()


def test_a_face_box_beyond_the_picture_is_clipped() -> None:
    regions = painted_regions(np.zeros((4, 4), np.float32), face_box=(-3, -3, 2, 9))
    assert regions.rest[:, 2:].all()
    assert not regions.rest[:, :2].any()


def test_real_pairs_are_inside_over_four_grey_values_and_outside_up_to_one() -> None:
    source = np.zeros((1, 4, 3), np.uint8)
    source[0, :, 1] = (5, 4, 2, 1)
    regions = paired_regions(source, np.zeros_like(source))
    assert regions.inside.tolist() == [[True, False, False, False]]
    assert regions.outside.tolist() == [[False, False, False, True]]


def test_the_change_map_takes_the_strongest_channel_of_either_sign() -> None:
    source, result = np.array([[[10, 250, 7]]], np.uint8), np.array([[[14, 240, 7]]], np.uint8)
    assert change_map(source, result).tolist() == [[10.0]]


def test_the_fixed_share_is_that_of_the_squared_error() -> None:
    source = with_spot(80)
    assert fixed_share(source, with_spot(100), TRUTH, SPOT) == 1.0
    assert fixed_share(source, with_spot(90), TRUTH, SPOT) == pytest.approx(0.75)
    assert fixed_share(source, with_spot(60), TRUTH, SPOT) == pytest.approx(-3.0)


def test_where_there_was_no_error_nothing_can_be_fixed() -> None:
    assert np.isnan(fixed_share(TRUTH, TRUTH, TRUTH, SPOT))
    assert np.isnan(mean_error(TRUTH, TRUTH, np.zeros((10, 10), bool)))


def test_soft_iou_is_one_for_the_truth_and_zero_for_doing_nothing() -> None:
    source = with_spot(80)
    assert soft_iou(source, TRUTH, TRUTH) == 1.0
    assert soft_iou(source, source, TRUTH) == 0.0


def test_soft_iou_falls_with_changes_too_weak_too_strong_and_beside_the_edit() -> None:
    source = with_spot(80)
    assert soft_iou(source, with_spot(90), TRUTH) == pytest.approx(0.5)
    assert soft_iou(source, with_spot(120), TRUTH) == pytest.approx(0.5)
    assert soft_iou(source, with_spot(100, 105), TRUTH) == pytest.approx(400 / 800)


def test_soft_iou_of_binary_maps_is_intersection_over_union() -> None:
    rng = np.random.default_rng(0)
    made, wanted = rng.random((2, 30, 30)) > 0.6
    source = np.zeros((30, 30, 3), np.uint8)
    result, truth = (np.repeat(m[..., None], 3, axis=2).astype(np.uint8) for m in (made, wanted))
    expected = (made & wanted).sum() / (made | wanted).sum()
    assert soft_iou(source, result, truth) == pytest.approx(expected)
