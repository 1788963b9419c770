"""The warm predictor: checkpoint, runtime, device policy."""

from .checkpoint import CheckpointCard, CheckpointError, load_card
from .predictor import Prediction, Predictor

__all__ = ["CheckpointCard", "CheckpointError", "Prediction", "Predictor", "load_card"]
