"""Typed training configuration; one JSON file each in `training/configs`, kept with the weights."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from retouch_engine.networks import EditGeneratorConfig

PRECISIONS = ("auto", "bf16", "fp32")
CONFIGS = Path(__file__).parent / "configs"


class ConfigError(ValueError):
    """A training configuration that cannot be used; the message says which key and why."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms; see `losses.edit_loss`."""

    composite: float = 10.0
    edited_pixels: float = 9.0
    residual: float = 10.0
    mask: float = 1.0
    kinds: float = 0.5


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run besides the data: a run's seed and config reproduce it.

    batch: crops of one step on one device, of which `accumulation` make one update; precision:
    `auto` (bf16 where the device is fast at it), `bf16` or `fp32`; paint: paint spots on the
    source side of real pairs too (portraits are always painted).
    """

    method: str = "paired"
    generator: EditGeneratorConfig = field(default_factory=EditGeneratorConfig)
    losses: LossWeights = field(default_factory=LossWeights)
    seed: int = 1
    crop: int = 256
    batch: int = 8
    samples: int = 120_000
    learning_rate: float = 8e-4
    warm_up_samples: int = 2_000
    ema_decay: float = 0.999
    gradient_clip: float = 1.0
    accumulation: int = 1
    precision: str = "auto"
    paint: bool = False
    face_width_range: tuple[int, int] = (220, 640)
    validate_every_samples: int = 8_000
    checkpoint_every_samples: int = 2_000

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """Build a config from JSON values; raises ConfigError on an unknown key or bad value."""
        merged = _checked(cls, values, "")
        merged["generator"] = _nested(EditGeneratorConfig, merged.get("generator", {}), "generator")
        merged["losses"] = _nested(LossWeights, merged.get("losses", {}), "losses")
        if "face_width_range" in merged:
            low, high = merged["face_width_range"]
            merged["face_width_range"] = (int(low), int(high))
        config = cls(**merged)
        if config.precision not in PRECISIONS:
            raise ConfigError(f"precision must be one of {', '.join(PRECISIONS)}")
        for key in ("batch", "samples", "accumulation"):
            if getattr(config, key) < 1:
                raise ConfigError(f"{key} must be at least 1")
        if config.crop % config.generator.input_multiple:
            raise ConfigError(f"crop must be a multiple of {config.generator.input_multiple}")
        return config


def _checked(cls: type, values: dict[str, Any], where: str) -> dict[str, Any]:
    known = {f.name for f in fields(cls)}
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown config key {where}{key!r}; known: {', '.join(sorted(known))}"
            )
    return dict(values)


def _nested(cls: type, values: Any, where: str) -> Any:
    checked = _checked(cls, values, f"{where}.")
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in checked.items()})


def load_config(name_or_path: str) -> TrainingConfig:
    """Load a config by name (`default`) or from a JSON file; raises ConfigError."""
    path = Path(name_or_path)
    if not path.is_file():
        path = CONFIGS / f"{name_or_path}.json"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.json")))
        raise ConfigError(f"no config {name_or_path!r}; give a JSON file or one of: {names}")
    try:
        values = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    return TrainingConfig.from_dict(values)
