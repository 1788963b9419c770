"""Losses, data sets, the loop and its checkpoints."""

from .checkpoints import load_generator, save_checkpoint
from .config import ConfigError, TrainingConfig, load_config
from .faces import load_faces
from .loop import TrainingState, load_state, new_state, save_state, train
from .samples import TrainingFace

__all__ = [
    "ConfigError",
    "TrainingConfig",
    "TrainingFace",
    "TrainingState",
    "load_config",
    "load_faces",
    "load_generator",
    "load_state",
    "new_state",
    "save_checkpoint",
    "save_state",
    "train",
]
