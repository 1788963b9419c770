from pathlib import Path

import numpy as np
import pytest

from retouch_engine.inference import Predictor, skin_gain
from retouch_engine.inference.checkpoint import CheckpointCard

REFERENCE = (0.4, 0.7, 0.9)
WANTED = 256 * np.exp(-np.array(REFERENCE))
SKIN = np.ones((8, 8), np.float32)


def plain(*colour: int) -> np.ndarray:
    return np.full((8, 8, 3), colour, np.uint8)


def test_darker_skin_is_brought_to_the_reference() -> None:
    gain = skin_gain(plain(80, 55, 40), SKIN, REFERENCE)
    assert np.allclose(gain * (np.array([80, 55, 40]) + 1), WANTED, rtol=1e-5)


def test_lighter_skin_stays_as_it_is() -> None:
    assert np.array_equal(skin_gain(plain(230, 200, 190), SKIN, REFERENCE), np.ones(3))


def test_without_reference_or_skin_nothing_is_brought_anywhere() -> None:
    assert np.array_equal(skin_gain(plain(80, 55, 40), SKIN, None), np.ones(3))
    assert np.array_equal(skin_gain(plain(80, 55, 40), 0 * SKIN, REFERENCE), np.ones(3))


def test_almost_black_skin_is_not_torn_up_without_limit() -> None:
    assert skin_gain(plain(3, 2, 2), SKIN, REFERENCE).max() == 6.0


def test_spots_and_highlights_hardly_move_the_gain() -> None:
    face = plain(80, 55, 40)
    face[:2] = 255
    assert np.array_equal(
        skin_gain(face, SKIN, REFERENCE), skin_gain(plain(80, 55, 40), SKIN, REFERENCE)
    )


class Darkening:
    """A network that takes a tenth of what it sees away, everywhere."""

    feature_channels = 0

    def run(self, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
        image = inputs["image"]
        ones = np.ones((1, 1, *image.shape[2:]), np.float32)
        return -0.1 * image, ones, np.repeat(ones, 4, axis=1)


def predictor(reference: tuple[float, ...] | None) -> Predictor:
    card = CheckpointCard(
        path=Path("tens.json"),
        name="tens",
        role="skin",
        kinds=("none", "blemish", "mole", "freckle"),
        working_face_width=512,
        input_multiple=8,
        sha256={},
        skin_reference=reference,
    )
    return Predictor(card, Darkening())


@pytest.mark.parametrize("reference", [None, REFERENCE])
def test_an_edit_comes_back_in_the_photos_own_units(reference: tuple[float, ...] | None) -> None:
    face = plain(80, 55, 40)
    network = predictor(reference)
    edit = network.predict(face, gain=network.gain_for(face, SKIN)).edit
    assert np.allclose(edit, -0.1 * face.astype(np.float32), atol=1e-4)
