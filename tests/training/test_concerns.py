"""Training of smooth changes on whole faces, and the tone by which networks see faces."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from retouch_engine.networks import EditGeneratorConfig
from retouch_engine.training import ConfigError, TrainingConfig, TrainingFace, new_state
from retouch_engine.training.checkpoints import save_checkpoint, start_from
from retouch_engine.training.concern_samples import ConcernFaces
from retouch_engine.training.methods import ConcernMethod, build_method
from retouch_engine.training.samples import TrainingCrops, as_numbers
from tests.support.training import TINY, run

CONCERNS = ("evenness", "shine", "under_eyes")
NARROW = dataclasses.replace(
    TINY.generator,
    concerns=CONCERNS,
    concern_channels=(8, 8, 8),
    concern_presence=True,  # type: ignore[call-arg]
)
WHOLE = dataclasses.replace(
    TINY, method="concerns", generator=NARROW, face_width_range=(30, 40), crop=64
)
REFERENCE = (0.4, 0.7, 0.9)


def seeing(face: TrainingFace) -> TrainingFace:
    return dataclasses.replace(face, under_eyes=np.full_like(face.skin, 200))


def test_whole_faces_carry_what_takes_their_faults_away(faces: list[TrainingFace]) -> None:
    crops = [ConcernFaces([seeing(faces[0])], WHOLE, 40)[index] for index in range(40)]
    truths = torch.stack([crop["concerns"] for crop in crops])
    assert truths.shape == (40, 9, 32, 32)
    painted = truths.unflatten(1, (3, 3)).abs().amax(dim=(2, 3, 4)) > 0
    assert all(5 < int(count) < 35 for count in painted.sum(dim=0))
    assert crops[0]["source"].shape == (3, 64, 64)


def test_a_face_depends_on_seed_and_index_alone(faces: list[TrainingFace]) -> None:
    first, second = (ConcernFaces(faces, WHOLE, 9)[5] for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)
    other = ConcernFaces(faces, dataclasses.replace(WHOLE, seed=7), 9)[5]
    assert not torch.equal(first["source"], other["source"])


def test_only_the_concerns_are_trained(faces: list[TrainingFace], tmp_path: Path) -> None:
    before = new_state(WHOLE).average.state_dict()
    after = run([seeing(face) for face in faces], tmp_path / "run", WHOLE).average.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("concern_branch.") for name in changed)


def test_training_lowers_the_loss(faces: list[TrainingFace]) -> None:
    method = build_method(WHOLE)
    crops = ConcernFaces([seeing(face) for face in faces], WHOLE, 8)
    items = [crops[index] for index in range(8)]
    batch = as_numbers({key: torch.stack([item[key] for item in items]) for key in items[0]})
    losses = []

    def update(name: str, loss: torch.Tensor) -> None:
        losses.append(float(loss.detach()))
        method.optimisers[name].zero_grad()
        loss.backward()
        method.optimisers[name].step()

    for _ in range(30):
        method.step(batch, update)
    assert losses[-1] < 0.8 * losses[0]


def test_what_a_person_sees_of_a_batch_are_faces_before_and_after(
    faces: list[TrainingFace],
) -> None:
    method = build_method(WHOLE)
    item = ConcernFaces([seeing(faces[0])], WHOLE, 1)[0]
    batch = as_numbers({key: value[None] for key, value in item.items()})
    shown = method.preview(method.generator, batch)
    assert {name: picture.shape for name, picture in shown.items()} == dict.fromkeys(
        ("source", "result", "target"), (1, 3, 64, 64)
    )


@pytest.mark.parametrize("generator", [EditGeneratorConfig(), TINY.generator])
def test_a_generator_without_concerns_is_refused(generator: EditGeneratorConfig) -> None:
    with pytest.raises(ConfigError, match="concerns"):
        ConcernMethod(dataclasses.replace(WHOLE, generator=generator))


def test_concerns_start_afresh_beside_the_spots_of_a_checkpoint(tmp_path: Path) -> None:
    plain = new_state(TINY).average
    card = save_checkpoint(plain, TINY.generator, tmp_path / "spots", {})
    generator = build_method(WHOLE).generator
    fresh = {name: value.clone() for name, value in generator.state_dict().items()}
    start_from(generator, card)
    for name, value in generator.state_dict().items():
        if name.startswith("concern_branch."):
            assert torch.equal(value, fresh[name])
        else:
            assert torch.equal(value, plain.state_dict()[name].half().float())


def test_a_network_that_wants_one_tone_is_told_each_faces_gain(faces: list[TrainingFace]) -> None:
    dark = dataclasses.replace(faces[0], image=(faces[0].image // 3).astype(np.uint8))
    assert "gain" not in TrainingCrops([dark], TINY, 1)[0]
    config = TrainingConfig.from_dict({**TINY.to_dict(), "skin_reference": list(REFERENCE)})
    crops = [TrainingCrops([dark], config, 20)[index] for index in range(20)]
    assert all(float(crop["gain"].max()) > 1.2 for crop in crops)
    batch = {key: torch.stack([crop[key] for crop in crops]) for key in ("source", "gain")}
    seen = as_numbers(batch)["source"]
    expected = batch["source"] / 255 * batch["gain"][:, :, None, None]
    assert torch.allclose(seen, expected)


def test_a_reference_that_is_no_colour_is_refused() -> None:
    with pytest.raises(ConfigError):
        TrainingConfig.from_dict({**TINY.to_dict(), "skin_reference": [0.4, 0.7]})
