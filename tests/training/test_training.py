"""The loop learns, resumes and writes a checkpoint whose ONNX equals the torch network."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from skimage.data import astronaut

from retouch_engine.networks import EditGenerator, EditGeneratorConfig, EditPrediction
from retouch_engine.training import (
    ConfigError,
    TrainingConfig,
    TrainingFace,
    load_config,
    load_generator,
    load_state,
    new_state,
    save_checkpoint,
    train,
)
from retouch_engine.training.config import LossWeights
from retouch_engine.training.losses import apply_edit, edit_loss
from retouch_engine.training.samples import PaintedCrops, degrade

TINY = TrainingConfig(
    generator=EditGeneratorConfig((16, 32, 48), 16, 1),
    crop=64,
    batch=4,
    samples=160,
    warm_up_samples=16,
    checkpoint_every_samples=80,
    validate_every_samples=10**6,
    face_width_range=(80, 160),
)


@pytest.fixture(scope="module")
def faces() -> list[TrainingFace]:
    skin = np.zeros((240, 240), np.uint8)
    skin[60:200, 60:180] = 255
    return [TrainingFace(np.ascontiguousarray(astronaut()[:240, 100:340]), skin, 110.0)]


def run(faces: list[TrainingFace], folder: Path, config: TrainingConfig, resume: bool = False):
    state = load_state(config, folder) if resume else new_state(config)
    return train(faces, config, folder, state=state, validate=lambda generator: {}, workers=0)


def test_a_sample_depends_on_seed_and_index_alone(faces: list[TrainingFace]) -> None:
    first = PaintedCrops(faces, TINY).sample(7)
    second = PaintedCrops(faces, TINY, start=3).sample(7)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_samples_have_the_documented_shapes_and_ranges(faces: list[TrainingFace]) -> None:
    sample = PaintedCrops(faces, TINY).sample(1)
    assert sample["source"].shape == sample["target"].shape == (3, 64, 64)
    assert sample["edited"].shape == (1, 64, 64)
    assert sample["kinds"].shape == (64, 64)
    assert 0 <= float(sample["source"].min()) <= float(sample["source"].max()) <= 1


def test_outside_the_edits_the_target_is_the_degraded_source() -> None:
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    painted = clean.copy()
    painted[20:30, 20:30] //= 2
    edited = np.zeros((64, 64), np.float32)
    edited[20:30, 20:30] = 1
    source, target = degrade(painted, clean, edited, rng)
    assert np.array_equal(source[edited == 0], target[edited == 0])
    assert not np.array_equal(source[edited == 1], target[edited == 1])


def test_the_loss_is_lowest_for_the_true_edit() -> None:
    source, edited = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    edited[..., 8:16, 8:16] = 1.0
    target = source - 0.2 * edited
    kinds = edited[:, 0].long()
    logits = torch.nn.functional.one_hot(kinds, 4).permute(0, 3, 1, 2).float() * 20
    true = EditPrediction(target - source, (edited - 0.5) * 40, logits)
    nothing = EditPrediction(torch.zeros_like(source), torch.full_like(edited, -20.0), logits)
    weights = LossWeights()
    best, _ = edit_loss(source, target, edited, kinds, true, weights)
    identity, _ = edit_loss(source, target, edited, kinds, nothing, weights)
    assert float(best) < 0.01 < float(identity)
    assert torch.allclose(apply_edit(source, true), target, atol=1e-5)


def test_training_lowers_the_loss_and_resumes_where_it_stopped(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    half = dataclasses.replace(TINY, samples=80)
    run(faces, tmp_path, half)
    state = run(faces, tmp_path, TINY, resume=True)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert state.samples == 160
    assert [line["samples"] for line in lines] == [80, 160]
    assert lines[1]["mask"] < lines[0]["mask"]


def test_resuming_another_architecture_is_refused(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    run(faces, tmp_path, dataclasses.replace(TINY, samples=4))
    other = dataclasses.replace(TINY, generator=EditGeneratorConfig((16, 32, 64), 16, 1))
    with pytest.raises(ConfigError, match="another architecture"):
        load_state(other, tmp_path)


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to resume"):
        load_state(TINY, tmp_path)


def test_the_onnx_of_a_checkpoint_equals_its_torch_network(tmp_path: Path) -> None:
    torch.manual_seed(1)
    card_path = save_checkpoint(EditGenerator(TINY.generator), tmp_path / "tiny", {"licence": "x"})
    generator = load_generator(card_path)
    image = np.random.default_rng(0).random((1, 3, 96, 160), np.float32)
    session = onnxruntime.InferenceSession(str(card_path.with_suffix(".onnx")))
    residual, mask, kinds = session.run(None, {"image": image})
    with torch.no_grad():
        expected = generator(torch.from_numpy(image))
    assert np.abs(residual - expected.residual.numpy()).max() < 1e-4
    assert np.abs(mask - torch.sigmoid(expected.mask_logits).numpy()).max() < 1e-4
    assert kinds.shape == (1, 4, 96, 160)


def test_the_shipped_config_loads() -> None:
    assert load_config("default").crop % 32 == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"bath": 8}', "bath"),
        ('{"generator": {"depth": 3}}', "depth"),
        ('{"crop": 100}', "multiple"),
        ("{", "not JSON"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(str(path))


def test_an_unknown_config_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="default"):
        load_config("no-such-config")
