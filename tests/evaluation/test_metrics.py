"""Metrics agree with an independent implementation and with what is computed by hand."""

import numpy as np
import pytest
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio

from retouch_engine.evaluation import ValidationFace, edit_score, painted_scores, psnr, summary


def test_psnr_agrees_with_scikit_image() -> None:
    truth = astronaut()
    noise = np.random.default_rng(0).integers(-9, 9, truth.shape)
    result = np.clip(truth.astype(int) + noise, 0, 255).astype(np.uint8)
    assert psnr(result, truth) == pytest.approx(peak_signal_noise_ratio(truth, result))


def scored(result_inside: int, result_outside: int):
    truth = np.full((10, 10, 3), 100, np.uint8)
    source, result = truth.copy(), truth.copy()
    density = np.zeros((10, 10), np.float32)
    density[:2] = 0.5
    source[:2] = 80
    result[:2], result[2:] = result_inside, result_outside
    return edit_score(source, result, truth, density)


def test_a_perfect_result_fixes_everything() -> None:
    assert scored(100, 100).fixed_share == 1.0


def test_doing_nothing_fixes_nothing() -> None:
    score = scored(80, 100)
    assert score.fixed_share == 0.0
    assert score.psnr == score.identity_psnr


def test_half_way_leaves_a_quarter_of_the_squared_error() -> None:
    assert scored(90, 100).fixed_share == pytest.approx(0.75)
    assert scored(90, 100).inside_error == pytest.approx(10.0)


def test_changes_where_nothing_was_painted_count_as_outside_error() -> None:
    assert scored(100, 103).outside_error == pytest.approx(3.0)


def test_sizes_that_differ_are_refused() -> None:
    small, large = np.zeros((4, 4, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="sizes differ"):
        edit_score(small, large, small, np.zeros((4, 4), np.float32))


def test_the_identity_method_scores_zero_on_painted_faces() -> None:
    skin = np.zeros((240, 240), np.float32)
    skin[60:200, 60:180] = 1.0
    image = np.ascontiguousarray(astronaut()[:240, 100:340])
    face = ValidationFace("astronaut", image, skin, 110.0)
    scores = painted_scores([face] * 4, lambda picture, _: picture)
    means = summary(score for _, score in scores)
    assert means["fixed_share"] == 0.0
    assert means["outside_error"] == 0.0
    assert means["psnr"] == means["identity_psnr"]
