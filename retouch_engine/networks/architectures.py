"""Generators by name: a name, its options and the edit head are all that a card needs to store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

from torch import nn

from .edit_head import EditNetwork, with_edit_head
from .layers import GeneratorConfig
from .pix2pixhd import GlobalGenerator, GlobalGeneratorConfig, LocalEnhancer, LocalEnhancerConfig
from .resnet_generator import ResnetGenerator, ResnetGeneratorConfig
from .two_way import GlobalUNet, TwoWayConfig
from .unet import UNetConfig, UNetGenerator
from .weights import initialise_normal, initialise_variance_scaling

Options = GeneratorConfig | TwoWayConfig


class ArchitectureError(ValueError):
    """An architecture that cannot be built; the message says which option and why."""


class Entry(NamedTuple):
    """How a named generator is made: options, network, published initialisation."""

    options: type[Any]
    network: Callable[..., Any]
    initialise: Callable[[nn.Module], None]


_ZERO_BIAS = partial(initialise_normal, zero_bias=True)

GENERATORS: Mapping[str, Entry] = {
    "pix2pixhd_global": Entry(GlobalGeneratorConfig, GlobalGenerator, initialise_normal),
    "pix2pixhd_local": Entry(LocalEnhancerConfig, LocalEnhancer, initialise_normal),
    "pix2pix_unet": Entry(UNetConfig, UNetGenerator, _ZERO_BIAS),
    "cyclegan_resnet": Entry(ResnetGeneratorConfig, ResnetGenerator, _ZERO_BIAS),
    "two_way_unet": Entry(TwoWayConfig, GlobalUNet, initialise_variance_scaling),
}


@dataclass(frozen=True)
class Architecture:
    """A published generator with its options; `edit_kinds` > 0 gives it the edit head.

    Without edit head the network maps pictures to pictures, in the range its module documents.
    """

    name: str
    options: Options
    edit_kinds: int = 0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Architecture":
        """Build from {"name", "edit_kinds", option: value …}; raises ArchitectureError."""
        rest = dict(values)
        entry = _entry(rest.pop("name", None))
        edit_kinds = rest.pop("edit_kinds", 0)
        _check_options(rest, {field.name: field.default for field in fields(entry.options)})
        try:
            architecture = cls(values["name"], entry.options(**rest), edit_kinds)
        except ValueError as error:
            raise ArchitectureError(str(error)) from error
        architecture._check_edit_kinds()
        return architecture

    def _check_edit_kinds(self) -> None:
        if not isinstance(self.edit_kinds, int) or self.edit_kinds < 0:
            raise ArchitectureError(f"edit_kinds must be 0 or more, not {self.edit_kinds!r}")
        if self.edit_kinds and not isinstance(self.options, GeneratorConfig):
            raise ArchitectureError(f"{self.name} has no edit head: leave out edit_kinds")

    @property
    def input_multiple(self) -> int:
        """Return what heights and widths must be divisible by."""
        return self.options.input_multiple

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes, every option written out."""
        return {"name": self.name, "edit_kinds": self.edit_kinds, **self.options.to_dict()}

    def build(self) -> nn.Module:
        """Return a freshly initialised network, as published; an `EditNetwork` with edit head."""
        self._check_edit_kinds()
        entry = _entry(self.name)
        if not self.edit_kinds or not isinstance(self.options, GeneratorConfig):
            network: nn.Module = entry.network(self.options)
            entry.initialise(network)
            return network
        generator = entry.network(with_edit_head(self.options, self.edit_kinds))
        entry.initialise(generator)
        return EditNetwork(generator)


def _entry(name: object) -> Entry:
    if name not in GENERATORS:
        raise ArchitectureError(
            f"no architecture {name!r}; give one of: {', '.join(sorted(GENERATORS))}"
        )
    return GENERATORS[str(name)]


def _check_options(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in defaults:
            known = ", ".join(sorted(defaults))
            raise ArchitectureError(f"unknown option {name!r}; known: {known}")
        needed = type(defaults[name])
        if type(value) is not needed:
            raise ArchitectureError(f"{name} must be of type {needed.__name__}, not {value!r}")
