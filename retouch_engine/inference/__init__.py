"""The warm predictor: checkpoint, runtime, device policy."""

from .checkpoint import CheckpointCard, CheckpointError, load_card
from .predictor import GatheringPredictor, Prediction, Predictor
from .skin_gain import skin_gain
from .styles import Style, StyleError, choose_style, feature_map
from .tone_predictor import TonePredictor

__all__ = [
    "CheckpointCard",
    "CheckpointError",
    "GatheringPredictor",
    "Prediction",
    "Predictor",
    "Style",
    "StyleError",
    "TonePredictor",
    "choose_style",
    "feature_map",
    "load_card",
    "skin_gain",
]
