"""PatchGAN discriminators: one scale (Isola et al. 2017, section 3.2.2: 70 x 70 patches) and
several (Wang et al. 2018, section 3.2).

Outputs are logits: for the loss of vanilla GANs use binary cross-entropy on logits, where the
published code has a sigmoid in the network.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from .layers import Norm, check_at_least, check_choice, half_size, norm_layer

Bias = Literal["always", "without_batch_norm"]


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig:
    """Options; the defaults are pix2pixHD's, see `pix2pix` and `cyclegan` for the others.

    input_channels: condition and image together. convolution_padding: 2 in pix2pixHD, 1 in pix2pix
    and CycleGAN. spectral_norm: ours (Miyato et al. 2018), in none of the three.
    intermediate_features: return every layer's output, for feature matching (`getIntermFeat`).
    """

    input_channels: int = 6
    ndf: int = 64
    n_layers: int = 3
    num_D: int = 3  # noqa: N815 - the published name
    norm: Norm = "instance"
    convolution_padding: int = 2
    bias: Bias = "always"
    spectral_norm: bool = False
    intermediate_features: bool = True

    def __post_init__(self) -> None:
        check_choice("norm", self.norm, get_args(Norm))
        check_choice("bias", self.bias, get_args(Bias))
        for name in ("input_channels", "ndf", "n_layers", "num_D"):
            check_at_least(name, getattr(self, name), 1)

    @classmethod
    def pix2pix(cls) -> "DiscriminatorConfig":
        """Return pix2pix's 70 x 70 PatchGAN on condition and image, batch norm."""
        return cls(
            num_D=1,
            norm="batch",
            convolution_padding=1,
            bias="without_batch_norm",
            intermediate_features=False,
        )

    @classmethod
    def cyclegan(cls) -> "DiscriminatorConfig":
        """Return CycleGAN's 70 x 70 PatchGAN on the image alone, instance norm."""
        return cls(input_channels=3, num_D=1, convolution_padding=1, intermediate_features=False)

    def widths(self) -> list[int]:
        """Return the channels after each hidden layer: doubling from ndf, at most 512."""
        doubled = [min(self.ndf << level, 512) for level in range(1, self.n_layers + 1)]
        return [self.ndf, *doubled]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a run's record."""
        return asdict(self)


class NLayerDiscriminator(nn.Module):
    """One PatchGAN: 4 x 4 convolutions, n_layers of them of stride 2, then two of stride 1."""

    def __init__(self, config: DiscriminatorConfig | None = None) -> None:
        super().__init__()
        self.config = config or DiscriminatorConfig()
        widths = self.config.widths()
        first = self._convolution(self.config.input_channels, widths[0], stride=2, bias=True)
        strides = [2] * (self.config.n_layers - 1) + [1]
        hidden = [self._stage(*args) for args in zip(widths, widths[1:], strides, strict=False)]
        last = self._convolution(widths[-1], 1, stride=1, bias=True)
        self.stages = nn.ModuleList(
            [nn.Sequential(first, nn.LeakyReLU(0.2, inplace=True)), *hidden, nn.Sequential(last)]
        )

    def _convolution(self, inputs: int, outputs: int, *, stride: int, bias: bool) -> nn.Module:
        padding = self.config.convolution_padding
        layer = nn.Conv2d(inputs, outputs, 4, stride=stride, padding=padding, bias=bias)
        return spectral_norm(layer) if self.config.spectral_norm else layer

    def _stage(self, inputs: int, outputs: int, stride: int) -> nn.Sequential:
        bias = self.config.bias == "always" or self.config.norm != "batch"
        return nn.Sequential(
            self._convolution(inputs, outputs, stride=stride, bias=bias),
            norm_layer(self.config.norm, outputs),
            nn.LeakyReLU(0.2, inplace=True),
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map (N, input_channels, H, W) to patch logits (N, 1, h, w), the list's last element.

        With `intermediate_features` the outputs of the n_layers + 1 hidden stages come before it.
        """
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs if self.config.intermediate_features else outputs[-1:]


class MultiscaleDiscriminator(nn.Module):
    """num_D PatchGANs with own weights, each on the image at half the size of the one before."""

    def __init__(self, config: DiscriminatorConfig | None = None) -> None:
        super().__init__()
        self.config = config or DiscriminatorConfig()
        scales = range(self.config.num_D)
        self.scales = nn.ModuleList(NLayerDiscriminator(self.config) for _ in scales)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Map (N, input_channels, H, W) to one list per scale, the finest first."""
        results = []
        for level, discriminator in enumerate(self.scales):
            x = x if level == 0 else half_size(x)
            results.append(discriminator(x))
        return results
