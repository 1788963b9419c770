"""pix2pix's U-Net generator (Isola et al. 2017, section 3.2.1, as in the authors' PyTorch code)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .layers import (
    GeneratorConfig,
    ImageGenerator,
    Norm,
    check_at_least,
    check_size,
    norm_layer,
    padding_mode,
)


@dataclass(frozen=True, kw_only=True)
class UNetConfig(GeneratorConfig):
    """Options; the defaults are `unet_256` with batch norm and dropout.

    num_downs: halvings, 8 for unet_256 and 7 for unet_128. dropout: 0.5 after the inner layers of
    the decoder; it is the published network's only noise.
    """

    norm: Norm = "batch"
    num_downs: int = 8
    dropout: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("num_downs", self.num_downs, 5)

    @property
    def convolution_bias(self) -> bool:
        """Return whether convolutions before a norm have a bias."""
        return self.norm != "batch"

    @property
    def input_multiple(self) -> int:
        """Return the coarsest grid's cell in input pixels."""
        return 1 << self.num_downs

    def widths(self) -> list[int]:
        """Return the encoder's channels from 1/2 size to the bottleneck: at most 8 x ngf."""
        return [self.ngf * min(1 << level, 8) for level in range(self.num_downs)]


class UNetGenerator(ImageGenerator):
    """4 x 4 convolutions of stride 2 down to the bottleneck, transposed ones up, with skips."""

    def __init__(self, config: UNetConfig | None = None) -> None:
        super().__init__()
        self.config: UNetConfig = config or UNetConfig()
        widths = self.config.widths()
        inputs = [self.config.input_channels, *widths[:-1]]
        pairs = enumerate(zip(inputs, widths, strict=True))
        self.encoder = nn.ModuleList(self._down(level, *pair) for level, pair in pairs)
        inner = range(self.config.num_downs - 1, 0, -1)
        self.decoder = nn.ModuleList(self._up(level, widths) for level in inner)
        last = [nn.Tanh()] if self.config.tanh else []
        enlarge = self._enlarge(2 * widths[0], self.config.output_channels, bias=True)
        self.head = nn.Sequential(nn.ReLU(), *enlarge, *last)

    def _down(self, level: int, inputs: int, outputs: int) -> nn.Sequential:
        mode, bias = padding_mode(self.config), self.config.convolution_bias
        layers: list[nn.Module] = [] if level == 0 else [nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(inputs, outputs, 4, 2, padding=1, padding_mode=mode, bias=bias))
        if 0 < level < self.config.num_downs - 1:
            layers.append(norm_layer(self.config.norm, outputs))
        return nn.Sequential(*layers)

    def _up(self, level: int, widths: list[int]) -> nn.Sequential:
        innermost = level == self.config.num_downs - 1
        inputs, outputs = widths[level] * (1 if innermost else 2), widths[level - 1]
        enlarge = self._enlarge(inputs, outputs, bias=self.config.convolution_bias)
        layers = [nn.ReLU(), *enlarge, norm_layer(self.config.norm, outputs)]
        if self.config.dropout and not innermost and level >= 4:
            layers.append(nn.Dropout(0.5))
        return nn.Sequential(*layers)

    def _enlarge(self, inputs: int, outputs: int, *, bias: bool) -> list[nn.Module]:
        if self.config.upsampling == "transposed":
            return [nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)]
        convolution = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=bias)
        return [nn.Upsample(scale_factor=2.0, mode="nearest"), convolution]

    @property
    def output_layer(self) -> nn.Conv2d | nn.ConvTranspose2d:
        """Return the last convolution."""
        layer = self.head[1 if self.config.upsampling == "transposed" else 2]
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        return layer

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, input_channels, H, W) to (N, output_channels, H, W)."""
        check_size(image, self.config.input_multiple)
        skips = []
        for down in self.encoder:
            image = down(image)
            skips.append(image)
        features: Tensor = self.decoder[0](skips.pop())
        for up in self.decoder[1:]:
            features = up(torch.cat([skips.pop(), features], dim=1))
        out: Tensor = self.head(torch.cat([skips.pop(), features], dim=1))
        return out
