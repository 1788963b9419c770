"""Hard negatives change the clean picture, and so are nothing to remove."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.synthesis import distractors, paint_distractors

SKIN = np.zeros((512, 512), np.float32)
SKIN[90:180, 180:260] = 1.0


@pytest.mark.parametrize("paint", distractors.DISTRACTORS, ids=lambda paint: paint.__name__)
def test_each_sort_is_seen_near_the_skin(
    paint: distractors.Distractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distractors, "PROBABILITY", 1.0)
    monkeypatch.setattr(distractors, "DISTRACTORS", (paint,))
    changed = [
        np.abs(
            paint_distractors(astronaut(), SKIN, 110, np.random.default_rng(seed)).astype(int)
            - astronaut()
        ).max()
        for seed in range(6)
    ]
    assert np.mean(changed) > 10


def test_the_same_seed_paints_the_same() -> None:
    first, second = (
        paint_distractors(astronaut(), SKIN, 110, np.random.default_rng(4)) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_a_picture_without_skin_stays_itself() -> None:
    image = astronaut()
    assert paint_distractors(image, 0 * SKIN, 110, np.random.default_rng(0)) is image


def test_some_crops_get_some_and_most_get_none() -> None:
    image = astronaut()
    same = [
        paint_distractors(image, SKIN, 110, np.random.default_rng(seed)) is image
        for seed in range(60)
    ]
    assert 0.4 < np.mean(same) < 0.85
