"""Spots that portraits have already are found, taken away and trained on; doubts do not count."""

import dataclasses
import pickle

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from retouch_engine.inference import CheckpointError, Prediction
from retouch_engine.networks import EditPrediction
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import Painter, PainterConfig
from retouch_engine.synthesis.lesions import BLEMISH, MOLE
from retouch_engine.training import TrainingConfig, TrainingFace
from retouch_engine.training.config import LossWeights
from retouch_engine.training.losses import edit_loss
from retouch_engine.training.real_spots import SpotHealer, sure_and_doubtful
from retouch_engine.training.samples import TrainingCrops, as_numbers
from retouch_engine.training_runs import _healer
from tests.support.portraits import large_astronaut
from tests.support.training import TINY

SIZE = 200


def spotted(
    kind: int = BLEMISH, mask: float = 0.9, darker: float = 0.8, width: int = 10, height: int = 10
) -> tuple[NDArray[np.uint8], Prediction]:
    """Return even skin with one dark spot in its middle, and a network's view of it."""
    image = np.full((SIZE, SIZE, 3), 180, np.uint8)
    spot = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(spot, (100, 100), (width // 2, height // 2), 0, 0, 360, 1.0, -1)
    image[spot > 0] = np.uint8(180 * darker)
    kinds = np.zeros((SIZE, SIZE, 4), np.float32)
    kinds[..., kind] = 1.0
    return image, Prediction(np.zeros((SIZE, SIZE, 3), np.float32), mask * spot, kinds)


def found(image: NDArray[np.uint8], prediction: Prediction, skin: float = 1.0) -> tuple[bool, bool]:
    bare = np.full((SIZE, SIZE), skin, np.float32)
    sure, doubtful = sure_and_doubtful(image, prediction, bare, 512)
    return bool(sure.any()), bool(doubtful.any())


def test_a_round_dark_spot_that_the_network_is_sure_of_is_one() -> None:
    assert found(*spotted()) == (True, False)


@pytest.mark.parametrize("options", [{"mask": 0.3}, {"kind": MOLE}], ids=["faint", "mole"])
def test_what_may_be_a_spot_is_doubtful(options: dict[str, float]) -> None:
    assert found(*spotted(**options)) == (False, True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [{"width": 60, "height": 6}, {"width": 90, "height": 90}, {"darker": 1.0}],
    ids=["a line", "an area", "nothing to see"],
)
def test_what_is_not_like_a_spot_stays_the_truth(options: dict[str, float]) -> None:
    assert found(*spotted(**options)) == (False, False)  # type: ignore[arg-type]


def test_what_does_not_stand_out_from_stubble_stays_the_truth() -> None:
    image, prediction = spotted(darker=0.9)
    stubble = np.random.default_rng(0).random((SIZE, SIZE)) < 0.2
    image[stubble] = 60
    assert found(image, prediction) == (False, False)


def test_what_is_not_on_bare_skin_stays_the_truth() -> None:
    assert found(*spotted(), skin=0.6) == (False, False)


def test_a_portrait_comes_back_with_its_spots_taken_off_and_all_else_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Only strong ones: of faint ones the network is not sure, and should not be.
    monkeypatch.setattr("retouch_engine.synthesis.painter.FAINTEST", 1.0)
    # Blurred, as a camera of our days would show this skin: without the grain of film.
    clean = cv2.GaussianBlur(large_astronaut(), (0, 0), 3)
    skin = np.zeros(clean.shape[:2], np.uint8)
    skin[170:350, 370:520] = 255
    scabs = PainterConfig(
        counts={"scab": 12.0},
        freckles_probability=0.0,
        clean_probability=0.0,
        crowding_probability=0.0,
    )
    painted = Painter(scabs).paint(
        clean, (skin / 255.0).astype(np.float32), 220.0, np.random.default_rng(3)
    )
    face = SpotHealer(shipped_checkpoint_path()).heal(TrainingFace(painted.image, skin, 220.0))
    assert face.healed is not None
    assert face.doubtful is not None
    assert face.doubtful.shape == skin.shape
    where = painted.edited > 0.5
    left, before = (
        float(np.square(picture[where].astype(np.float64) - clean[where]).sum())
        for picture in (face.healed, painted.image)
    )
    assert left < 0.75 * before
    changed = (face.healed != painted.image).any(axis=2)
    assert not changed[skin == 0].any()
    assert changed.sum() < 0.04 * (skin > 0).sum()


def test_a_healer_travels_to_loading_processes() -> None:
    healer = SpotHealer(shipped_checkpoint_path())
    healer.heal(
        TrainingFace(np.full((80, 80, 3), 120, np.uint8), np.zeros((80, 80), np.uint8), 64.0)
    )
    assert pickle.loads(pickle.dumps(healer)).card == healer.card


@pytest.mark.django_db
def test_a_config_names_who_finds_the_spots() -> None:
    assert _healer(TINY) is None
    healer = _healer(dataclasses.replace(TINY, real_spots_by="shipped"))
    assert healer is not None
    assert healer.card == shipped_checkpoint_path()
    with pytest.raises(CheckpointError, match="absent"):
        _healer(dataclasses.replace(TINY, real_spots_by="absent"))


def healed_face(face: TrainingFace) -> TrainingFace:
    """Return a face with a real spot, and a doubtful one beside it."""
    spotted_image = face.image.copy()
    cv2.circle(spotted_image, (120, 130), 6, (90, 40, 30), -1)
    doubtful = np.zeros_like(face.skin)
    doubtful[90:110, 90:110] = 255
    return dataclasses.replace(face, image=spotted_image, healed=face.image, doubtful=doubtful)


def test_real_spots_are_painted_back_as_blemishes(faces: list[TrainingFace]) -> None:
    config: TrainingConfig = dataclasses.replace(TINY, face_width_range=(100, 120))
    crops = TrainingCrops([healed_face(faces[0])], config, 40)
    samples = [crops[index] for index in range(40)]
    assert any(int((255 - sample["counted"]).max()) for sample in samples)
    for sample in samples:
        changed = (sample["source"] != sample["target"]).any(dim=0)
        assert bool((sample["edited"][0][changed] > 0).all())
        assert bool((sample["kinds"][sample["edited"][0] > 0] > 0).all())


def test_faces_without_a_search_count_everywhere(faces: list[TrainingFace]) -> None:
    assert "counted" not in TrainingCrops(faces, TINY, 1)[0]
    sample = TrainingCrops([healed_face(faces[0])], TINY, 1)[0]
    batch = as_numbers({name: value[None] for name, value in sample.items()})
    assert set(batch["counted"].unique().tolist()) <= {0.0, 1.0}


def test_no_loss_comes_from_where_the_truth_is_doubtful() -> None:
    source, edited = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    edited[..., 4:8, 4:8] = 1.0
    counted = 1.0 - edited
    residual = torch.zeros_like(source, requires_grad=True)
    mask = torch.zeros_like(edited, requires_grad=True)
    kinds = torch.zeros(1, 4, 16, 16, requires_grad=True)
    total, _ = edit_loss(
        source,
        source - 0.3 * edited,
        edited,
        edited[:, 0].long(),
        EditPrediction(residual, mask, kinds),
        LossWeights(residual_squared=1.0, residual_relative=1.0),
        counted,
    )
    total.backward()
    for value in (residual, mask, kinds):
        assert value.grad is not None
        assert not value.grad[..., 4:8, 4:8].any()
    assert mask.grad is not None
    assert mask.grad[..., 12:, 12:].any()
