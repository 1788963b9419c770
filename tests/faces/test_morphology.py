"""Openings by wide discs are OpenCV's own."""

import cv2
import numpy as np
import pytest

from retouch_engine.faces.morphology import disc, opened


@pytest.mark.parametrize("radius", [3.0, 16.0, 32.4, 70.0])
@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_an_opening_is_that_of_opencv(radius: float, share: float) -> None:
    noise = np.random.default_rng(0).normal(size=(180, 300)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 20)
    mask = smooth <= np.quantile(smooth, share)
    expected = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(radius))
    assert np.array_equal(opened(mask, radius), np.asarray(expected) > 0)


def test_an_empty_mask_stays_empty() -> None:
    assert not opened(np.zeros((50, 60), bool), 20.0).any()
