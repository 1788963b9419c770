"""The loop learns, resumes and writes a checkpoint whose ONNX equals the torch network."""

import dataclasses
import errno
import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from skimage.data import astronaut
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from retouch_engine.networks import (
    EditGenerator,
    EditGeneratorConfig,
    EditPrediction,
    recomputation,
    recompute_segments,
)
from retouch_engine.networks.generators import build_generator
from retouch_engine.training import (
    ConfigError,
    Trainer,
    TrainingConfig,
    TrainingDataError,
    TrainingFace,
    TrainingFaces,
    TrainingPhoto,
    TrainingState,
    TrainingStoppedError,
    check_memory,
    load_config,
    load_generator,
    load_state,
    loop,
    new_state,
    save_checkpoint,
)
from retouch_engine.training.config import LossWeights
from retouch_engine.training.losses import apply_edit, edit_loss
from retouch_engine.training.memory import activation_bytes
from retouch_engine.training.methods import Batch, Update
from retouch_engine.training.samples import TrainingCrops, degrade
from tests.support.portraits import encoded, large_astronaut

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


def run(
    faces: Sequence[TrainingFace],
    folder: Path,
    config: TrainingConfig,
    resume: bool = False,
    workers: int = 0,
) -> TrainingState:
    state = load_state(config, folder) if resume else new_state(config)
    trainer = Trainer(
        state, config, folder, validate=lambda generator: {}, workers=workers, device="cpu"
    )
    return trainer.run(faces)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny networks are slower on several threads, much slower beside other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def weights(state: TrainingState) -> dict[str, torch.Tensor]:
    return {
        **{f"generator.{k}": v for k, v in state.method.generator.state_dict().items()},
        **{f"average.{k}": v for k, v in state.average.state_dict().items()},
    }


def test_a_crop_depends_on_seed_and_index_alone(faces: list[TrainingFace]) -> None:
    first = TrainingCrops(faces, TINY, 10)[7]
    second = TrainingCrops(faces, TINY, 20)[7]
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_crops_have_the_documented_shapes_and_ranges(faces: list[TrainingFace]) -> None:
    sample = TrainingCrops(faces, TINY, 10)[1]
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
    weights_ = LossWeights()
    best, _ = edit_loss(source, target, edited, kinds, true, weights_)
    identity, _ = edit_loss(source, target, edited, kinds, nothing, weights_)
    assert float(best) < 0.01 < float(identity)
    assert torch.allclose(apply_edit(source, true), target, atol=1e-5)


def test_a_real_pair_counts_as_edited_where_the_retoucher_changed_it(
    faces: list[TrainingFace],
) -> None:
    target = faces[0].image.copy()
    target[100:130, 100:130] = 255 - target[100:130, 100:130]
    pair = dataclasses.replace(faces[0], target=target)
    for paint in (False, True):
        crops = TrainingCrops([pair], dataclasses.replace(TINY, paint=paint), 30)
        samples = [crops[index] for index in range(30)]
        changed = [(s["source"] - s["target"]).abs().amax(0) > 5 / 255 for s in samples]
        assert any(bool(c.any()) for c in changed)
        assert all(
            bool((s["edited"][0][c] > 0).all()) for s, c in zip(samples, changed, strict=True)
        )
        kinds = {int(kind) for s in samples for kind in s["kinds"].unique()}
        assert kinds == {0, 1} or paint


def test_training_lowers_the_loss(faces: list[TrainingFace], tmp_path: Path) -> None:
    state = run(faces, tmp_path, TINY)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert state.samples == 160
    assert [line["samples"] for line in lines] == [80, 160]
    assert lines[1]["training"]["mask"] < lines[0]["training"]["mask"]
    assert json.loads((tmp_path / "config.json").read_text())["crop"] == 64
    assert json.loads((tmp_path / "environment.json").read_text())["packages"]["torch"]
    assert list((tmp_path / "tensorboard").iterdir())


