"""What the published image-to-image generators have in common: options, layers, residual blocks."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .recomputation import Stages

Norm = Literal["instance", "batch", "none"]
Padding = Literal["zero", "reflect"]
PaddingMode = Literal["zeros", "reflect"]
Upsampling = Literal["transposed", "resize"]


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig:
    """Options that every image-to-image generator has; the defaults are the published choices.

    norm: "none" is ours, a remedy against droplets. padding: of the down-sampling convolutions;
    "reflect" is the remedy against bright spots at borders. upsampling: "resize" (nearest, then a
    3 x 3 convolution) is the remedy against checkerboards (Odena et al. 2016). tanh: false leaves
    the output unbounded, as an edit head needs it. Raises ValueError for a value that is no choice.
    """

    input_channels: int = 3
    output_channels: int = 3
    ngf: int = 64
    norm: Norm = "instance"
    padding: Padding = "zero"
    upsampling: Upsampling = "transposed"
    tanh: bool = True

    def __post_init__(self) -> None:
        check_choice("norm", self.norm, get_args(Norm))
        check_choice("padding", self.padding, get_args(Padding))
        check_choice("upsampling", self.upsampling, get_args(Upsampling))
        for name in ("input_channels", "output_channels", "ngf"):
            check_at_least(name, getattr(self, name), 1)

    @property
    def convolution_bias(self) -> bool:
        """Return whether convolutions before a norm have a bias."""
        return True

    @property
    def input_multiple(self) -> int:
        """Return what heights and widths must be divisible by."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a card."""
        return asdict(self)


class ImageGenerator(nn.Module):
    """A generator from image to image, (N, input_channels, H, W) in -1..1 to output_channels.

    With `tanh` the output is in -1..1. Raises ValueError where H or W is no multiple of
    `config.input_multiple`.
    """

    config: GeneratorConfig

    @property
    def output_layer(self) -> nn.Conv2d | nn.ConvTranspose2d:
        """Return the last convolution, the one that an edit head makes wider."""
        raise NotImplementedError


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """Return instance norm without, batch norm with, learnt scales; identity for "none"."""
    if norm == "instance":
        return nn.InstanceNorm2d(channels)
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.Identity()


def padding_mode(config: GeneratorConfig) -> PaddingMode:
    """Return the framework's name for the padding of down-sampling convolutions."""
    return "zeros" if config.padding == "zero" else "reflect"


def wide_convolution(inputs: int, outputs: int, *, bias: bool = True) -> nn.Conv2d:
    """Return the 7 x 7 convolution of stem and output, always padded by reflection."""
    return nn.Conv2d(inputs, outputs, 7, padding=3, padding_mode="reflect", bias=bias)


def stem(config: GeneratorConfig, outputs: int) -> list[nn.Module]:
    """Return 7 x 7 convolution, norm, ReLU."""
    convolution = wide_convolution(config.input_channels, outputs, bias=config.convolution_bias)
    return [convolution, norm_layer(config.norm, outputs), nn.ReLU(inplace=True)]


def downsampling(config: GeneratorConfig, inputs: int) -> list[nn.Module]:
    """Return 3 x 3 convolution of stride 2 that doubles the channels, norm, ReLU."""
    mode, bias = padding_mode(config), config.convolution_bias
    convolution = nn.Conv2d(inputs, inputs * 2, 3, 2, padding=1, padding_mode=mode, bias=bias)
    return [convolution, norm_layer(config.norm, inputs * 2), nn.ReLU(inplace=True)]


def upsampling(config: GeneratorConfig, inputs: int) -> list[nn.Module]:
    """Return layers that double the size and halve the channels, norm, ReLU."""
    outputs, bias = inputs // 2, config.convolution_bias
    enlarge: list[nn.Module]
    if config.upsampling == "transposed":
        enlarge = [
            nn.ConvTranspose2d(inputs, outputs, 3, 2, padding=1, output_padding=1, bias=bias)
        ]
    else:
        enlarge = [
            nn.Upsample(scale_factor=2.0, mode="nearest"),
            nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=bias),
        ]
    return [*enlarge, norm_layer(config.norm, outputs), nn.ReLU(inplace=True)]


def output_layers(config: GeneratorConfig, inputs: int) -> Stages:
    """Return the 7 x 7 convolution to the output channels, and tanh where it is asked for."""
    last = [nn.Tanh()] if config.tanh else []
    return Stages(wide_convolution(inputs, config.output_channels), *last)


class ResnetBlock(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))), 3 x 3, padded by reflection; dropout 0.5 if asked."""

    def __init__(self, config: GeneratorConfig, channels: int, *, dropout: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            self._convolution(config, channels),
            norm_layer(config.norm, channels),
            nn.ReLU(inplace=True),
            *([nn.Dropout(0.5)] if dropout else []),
            self._convolution(config, channels),
            norm_layer(config.norm, channels),
        )

    @staticmethod
    def _convolution(config: GeneratorConfig, channels: int) -> nn.Conv2d:
        bias = config.convolution_bias
        return nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of x's shape."""
        out: Tensor = x + self.body(x)
        return out


def half_size(x: Tensor) -> Tensor:
    """Return x at half size: 3 x 3 means of stride 2, padding not counted (image pyramids)."""
    return F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)


def check_size(x: Tensor, multiple: int) -> None:
    """Raise ValueError unless height and width are multiples of `multiple`."""
    # While a graph is traced for export, sizes are symbols, and the check would become a constant.
    if torch.jit.is_tracing():
        return
    height, width = x.shape[-2:]
    if height % multiple or width % multiple:
        raise ValueError(
            f"height and width must be multiples of {multiple}, got {height} x {width}: "
            "pad or crop the image first"
        )


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    known = tuple(choices)
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")


def check_at_least(name: str, value: int, least: int) -> None:
    """Raise ValueError unless `value` is a whole number of at least `least`."""
    if not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
