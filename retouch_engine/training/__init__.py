"""Losses, data sets, the loop and its checkpoints."""

from .checkpoints import load_generator, save_checkpoint
from .config import ConfigError, TrainingConfig, load_config
from .faces import TrainingDataError, TrainingFaces, TrainingPhoto
from .failures import TrainingStoppedError
from .loop import Trainer
from .memory import check_memory
from .samples import TrainingFace
from .state import TrainingState, load_state, new_state, save_state

__all__ = [
    "ConfigError",
    "Trainer",
    "TrainingConfig",
    "TrainingDataError",
    "TrainingFace",
    "TrainingFaces",
    "TrainingPhoto",
    "TrainingState",
    "TrainingStoppedError",
    "check_memory",
    "load_config",
    "load_generator",
    "load_state",
    "new_state",
    "save_checkpoint",
    "save_state",
]
