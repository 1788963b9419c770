"""Typed training configuration; one JSON file each in `training/configs`, kept with the weights."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from retouch_engine.networks import (
    Architecture,
    ArchitectureError,
    DiscriminatorConfig,
    EditGeneratorConfig,
    FeatureEncoderConfig,
    GeneratorConfig,
)
from retouch_engine.networks.generators import GeneratorOptions, generator_options, options_to_dict

PRECISIONS = ("auto", "bf16", "fp32")
SCHEDULES = ("cosine", "linear_decay")
PORTRAITS = ("paint", "unpaired")
PLAIN_TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
CONFIGS = Path(__file__).parent / "configs"

GanMode = Literal["lsgan", "vanilla"]


class ConfigError(ValueError):
    """A training configuration that cannot be used; the message says which key and why."""


class TrainingDataError(ValueError):
    """Training photos that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms.

    composite to kinds: of the edit head, see `losses.edit_loss`; residual_relative: of the squared
    error as a share of each crop's change; mask_positive: how much more an
    edited pixel weighs in the mask's term; concerns: of the smooth changes beside the edit; pixel:
    L1 between picture and target; vgg: pix2pixHD's perceptual term (published 10), which needs
    `vgg_weights`; adversarial, feature_matching: with a discriminator; cycle, identity: on unpaired
    crops, identity as a share of cycle.
    """

    composite: float = 10.0
    edited_pixels: float = 9.0
    residual: float = 10.0
    residual_squared: float = 0.0
    residual_relative: float = 0.0
    mask: float = 1.0
    mask_positive: float = 1.0
    kinds: float = 0.5
    concerns: float = 10.0
    pixel: float = 0.0
    vgg: float = 0.0
    adversarial: float = 1.0
    feature_matching: float = 10.0
    cycle: float = 10.0
    identity: float = 0.5


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run besides the data: a run's seed and config reproduce it.

    method: a name in `methods.METHODS`; options: that method's own; discriminator: None trains
    without one. encoder: the feature encoder E, trained with a generator of as many more
    input_channels; None for none. batch: crops of one step on one device, of which `accumulation`
    make one update. schedule: `cosine` after the warm-up, or `linear_decay`: even for the first
    half, then down to zero. gradient_clip: the largest norm, 0 for no limit.
    gradient_checkpointing: compute the generator's stages again for the backward pass instead of
    keeping what they gave; the same numbers for less memory and more time. precision: `auto`
    (bf16 where the device is fast at it), `bf16` or `fp32`. paint: paint spots on the source side
    of real pairs too. paint_concerns: paint uneven colour, shine and dark lids on both sides where
    the generator does not predict them, as what must stay. portraits: what single portraits are:
    clean ones to `paint` on, or the `unpaired` rest. fix_global_samples: train the finest enhancer
    alone for so long (pix2pixHD's G2). skin_reference: the optical density in red, green and blue
    to which darker skin is brought before the network, see `inference.skin_gain`; None leaves it.
    vgg_weights: safetensors of VGG19's features, supplied by the user, for losses.vgg.
    real_spots_by: the name of a checkpoint that finds the spots which portraits have already, to be
    removed like painted ones; "" trusts every portrait to be clean.
    """

    name: str = "custom"
    method: str = "paired"
    generator: GeneratorOptions = field(default_factory=EditGeneratorConfig)
    discriminator: DiscriminatorConfig | None = None
    encoder: FeatureEncoderConfig | None = None
    gan_mode: GanMode = "lsgan"
    image_pool: int = 0
    losses: LossWeights = field(default_factory=LossWeights)
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 1
    crop: int = 256
    batch: int = 8
    samples: int = 120_000
    learning_rate: float = 8e-4
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 1e-4
    schedule: str = "cosine"
    warm_up_samples: int = 2_000
    ema_decay: float = 0.999
    gradient_clip: float = 1.0
    accumulation: int = 1
    gradient_checkpointing: bool = False
    precision: str = "auto"
    paint: bool = False
    paint_concerns: bool = False
    portraits: str = "paint"
    fix_global_samples: int = 0
    vgg_weights: str = ""
    real_spots_by: str = ""
    skin_reference: tuple[float, ...] | None = None
    face_width_range: tuple[int, int] = (220, 640)
    validate_every_samples: int = 8_000
    checkpoint_every_samples: int = 2_000

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, which `from_dict` takes."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["generator"] = options_to_dict(self.generator)
        values["losses"] = asdict(self.losses)
        values["discriminator"] = self.discriminator.to_dict() if self.discriminator else None
        values["encoder"] = self.encoder.to_dict() if self.encoder else None
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """Build a config from JSON values; raises ConfigError on an unknown key or bad value."""
        merged = _checked(cls, values, "")
        try:
            merged["generator"] = generator_options(merged.get("generator", {}))
            for key, options in (
                ("discriminator", DiscriminatorConfig),
                ("encoder", FeatureEncoderConfig),
            ):
                if merged.get(key) is not None:
                    merged[key] = _nested(options, merged[key], key)
            merged["losses"] = _nested(LossWeights, merged.get("losses", {}), "losses")
            for pair in ("face_width_range", "betas"):
                if pair in merged:
                    low, high = merged[pair]
                    merged[pair] = (low, high)
            if merged.get("skin_reference") is not None:
                red, green, blue = (float(value) for value in merged["skin_reference"])
                merged["skin_reference"] = (red, green, blue)
            config = cls(**merged)
        except (ArchitectureError, TypeError, ValueError) as error:
            raise ConfigError(str(error)) from error
        config.check()
        return config

    def check(self) -> None:
        """Raise ConfigError where values contradict each other or are none of the choices."""
        choices = {
            "precision": PRECISIONS,
            "schedule": SCHEDULES,
            "portraits": PORTRAITS,
            "gan_mode": get_args(GanMode),
        }
        for key, allowed in choices.items():
            if getattr(self, key) not in allowed:
                raise ConfigError(f"{key} must be one of {', '.join(allowed)}")
        for key in ("batch", "samples", "accumulation", "crop"):
            if not isinstance(getattr(self, key), int) or getattr(self, key) < 1:
                raise ConfigError(f"{key} must be a whole number, at least 1")
        if self.crop % self.generator.input_multiple:
            raise ConfigError(f"crop must be a multiple of {self.generator.input_multiple}")
        if self.losses.vgg and not self.vgg_weights:
            raise ConfigError("losses.vgg needs vgg_weights: a file of VGG19's features")
        if self.losses.vgg and self.method != "paired":
            raise ConfigError(f"the method {self.method!r} has no losses.vgg: leave it out")
        self._check_encoder()

    def _check_encoder(self) -> None:
        features = self.encoder.output_channels if self.encoder else 0
        if self.encoder is not None and self.method != "paired":
            raise ConfigError(f"the method {self.method!r} trains without encoder: leave it out")
        if self.encoder is not None and self.crop % self.encoder.input_multiple:
            raise ConfigError(
                f"crop must be a multiple of {self.encoder.input_multiple}, as encoder needs it"
            )
        options = self.generator.options if isinstance(self.generator, Architecture) else None
        if not isinstance(options, GeneratorConfig):
            if features:
                raise ConfigError("the encoder needs a published generator with input_channels")
        elif options.input_channels != 3 + features:
            reason = f"3 and the encoder's output_channels {features}" if features else "no encoder"
            raise ConfigError(
                f"generator.input_channels must be {3 + features} ({reason}), "
                f"not {options.input_channels}"
            )


def _checked(cls: type, values: dict[str, Any], where: str) -> dict[str, Any]:
    known = {f.name for f in fields(cls)}
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown config key {where}{key!r}; known: {', '.join(sorted(known))}"
            )
    for f in fields(cls):
        if f.name in values and type(f.default) in PLAIN_TYPES:
            _check_type(f"{where}{f.name}", values[f.name], type(f.default))
    return dict(values)


def _check_type(key: str, value: object, wanted: type) -> None:
    allowed = (int, float) if wanted is float else (wanted,)
    # type() rather than isinstance: true is no number.
    if type(value) not in allowed:
        raise ConfigError(f"{key} must be {PLAIN_TYPES[wanted]}, not {json.dumps(value)}")


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
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no object of config keys")
    return TrainingConfig.from_dict({"name": path.stem, **values})
