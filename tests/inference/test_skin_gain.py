from pathlib import Path

import numpy as np
import pytest

from retouch_engine.inference import Predictor, skin_gain
from retouch_engine.inference.checkpoint import CheckpointCard

REFERENCE = (0.4, 0.7, 0.9)
WANTED = 256 * np.exp(-np.array(REFERENCE))
DARK = np.array([80, 55, 40])


def test_darker_skin_is_brought_to_the_reference() -> None:
    assert np.allclose(skin_gain(DARK, REFERENCE) * (DARK + 1), WANTED, rtol=1e-5)


def test_lighter_skin_stays_as_it_is() -> None:
    assert np.array_equal(skin_gain(np.array([230, 200, 190]), REFERENCE), np.ones(3))


def test_without_reference_or_colour_nothing_is_brought_anywhere() -> None:
    assert np.array_equal(skin_gain(DARK, None), np.ones(3))
    assert np.array_equal(skin_gain(None, REFERENCE), np.ones(3))


def test_almost_black_skin_is_not_torn_up_without_limit() -> None:
    assert skin_gain(np.array([3, 2, 2]), REFERENCE).max() == 6.0


class Darkening:
    """A network that takes a tenth of what it sees away, everywhere."""

    feature_channels = 0
    is_batched = False

    def run(self, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        image = inputs["image"]
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        return -0.1 * image, ones, np.repeat(ones, 4, axis=1)


@pytest.mark.parametrize("reference", [None, REFERENCE])
def test_an_edit_comes_back_in_the_photos_own_units(reference: tuple[float, ...] | None) -> None:
    card = CheckpointCard(
        path=Path("tens.json"),
        name="tens",
        role="skin",
        kinds=("none", "blemish", "mole", "freckle"),
        working_face_width=512,
        input_multiple=8,
        sha256={},
    )
    face = np.full((8, 8, 3), DARK, np.uint8)
    edit = Predictor(card, Darkening()).predict(face, gain=skin_gain(DARK, reference)).edit
    assert np.allclose(edit, -0.1 * face.astype(np.float32), atol=1e-4)