@pytest.mark.parametrize(
    ("config", "rows"),
    [(TINY, "source, result, target"), (load_config("cogan"), "blemished, clean")],
    ids=["paired", "cogan"],
)
def test_pictures_of_the_average_are_shown_beside_the_truth(
    faces: list[TrainingFace], tmp_path: Path, config: TrainingConfig, rows: str
) -> None:
    options = {"image_size": 64, "width": 16} if config.method == "cogan" else {}
    config = dataclasses.replace(
        config, samples=8, batch=4, crop=64, validate_every_samples=8, options=options
    )
    run(faces, tmp_path, config)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert events.Tags()["images"] == [rows]
    (shown,) = events.Images(rows)
    assert (shown.width, shown.height) == (4 * 64, len(rows.split(",")) * 64)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_run_is_bit_equal_to_one_that_never_stopped(
    faces: list[TrainingFace], tmp_path: Path, workers: int
) -> None:
    whole = run(faces, tmp_path / "whole", TINY, workers=workers)
    interrupted = InterruptedFaces(faces, after=90)
    with pytest.raises(TrainingStoppedError, match=r"SIGTERM.*--resume"):
        run(interrupted, tmp_path / "parts", TINY)
    resumed = run(faces, tmp_path / "parts", TINY, resume=True, workers=workers)
    assert resumed.samples == whole.samples
    assert all(torch.equal(weights(whole)[name], value) for name, value in weights(resumed).items())


class InterruptedFaces(list[TrainingFace]):
    """Sends this process SIGTERM while its n-th face is read."""

    def __init__(self, faces: list[TrainingFace], after: int) -> None:
        super().__init__(faces)
        self.left = after

    def __getitem__(self, index: int) -> TrainingFace:  # type: ignore[override]
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        return super().__getitem__(index)


