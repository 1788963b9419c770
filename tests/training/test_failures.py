"""What goes wrong in a run: nothing is lost, and one clear line says how to go on."""

import dataclasses
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from retouch_engine.training import (
    ConfigError,
    TrainingConfig,
    TrainingDataError,
    TrainingFace,
    TrainingFaces,
    TrainingPhoto,
    TrainingState,
    TrainingStoppedError,
    load_state,
    loop,
    new_state,
)
from retouch_engine.training.methods import Batch, Update
from tests.support.portraits import encoded, large_astronaut
from tests.support.training import TINY, run, trainer_of, weights

SHORT = dataclasses.replace(TINY, samples=24, checkpoint_every_samples=12)
BEGUN = dataclasses.replace(TINY, samples=8)
# Every write to it fails as on a full disk.
FULL_DISK = Path("/dev/full")
needs_full_disk = pytest.mark.skipif(not FULL_DISK.exists(), reason="needs Linux's /dev/full")


def poison(state: TrainingState, broken: Callable[[], bool] = lambda: True) -> None:
    """Spoil the weights and make the loss not finite for as long as `broken` says so."""
    original = state.method.step

    def step(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        if not broken():
            return original(batch, update)
        with torch.no_grad():
            state.method.generator.local_stem.weight.add_(1000.0)
        return original(batch, lambda name, loss: update(name, loss * float("nan")))

    state.method.step = step  # type: ignore[method-assign]


def one_line(stopped: pytest.ExceptionInfo[TrainingStoppedError]) -> str:
    message = str(stopped.value)
    assert "\n" not in message
    assert "Traceback" not in message
    return message


def test_a_loss_that_is_not_finite_changes_no_weight(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    config = dataclasses.replace(TINY, samples=12)
    state = new_state(config)
    before = {name: value.clone() for name, value in weights(state).items()}
    original = state.method.step

    def poisoned(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        return original(batch, lambda name, loss: update(name, loss * float("nan")))

    state.method.step = poisoned  # type: ignore[method-assign]
    trainer_of(state, config, tmp_path).run(faces)
    assert state.skipped == 3
    after = weights(state)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_after_many_steps_without_a_finite_loss_the_last_good_weights_come_back(
    faces: list[TrainingFace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SKIPS_BEFORE_ROLL_BACK", 3)
    run(faces, tmp_path, BEGUN)
    config = dataclasses.replace(TINY, samples=32, checkpoint_every_samples=10**6)
    state = load_state(config, tmp_path)
    poison(state, broken=lambda: state.rolled_back == 0)
    trainer_of(state, config, tmp_path).run(faces)
    assert (state.samples, state.skipped, state.rolled_back) == (32, 3, 1)
    assert all(float(value.abs().max()) < 10 for value in weights(state).values())


def test_a_run_that_only_gives_nan_gives_up_and_keeps_the_last_good_weights(
    faces: list[TrainingFace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SKIPS_BEFORE_ROLL_BACK", 3)
    saved = run(faces, tmp_path, BEGUN)
    config = dataclasses.replace(TINY, samples=400, checkpoint_every_samples=10**6)
    state = load_state(config, tmp_path)
    poison(state)
    with pytest.raises(TrainingStoppedError, match=r"not finite.*learning_rate"):
        trainer_of(state, config, tmp_path).run(faces)
    again = load_state(config, tmp_path)
    assert all(torch.equal(weights(saved)[name], value) for name, value in weights(again).items())


@needs_full_disk
@pytest.mark.parametrize("file", ["state.pt.tmp", "log.jsonl"])
def test_a_full_disk_stops_the_run_and_leaves_the_last_state_whole(
    faces: list[TrainingFace], tmp_path: Path, file: str
) -> None:
    run(faces, tmp_path, BEGUN)
    (tmp_path / file).unlink(missing_ok=True)
    (tmp_path / file).symlink_to(FULL_DISK)
    with pytest.raises(TrainingStoppedError, match=r"disk is full: make room.*--resume") as stopped:
        run(faces, tmp_path, SHORT, resume=True)
    assert str(tmp_path) in one_line(stopped)
    (tmp_path / file).unlink(missing_ok=True)
    assert load_state(SHORT, tmp_path).samples == BEGUN.samples
    assert run(faces, tmp_path, SHORT, resume=True).samples == SHORT.samples


@needs_full_disk
def test_a_disk_that_is_full_before_anything_was_saved_says_so(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    (tmp_path / "state.pt.tmp").symlink_to(FULL_DISK)
    with pytest.raises(TrainingStoppedError, match=r"disk is full.*start again.*nothing was saved"):
        run(faces, tmp_path, SHORT)


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"PK\x03\x04 not a state"):
        (tmp_path / "state.pt").write_bytes(data)
        with pytest.raises(ConfigError, match=r"state\.pt is damaged"):
            load_state(SHORT, tmp_path)


@pytest.mark.parametrize("workers", [0, 1])
def test_photos_that_vanish_stop_the_run_with_one_clear_line(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    gone = TrainingPhoto(tmp_path / "gone.png", "0" * 64)
    photos = [TrainingPhoto(path, "1" * 64), gone]
    faces = TrainingFaces(photos, tmp_path / "cache")
    with pytest.raises(TrainingStoppedError, match=r"gone.png is gone.*--resume") as stopped:
        run(faces, tmp_path / "run", SHORT, workers=workers)
    one_line(stopped)
    assert load_state(SHORT, tmp_path / "run").samples < SHORT.samples


@needs_full_disk
@pytest.mark.parametrize("workers", [0, 1])
def test_a_full_disk_below_the_faces_and_the_state_is_one_line_too(
    tmp_path: Path, workers: int
) -> None:
    gone = TrainingFaces([TrainingPhoto(tmp_path / "gone.png", "0" * 64)], tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.pt.tmp").symlink_to(FULL_DISK)
    with pytest.raises(TrainingStoppedError, match="disk is full") as stopped:
        run(gone, tmp_path / "run", SHORT, workers=workers)
    one_line(stopped)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "portrait.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(TrainingDataError, match=rf"remembered in {tmp_path}/cache .*make room"):
        TrainingFaces([TrainingPhoto(path, "1" * 64)], tmp_path / "cache")[0]


class KilledLoader(list[TrainingFace]):
    """Kills the process that reads its n-th face, as the kernel does when memory runs out."""

    def __init__(self, faces: list[TrainingFace], after: int) -> None:
        super().__init__(faces)
        self.left = after

    def __getitem__(self, index: int) -> TrainingFace:  # type: ignore[override]
        self.left -= 1
        if self.left == 0 and torch.utils.data.get_worker_info() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def test_a_loading_process_that_is_killed_stops_the_run_with_one_clear_line(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    run(faces, tmp_path, BEGUN)
    with pytest.raises(TrainingStoppedError, match=r"was killed.*fewer --workers") as stopped:
        run(KilledLoader(faces, after=5), tmp_path, SHORT, resume=True, workers=1)
    one_line(stopped)
    assert load_state(TINY, tmp_path).samples == BEGUN.samples


def test_a_device_without_memory_says_what_to_change(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    state = new_state(TINY)

    def out_of_memory(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        # Stands for a GPU's, which a test cannot have.
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    state.method.step = out_of_memory  # type: ignore[method-assign]
    with pytest.raises(TrainingStoppedError, match=r"memory is full.*gradient_checkpointing"):
        trainer_of(state, TINY, tmp_path).run(faces)


def test_a_programming_error_keeps_its_traceback(faces: list[TrainingFace], tmp_path: Path) -> None:
    state = new_state(TINY)

    def wrong(batch: Batch, update: Update) -> dict[str, torch.Tensor]:
        return {"shape": torch.zeros(2, 3) @ torch.zeros(2, 3)}

    state.method.step = wrong  # type: ignore[method-assign]
    with pytest.raises(RuntimeError) as error:
        trainer_of(state, TINY, tmp_path).run(faces)
    assert not isinstance(error.value, TrainingStoppedError)


def other_architecture() -> TrainingConfig:
    wider = dataclasses.replace(TINY.generator, local_channels=24)
    return dataclasses.replace(TINY, generator=wider)


def test_resuming_another_architecture_is_refused(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    run(faces, tmp_path, dataclasses.replace(TINY, samples=4))
    for config, names in (
        (other_architecture(), "another generator"),
        (dataclasses.replace(TINY, batch=2, seed=2), "another seed, batch"),
    ):
        with pytest.raises(ConfigError, match=names):
            load_state(config, tmp_path)


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to resume"):
        load_state(TINY, tmp_path)
