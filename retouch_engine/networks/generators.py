"""Generators as a config names them; all predict an edit for pictures in 0..1."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from . import (
    Architecture,
    ArchitectureError,
    EditGenerator,
    EditGeneratorConfig,
    PictureAsEdit,
    ToneGenerator,
    ToneGeneratorConfig,
    TwoWayConfig,
)

OURS, TONE = "edit_generator", "tone_generator"
GeneratorOptions = EditGeneratorConfig | ToneGeneratorConfig | Architecture


OWN: dict[str, type[EditGeneratorConfig] | type[ToneGeneratorConfig]] = {
    OURS: EditGeneratorConfig,
    TONE: ToneGeneratorConfig,
}


def generator_options(values: Mapping[str, Any]) -> GeneratorOptions:
    """Return the typed options of {"name": …, option: value}; raises ArchitectureError.

    Without a name they are those of our own generator.
    """
    rest = dict(values)
    name = rest.pop("name", OURS)
    if name not in OWN:
        return Architecture.from_dict(values)
    known = OWN[name]().to_dict()
    for key in rest:
        if key not in known:
            raise ArchitectureError(f"unknown option {key!r}; known: {', '.join(sorted(known))}")
    for key in {"global_channels", "concerns", "concern_channels", "channels"} & set(rest):
        rest[key] = tuple(rest[key])
    return OWN[name](**rest)


def options_to_dict(options: GeneratorOptions) -> dict[str, Any]:
    """Return what `generator_options` takes, every option written out."""
    if isinstance(options, Architecture):
        return options.to_dict()
    name = TONE if isinstance(options, ToneGeneratorConfig) else OURS
    return {"name": name, **options.to_dict()}


def build_generator(options: GeneratorOptions) -> nn.Module:
    """Return a fresh network from (N, 3, H, W) in 0..1 to an `EditPrediction`.

    A tone generator's takes a face mask besides, and gives a `TonePrediction`.
    """
    if isinstance(options, EditGeneratorConfig):
        return EditGenerator(options)
    if isinstance(options, ToneGeneratorConfig):
        return ToneGenerator(options)
    network = options.build()
    if options.edit_kinds:
        return network
    return PictureAsEdit(network, unit_range=isinstance(options.options, TwoWayConfig))


def predicts_picture(generator: nn.Module) -> bool:
    """Return whether a generator was published to predict pictures, and does."""
    return isinstance(generator, PictureAsEdit)


def kinds_of(options: GeneratorOptions) -> int:
    """Return how many kinds a generator tells apart, "none" included."""
    if isinstance(options, EditGeneratorConfig):
        return options.kinds
    return 2 if isinstance(options, ToneGeneratorConfig) else options.edit_kinds or 2


def concerns_of(options: GeneratorOptions) -> tuple[str, ...]:
    """Return the names of the smooth changes that a generator predicts beside the edit."""
    return options.concerns if isinstance(options, EditGeneratorConfig) else ()
