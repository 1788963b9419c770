"""The ways to train a generator, by the name that a config gives."""

from ..config import ConfigError, TrainingConfig
from .base import Batch, Method, Update, frozen
from .paired import PairedMethod

METHODS: dict[str, type[PairedMethod]] = {"paired": PairedMethod}

__all__ = ["METHODS", "Batch", "Method", "PairedMethod", "Update", "build_method", "frozen"]


def build_method(config: TrainingConfig) -> Method:
    """Build the networks and optimisers that a config names; raises ConfigError."""
    if config.method not in METHODS:
        raise ConfigError(f"unknown method {config.method!r}; known: {', '.join(sorted(METHODS))}")
    return METHODS[config.method](config)