def test_accumulated_small_batches_equal_a_large_one(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    once = dataclasses.replace(TINY, samples=8, warm_up_samples=0, gradient_clip=1e9)
    before = new_state(once).method.generator.state_dict()
    large = run(faces, tmp_path / "a", dataclasses.replace(once, batch=8))
    small = run(faces, tmp_path / "b", dataclasses.replace(once, batch=4, accumulation=2))
    for name, start in before.items():
        # Adam's first step is the gradient's sign times a rate that fell in between.
        steps = [(s.method.generator.state_dict()[name] - start).sign() for s in (large, small)]
        assert (steps[0] == steps[1]).float().mean() > 0.75, name


def test_a_loss_that_is_not_finite_changes_no_weight(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    broken = dataclasses.replace(faces[0], image=faces[0].image)
    config = dataclasses.replace(TINY, samples=40, checkpoint_every_samples=10**6)
    state = new_state(config)
    before = {name: value.clone() for name, value in weights(state).items()}
    trainer = Trainer(state, config, tmp_path, validate=lambda generator: {}, device="cpu")
    original = state.method.step

    def poisoned(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        return original(batch, lambda name, loss: update(name, loss * float("nan")))

    state.method.step = poisoned  # type: ignore[method-assign]
    trainer.run([broken])
    assert state.skipped == 10
    after = weights(state)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_run_that_only_gives_nan_goes_back_and_then_gives_up(
    faces: list[TrainingFace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SKIPS_BEFORE_ROLL_BACK", 3)
    saved = run(faces, tmp_path, dataclasses.replace(TINY, samples=40))
    config = dataclasses.replace(TINY, samples=400, checkpoint_every_samples=10**6)
    state = load_state(config, tmp_path)
    trainer = Trainer(state, config, tmp_path, validate=lambda generator: {}, device="cpu")
    original = state.method.step

    def poisoned(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            state.method.generator.local_stem.weight.add_(1.0)
        return original(batch, lambda name, loss: update(name, loss * float("nan")))

    state.method.step = poisoned  # type: ignore[method-assign]
    with pytest.raises(TrainingStoppedError, match=r"not finite.*learning_rate"):
        trainer.run(faces)
    again = load_state(config, tmp_path)
    assert all(torch.equal(weights(saved)[name], value) for name, value in weights(again).items())


def test_a_full_disk_stops_the_run_and_leaves_the_last_state_whole(
    faces: list[TrainingFace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(faces, tmp_path, dataclasses.replace(TINY, samples=40))

    def full(values: object, path: Path) -> None:
        # Stands for a full disk, which a test cannot have: half a file, then the error.
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("retouch_engine.training.state.torch.save", full)
    with pytest.raises(TrainingStoppedError, match=r"disk is full.*--resume"):
        run(faces, tmp_path, TINY, resume=True)
    monkeypatch.undo()
    assert load_state(TINY, tmp_path).samples == 40
    assert not (tmp_path / "state.pt.tmp").exists()


@pytest.mark.parametrize("workers", [0, 1])
def test_photos_that_vanish_stop_the_run_with_one_clear_line(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    gone = TrainingPhoto(tmp_path / "gone.png", "0" * 64)
    photos = [TrainingPhoto(path, "1" * 64), gone]
    faces = TrainingFaces(photos, tmp_path / "cache")
    with pytest.raises(TrainingStoppedError, match=r"gone.png is gone.*--resume") as stopped:
        run(faces, tmp_path / "run", TINY, workers=workers)
    assert "Traceback" not in str(stopped.value)


def test_faces_are_found_once_and_read_from_the_cache_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    photos = [TrainingPhoto(path, "1" * 64)]
    first = TrainingFaces(photos, tmp_path / "cache")[0]
    monkeypatch.setattr(TrainingFaces, "_find", None)
    second = TrainingFaces(photos, tmp_path / "cache")[0]
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.skin, second.skin)
    assert first.face_width == second.face_width


def test_photos_without_a_face_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    path.write_bytes(encoded(np.full((300, 300, 3), 90, np.uint8), "PNG"))
    with pytest.raises(TrainingDataError, match="no face of 150 pixels"):
        TrainingFaces([TrainingPhoto(path, "2" * 64)], tmp_path / "cache")[0]


def test_a_config_that_does_not_fit_into_memory_is_refused_before_the_start() -> None:
    state = new_state(TINY)
    assert "GB of memory needed" in check_memory(state.method, TINY, torch.device("cpu"))
    huge = dataclasses.replace(TINY, crop=4096, batch=512)
    with pytest.raises(ConfigError, match="lower batch"):
        check_memory(state.method, huge, torch.device("cpu"))


def test_the_estimate_counts_what_a_convolution_keeps() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU())
    assert activation_bytes(network, torch.empty(1, 3, 32, 32)) == 2 * 8 * 32 * 32 * 4


@pytest.mark.parametrize("name", ["default", "pix2pixhd", "pix2pixhd_1024", "cyclegan"])
def test_the_estimate_knows_what_gradient_checkpointing_saves(name: str) -> None:
    config = load_config(name)
    with torch.device("meta"):
        generator = build_generator(config.generator)
    example = torch.empty(1, 3, config.crop, config.crop)
    plain = activation_bytes(generator, example)
    assert recompute_segments(generator)
    assert activation_bytes(generator, example) < 0.9 * plain
    assert activation_bytes(generator, example, recomputes=False) == plain


def test_gradient_checkpointing_changes_no_weight_and_may_be_set_on_resuming(
    faces: list[TrainingFace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gan = load_config("default_gan")
    config = dataclasses.replace(
        TINY, samples=16, discriminator=gan.discriminator, losses=gan.losses
    )
    whole = run(faces, tmp_path / "whole", config)
    run(faces, tmp_path / "parts", dataclasses.replace(config, samples=8))
    inputs: list[torch.Tensor] = []
    original = recomputation.checkpoint

    def noted(segment: torch.nn.Module, x: torch.Tensor, **options: Any) -> Any:
        inputs.append(x)
        return original(segment, x, **options)

    monkeypatch.setattr(recomputation, "checkpoint", noted)
    saving = dataclasses.replace(config, gradient_checkpointing=True)
    parts = run(faces, tmp_path / "parts", saving, resume=True)
    # Two steps of the generator's two segments: G1 and G2's only block.
    assert len(inputs) == 4
    assert all(torch.equal(weights(whole)[name], value) for name, value in weights(parts).items())


def test_gradient_checkpointing_of_a_network_without_it_is_refused() -> None:
    for name in ("pix2pix", "two_way_gan", "cogan"):
        config = dataclasses.replace(load_config(name), gradient_checkpointing=True)
        with pytest.raises(ConfigError, match="no gradient_checkpointing: leave it out"):
            new_state(config)


def test_resuming_another_architecture_is_refused(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    run(faces, tmp_path, dataclasses.replace(TINY, samples=4))
    other = dataclasses.replace(TINY, generator=EditGeneratorConfig((16, 32, 64), 16, 1))
    with pytest.raises(ConfigError, match="another generator"):
        load_state(other, tmp_path)


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to resume"):
        load_state(TINY, tmp_path)


def test_the_onnx_of_a_checkpoint_equals_its_torch_network(tmp_path: Path) -> None:
    torch.manual_seed(1)
    card_path = save_checkpoint(
        EditGenerator(TINY.generator), TINY.generator, tmp_path / "tiny", {"licence": "x"}
    )
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
