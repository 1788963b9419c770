"""A tiny training that takes a second."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from skimage.data import astronaut

from retouch_engine.networks import EditGeneratorConfig
from retouch_engine.training import (
    Trainer,
    TrainingConfig,
    TrainingFace,
    TrainingState,
    load_state,
    new_state,
)

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


def tiny_faces() -> list[TrainingFace]:
    skin = np.zeros((240, 240), np.uint8)
    skin[60:200, 60:180] = 255
    return [TrainingFace(np.ascontiguousarray(astronaut()[:240, 100:340]), skin, 110.0)]


def trainer_of(
    state: TrainingState, config: TrainingConfig, folder: Path, workers: int = 0
) -> Trainer:
    return Trainer(
        state, config, folder, validate=lambda generator: {}, workers=workers, device="cpu"
    )


def run(
    faces: Sequence[TrainingFace],
    folder: Path,
    config: TrainingConfig,
    resume: bool = False,
    workers: int = 0,
) -> TrainingState:
    state = load_state(config, folder) if resume else new_state(config)
    return trainer_of(state, config, folder, workers).run(faces)


def weights(state: TrainingState) -> dict[str, torch.Tensor]:
    return {
        **{f"generator.{k}": v for k, v in state.method.generator.state_dict().items()},
        **{f"average.{k}": v for k, v in state.average.state_dict().items()},
    }
