"""The loop learns, resumes and writes a checkpoint whose ONNX equals the torch network."""

import dataclasses
import json
import os
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.data import default_collate

from retouch_engine.inference import Predictor
from retouch_engine.networks import (
    EditGenerator,
    EditPrediction,
    recomputation,
    recompute_segments,
)
from retouch_engine.networks.generators import build_generator
from retouch_engine.training import (
    ConfigError,
    TrainingConfig,
    TrainingDataError,
    TrainingFace,
    TrainingFaces,
    TrainingPhoto,
    TrainingStoppedError,
    check_memory,
    load_config,
    load_generator,
    new_state,
    save_checkpoint,
)
from retouch_engine.training.appearance import degrade
from retouch_engine.training.config import LossWeights
from retouch_engine.training.loop import Share
from retouch_engine.training.losses import (
    apply_edit,
    concern_loss,
    edit_loss,
    relative_squared_error,
)
from retouch_engine.training.memory import activation_bytes
from retouch_engine.training.samples import TrainingCrops, as_numbers
from tests.support.portraits import encoded, large_astronaut
from tests.support.training import TINY, run, tiny_faces, weights


def test_a_crop_depends_on_seed_and_index_alone(faces: list[TrainingFace]) -> None:
    first = TrainingCrops(faces, TINY, 10)[7]
    second = TrainingCrops(faces, TINY, 20)[7]
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_crops_have_the_documented_shapes_and_ranges(faces: list[TrainingFace]) -> None:
    sample = as_numbers(TrainingCrops(faces, TINY, 10)[1])
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
        samples = [as_numbers(crops[index]) for index in range(30)]
        changed = [(s["source"] - s["target"]).abs().amax(0) > 5 / 255 for s in samples]
        assert any(bool(c.any()) for c in changed)
        assert all(
            bool((s["edited"][0][c] > 0).all()) for s, c in zip(samples, changed, strict=True)
        )
        kinds = {int(kind) for s in samples for kind in s["kinds"].unique()}
        assert kinds == {0, 1} or paint


def test_the_relative_error_counts_a_dark_crop_as_much_as_a_light_one() -> None:
    change = torch.rand(2, 3, 8, 8, generator=torch.manual_seed(0)) * torch.tensor(
        [0.5, 0.1]
    ).reshape(2, 1, 1, 1)
    everywhere = torch.ones(2, 1, 8, 8)
    assert float(relative_squared_error(change * 0, change, everywhere)) == 0.0
    half = [
        float(relative_squared_error(change[k:][:1] / 2, change[k:][:1], everywhere[:1]))
        for k in (0, 1)
    ]
    assert half[0] == pytest.approx(0.25, rel=0.01)
    assert half[1] == pytest.approx(0.25, rel=0.1)
    nowhere = torch.zeros(2, 1, 8, 8)
    assert float(relative_squared_error(change, change, nowhere)) == 0.0


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
    with pytest.raises(TrainingDataError, match="no face of 64 pixels"):
        TrainingFaces([TrainingPhoto(path, "2" * 64)], tmp_path / "cache")[0]


def test_small_faces_as_in_ppr10k_are_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    path.write_bytes(encoded(cv2.resize(large_astronaut(), (360, 360)), "PNG"))
    face = TrainingFaces([TrainingPhoto(path, "3" * 64)], tmp_path / "cache")[0]
    assert 64 <= face.face_width < 130


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
        ('{"learning_rate": "fast"}', 'learning_rate must be a number, not "fast"'),
        ('{"batch": 2.5}', "batch must be a whole number, not 2.5"),
        ('{"losses": {"pixel": true}}', r"losses\.pixel must be a number, not true"),
        ('{"gradient_checkpointing": 1}', "gradient_checkpointing must be true or false, not 1"),
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


WITH_CONCERNS = dataclasses.replace(
    TINY,
    generator=dataclasses.replace(
        TINY.generator,
        concerns=("evenness", "shine", "under_eyes"),  # type: ignore[call-arg]
    ),
)


def test_crops_carry_the_densities_of_the_concerns_that_the_generator_has(
    faces: list[TrainingFace],
) -> None:
    assert "concerns" not in TrainingCrops(faces, TINY, 4)[0]
    under_eyes = np.full_like(faces[0].skin, 200)
    seeing = [dataclasses.replace(faces[0], under_eyes=under_eyes)]
    crops = [TrainingCrops(seeing, WITH_CONCERNS, 40)[index] for index in range(40)]
    truths = torch.stack([crop["concerns"] for crop in crops])
    assert truths.shape == (40, 9, 8, 8)
    painted = truths.unflatten(1, (3, 3)).abs().amax(dim=(2, 3, 4)) > 0
    assert all(2 < int(count) < 36 for count in painted.sum(dim=0))
    assert all(bool(crop["concerns_known"]) for crop in crops)


