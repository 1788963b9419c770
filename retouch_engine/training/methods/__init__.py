"""The ways to train a generator, by the name that a config gives."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from retouch_engine.networks import recompute_segments

from ..config import ConfigError, TrainingConfig
from .base import Batch, Method, Update, frozen
from .cogan import CoGANMethod, CoGANOptions
from .concerns import ConcernMethod
from .cycle import CycleMethod
from .paired import PairedMethod
from .tone import ToneMethod, ToneOptions
from .two_way import TwoWayMethod, TwoWayOptions

METHODS: dict[str, Callable[[TrainingConfig], Method]] = {
    "paired": PairedMethod,
    "cycle": CycleMethod,
    "cogan": lambda config: CoGANMethod(config, method_options(CoGANOptions, config)),
    "concerns": ConcernMethod,
    "tone": lambda config: ToneMethod(config, method_options(ToneOptions, config)),
    "two_way": lambda config: TwoWayMethod(config, method_options(TwoWayOptions, config)),
}

Options = TypeVar("Options", bound=Any)

__all__ = [
    "METHODS",
    "Batch",
    "CoGANMethod",
    "ConcernMethod",
    "CycleMethod",
    "Method",
    "PairedMethod",
    "ToneMethod",
    "TwoWayMethod",
    "Update",
    "build_method",
    "frozen",
]


def method_options(options: type[Options], config: TrainingConfig) -> Options:
    """Return a method's typed options from a config; raises ConfigError on an unknown one."""
    known = {field.name: field.type for field in fields(options)}
    for key, value in config.options.items():
        if key not in known:
            names = ", ".join(sorted(known))
            raise ConfigError(f"unknown option {key!r} of {config.method}; known: {names}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"option {key} of {config.method} must be a number, not {value!r}")
    return options(**config.options)


def build_method(config: TrainingConfig) -> Method:
    """Build the networks and optimisers that a config names; raises ConfigError."""
    if config.method not in METHODS:
        raise ConfigError(f"unknown method {config.method!r}; known: {', '.join(sorted(METHODS))}")
    method = METHODS[config.method](config)
    if config.gradient_checkpointing:
        _recompute(method)
    return method


def _recompute(method: Method) -> None:
    """Switch gradient checkpointing on in every network that has it, which generators must."""
    able = [name for name, network in method.networks.items() if recompute_segments(network)]
    if "generator" not in able:
        raise ConfigError(
            "this config's generator has no gradient_checkpointing: leave it out, or lower batch"
        )
