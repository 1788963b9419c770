"""The training loop: generator only, EMA weights, resumable, validated through a callback."""

import json
import math
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from retouch_engine.networks import EditGenerator

from .config import ConfigError, TrainingConfig
from .losses import edit_loss
from .samples import PaintedCrops, TrainingFace

Validate = Callable[[EditGenerator], dict[str, float]]


@dataclass
class TrainingState:
    """What a resumed run needs: both weights, the optimiser and how many samples were seen."""

    generator: EditGenerator
    average: EditGenerator
    optimiser: torch.optim.Optimizer
    samples: int = 0


def new_state(config: TrainingConfig) -> TrainingState:
    """Return a freshly initialised state, reproducible by `config.seed`."""
    torch.manual_seed(config.seed)
    generator = EditGenerator(config.generator)
    optimiser = torch.optim.AdamW(
        generator.parameters(), lr=config.learning_rate, weight_decay=1e-4
    )
    return TrainingState(generator, deepcopy(generator).requires_grad_(False), optimiser)


def save_state(state: TrainingState, config: TrainingConfig, folder: Path) -> None:
    """Write the state atomically, so that a kill at any moment leaves the last whole one."""
    temporary = folder / "state.tmp"
    values = {
        "generator": state.generator.state_dict(),
        "average": state.average.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "samples": state.samples,
        "config": json.dumps(config.to_dict()),
    }
    torch.save(values, temporary)
    temporary.replace(folder / "state.pt")


def load_state(config: TrainingConfig, folder: Path) -> TrainingState:
    """Read the state of a run; raises ConfigError when there is none or it is of another config."""
    path = folder / "state.pt"
    if not path.is_file():
        raise ConfigError(f"nothing to resume in {folder}: start the run without --resume")
    values = torch.load(path, weights_only=True)
    stored = json.loads(values["config"])
    if stored["generator"] != json.loads(json.dumps(config.generator.to_dict())):
        raise ConfigError("the run to resume has another architecture than this config")
    state = new_state(config)
    state.generator.load_state_dict(values["generator"])
    state.average.load_state_dict(values["average"])
    state.optimiser.load_state_dict(values["optimiser"])
    state.samples = values["samples"]
    return state


def learning_rate(config: TrainingConfig, samples: int) -> float:
    """Return the linear warm-up, then cosine, learning rate after `samples` samples."""
    if samples < config.warm_up_samples:
        return config.learning_rate * (samples + 1) / config.warm_up_samples
    share = (samples - config.warm_up_samples) / max(config.samples - config.warm_up_samples, 1)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


def train(
    faces: list[TrainingFace],
    config: TrainingConfig,
    folder: Path,
    *,
    state: TrainingState,
    validate: Validate,
    workers: int = 1,
) -> TrainingState:
    """Train until `config.samples` samples were seen; logs JSON lines to FOLDER/log.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    batches = _batches(faces, config, state.samples, workers)
    progress = tqdm(total=config.samples, initial=state.samples, unit="sample", smoothing=0.05)
    started = time.monotonic()
    while state.samples < config.samples:
        terms = train_step(state, next(batches), config)
        progress.update(config.batch)
        progress.set_postfix(composite=f"{terms['composite']:.3f}", refresh=False)
        if _due(state.samples, config.batch, config.checkpoint_every_samples):
            save_state(state, config, folder)
            _log(folder, {"samples": state.samples, "seconds": time.monotonic() - started, **terms})
        if _due(state.samples, config.batch, config.validate_every_samples):
            metrics = validate(state.average)
            _log(folder, {"samples": state.samples, "validation": metrics})
            tqdm.write(f"{state.samples} samples: {json.dumps(metrics)}")
    progress.close()
    save_state(state, config, folder)
    return state


def train_step(
    state: TrainingState, batch: dict[str, Tensor], config: TrainingConfig
) -> dict[str, float]:
    """Do one optimiser step; a step whose loss is not finite is skipped."""
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(config, state.samples)
    source = batch["source"]
    prediction = state.generator(source)
    total, terms = edit_loss(
        source, batch["target"], batch["edited"], batch["kinds"], prediction, config.losses
    )
    state.optimiser.zero_grad(set_to_none=True)
    if torch.isfinite(total):
        total.backward()
        torch.nn.utils.clip_grad_norm_(state.generator.parameters(), config.gradient_clip)
        state.optimiser.step()
        _update_average(state, config)
    state.samples += len(source)
    return {**terms, "total": float(total.detach())}


@torch.no_grad()
def _update_average(state: TrainingState, config: TrainingConfig) -> None:
    # A short horizon at first, or the average would remember the random start for long.
    steps = state.samples / config.batch
    decay = min(config.ema_decay, (1 + steps) / (10 + steps))
    for average, value in zip(
        state.average.parameters(), state.generator.parameters(), strict=True
    ):
        average.lerp_(value, 1 - decay)


def _batches(
    faces: list[TrainingFace], config: TrainingConfig, start: int, workers: int
) -> Iterator[dict[str, Any]]:
    crops = PaintedCrops(faces, config, start)
    return iter(DataLoader(crops, batch_size=config.batch, num_workers=workers))


def _due(samples: int, batch: int, every: int) -> bool:
    return samples // every != (samples - batch) // every


def _log(folder: Path, values: dict[str, Any]) -> None:
    with (folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(values) + "\n")
