from pathlib import Path

import numpy as np
import pytest

from retouch_engine.inference import Predictor, skin_gain
from retouch_engine.inference.checkpoint import CheckpointCard
from retouch_engine.inference.skin_gain import with_prior

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


def card() -> CheckpointCard:
    return CheckpointCard(
        path=Path("tens.json"),
        name="tens",
        role="skin",
        kinds=("none", "blemish", "mole", "freckle"),
        working_face_width=512,
        input_multiple=8,
        sha256={},
    )


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
    face = np.full((8, 8, 3), DARK, np.uint8)
    edit = Predictor(card(), Darkening()).predict(face, gain=skin_gain(DARK, reference)).edit
    assert np.allclose(edit, -0.1 * face.astype(np.float32), atol=1e-4)


def test_the_darker_the_skin_the_surer_a_doubtful_spot_is() -> None:
    mask = np.array([[0.0, 0.1, 0.5, 0.9, 1.0]], np.float32)
    seen = [with_prior(mask, np.full(3, gain, np.float32)) for gain in (1.0, 1.5, 3.0)]
    assert np.array_equal(seen[0], mask)
    assert (np.diff(np.stack(seen)[:, 0, 1:4], axis=0) > 0).all()
    assert np.allclose([each[0, 0] for each in seen], 0.0)
    assert np.allclose([each[0, 4] for each in seen], 1.0)
    assert np.array_equal(with_prior(mask, None), mask)


def test_a_predictor_is_surer_on_dark_skin() -> None:
    class Doubting(Darkening):
        """A network that is half sure everywhere."""

        def run(self, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
            edit, ones, kinds = super().run(inputs)
            return edit, 0.5 * ones, kinds

    predictor = Predictor(card(), Doubting())
    face = np.full((8, 8, 3), DARK, np.uint8)
    light, dark = (predictor.predict(face, gain=skin_gain(DARK, r)) for r in (None, REFERENCE))
    assert np.allclose(light.mask, 0.5)
    assert (dark.mask > 0.75).all()
    # The edit follows the mask, in the photo's own units.
    assert np.allclose(dark.edit / dark.mask[..., None], light.edit / light.mask[..., None])