def test_of_a_real_pair_nobody_knows_the_concerns(faces: list[TrainingFace]) -> None:
    pair = dataclasses.replace(faces[0], target=faces[0].image)
    crop = TrainingCrops([pair], WITH_CONCERNS, 4)[0]
    assert not crop["concerns_known"]
    assert not crop["concerns"].any()


def test_the_loss_of_concerns_counts_known_crops_alone() -> None:
    truth, nothing = torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 8, 8)
    truth[0, :, :2] = 0.2
    densities = truth.clone().requires_grad_()
    wrong = EditPrediction(nothing, nothing, nothing, densities + 0.3, torch.zeros(2, 1, 4, 4))
    total, terms = concern_loss(truth, torch.tensor([True, False]), wrong)
    total.backward()
    assert set(terms) == {
        "concern_needless",
        "concern_densities",
        "concern_gates",
        "concern_relative",
    }
    assert densities.grad is not None
    assert densities.grad[0].any()
    assert not densities.grad[1].any()


def test_the_loss_of_concerns_is_least_at_the_truth() -> None:
    truth, nothing = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 8, 8)
    truth[:, :, :2] = 0.2
    gates = torch.full((1, 1, 4, 4), -9.0)
    gates[:, :, :2] = 9.0
    known = torch.tensor([True])
    right, _ = concern_loss(truth, known, EditPrediction(nothing, nothing, nothing, truth, gates))
    for densities, logits in ((0 * truth, gates), (truth, -gates), (truth + 0.1, gates)):
        prediction = EditPrediction(nothing, nothing, nothing, densities, logits)
        assert concern_loss(truth, known, prediction)[0] > 5 * right


def test_a_fault_that_may_be_there_is_corrected_in_part() -> None:
    truth, nothing = torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 8, 8)
    truth[0] = 0.1
    gates = torch.full((2, 1, 4, 4), 9.0)
    known = torch.tensor([True, True])

    def total(share: float) -> float:
        guess = torch.full((2, 3, 4, 4), 0.1 * share)
        _, terms = concern_loss(
            truth, known, EditPrediction(nothing, nothing, nothing, guess, gates)
        )
        return float(terms["concern_relative"])

    # A fault not corrected and one imagined do not weigh alike; between them lies the least.
    assert total(0.2) < total(0.0) < total(1.0)


def test_a_generator_with_concerns_trains_and_tells_them_on_its_card(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    state = run(faces, tmp_path / "run", WITH_CONCERNS)
    average = state.average.state_dict()
    assert any(name.startswith("concern_branch") for name in average)
    card = save_checkpoint(state.average, WITH_CONCERNS.generator, tmp_path / "with_concerns", {})
    predictor = Predictor.load(card)
    assert predictor.card.concerns == ("blemishes", "evenness", "shine", "under_eyes")
    prediction = predictor.predict(np.full((50, 70, 3), 128, np.uint8))
    assert {name: part.shape for name, part in prediction.concerns.items()} == dict.fromkeys(
        ("evenness", "shine", "under_eyes"), (7, 9, 3)
    )


@pytest.mark.parametrize("count", [1, 7, 10, 10_000])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_process_gets_as_many_crops_and_none_twice(count: int, processes: int) -> None:
    shares = [list(Share(range(5, 5 + count), n, processes)) for n in range(processes)]
    assert len({len(share) for share in shares}) == 1
    seen = [crop for share in shares for crop in share]
    assert len(set(seen)) == len(seen) == count - count % processes


def test_pairs_and_portraits_that_were_searched_for_spots_make_one_batch() -> None:
    (portrait,) = tiny_faces()
    searched = dataclasses.replace(
        portrait, healed=portrait.image.copy(), doubtful=np.zeros(portrait.skin.shape, np.uint8)
    )
    pair = dataclasses.replace(portrait, target=portrait.image.copy())
    config = dataclasses.replace(TINY, real_spots_by="shipped")
    items = [TrainingCrops([face], config, 1)[0] for face in (searched, pair, portrait)]
    batch = default_collate(items)
    assert batch["counted"].shape == batch["edited"].shape
    assert (batch["counted"][1:] == 255).all()
