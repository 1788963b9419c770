"""What a run is at one moment: every network, optimiser and random state; saved in one file."""

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .config import ConfigError, TrainingConfig
from .methods import Method, build_method

STATE_FILE = "state.pt"


@dataclass
class TrainingState:
    """A resumable run.

    average: the exponential moving average of the generator that is exported; samples: how many
    crops were seen; skipped: steps without an update, since their loss was not finite.
    """

    method: Method
    average: nn.Module
    samples: int = 0
    skipped: int = 0
    rolled_back: int = 0


def new_state(config: TrainingConfig) -> TrainingState:
    """Return a freshly initialised state, reproducible by `config.seed`."""
    torch.manual_seed(config.seed)
    method = build_method(config)
    return TrainingState(method, deepcopy(method.generator).requires_grad_(False))


def save_state(state: TrainingState, config: TrainingConfig, folder: Path) -> None:
    """Write the state atomically: a kill or a full disk leaves the last whole one.

    Raises OSError, the half-written file removed.
    """
    temporary = folder / f"{STATE_FILE}.tmp"
    try:
        torch.save(_values(state, config), temporary)
        temporary.replace(folder / STATE_FILE)
    except (OSError, RuntimeError) as error:
        temporary.unlink(missing_ok=True)
        # torch's writer reports a full disk as a RuntimeError.
        raise OSError(f"the training state could not be written to {folder}: {error}") from error


def _values(state: TrainingState, config: TrainingConfig) -> dict[str, Any]:
    method = state.method
    values = {
        "networks": {name: network.state_dict() for name, network in method.networks.items()},
        "optimisers": {name: one.state_dict() for name, one in method.optimisers.items()},
        "average": state.average.state_dict(),
        "method": method.extra_state(),
        "samples": state.samples,
        "skipped": state.skipped,
        "rng": torch.get_rng_state(),
        "config": json.dumps(config.to_dict()),
    }
    if torch.cuda.is_available():
        values["cuda_rng"] = torch.cuda.get_rng_state_all()
    return values


def load_state(config: TrainingConfig, folder: Path) -> TrainingState:
    """Read the state of a run; raises ConfigError when there is none or it is of another config."""
    path = folder / STATE_FILE
    if not path.is_file():
        raise ConfigError(f"nothing to resume in {folder}: start the run without --resume")
    state = new_state(config)
    restore_state(state, config, path)
    return state


def restore_state(state: TrainingState, config: TrainingConfig, path: Path) -> None:
    """Bring a state back to what was saved at `path`; raises ConfigError."""
    values = torch.load(path, weights_only=True, map_location="cpu")
    stored, wanted = json.loads(values["config"]), json.loads(json.dumps(config.to_dict()))
    changed = [key for key in wanted if key not in MAY_CHANGE and stored.get(key) != wanted[key]]
    if changed:
        raise ConfigError(
            f"the run to resume has another {', '.join(changed)} than this config: resume it with "
            "its own config, or start a new run"
        )
    method = state.method
    for name, network in method.networks.items():
        network.load_state_dict(values["networks"][name])
    for name, optimiser in method.optimisers.items():
        optimiser.load_state_dict(values["optimisers"][name])
    state.average.load_state_dict(values["average"])
    method.load_extra_state(values["method"])
    state.samples, state.skipped = values["samples"], values["skipped"]
    torch.set_rng_state(values["rng"])
    if "cuda_rng" in values and torch.cuda.device_count() == len(values["cuda_rng"]):
        torch.cuda.set_rng_state_all(values["cuda_rng"])


# What a run may be given anew when it goes on: length, how often it reports, where a file lies, and
# what saves memory without a change of numbers.
MAY_CHANGE = {
    "vgg_weights",
    "samples",
    "validate_every_samples",
    "checkpoint_every_samples",
    "gradient_checkpointing",
}
