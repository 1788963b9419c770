"""Deep Photo Enhancer (Chen et al. 2018): global U-Net with individual batch norm, and its critic.

Layers, order of activation and norm, padding and SELU's constants are those of the authors'
released generator. Images are (N, 3, H, W) in 0..1; the output is not clipped.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import check_at_least, check_size

# The authors' constants, not those of Klambauer et al. 2017: a nearly linear unit.
SELU_ALPHA, SELU_SCALE = 1.0198755295894968, 1.0026538655307724

IMAGE_SIZES = (128, 256, 512)


@dataclass(frozen=True, kw_only=True)
class TwoWayConfig:
    """Options of generator and critic; the defaults are published.

    ngf: channels at full size (16), up to 8 x ngf inside. image_size: side of the training crops,
    on which the global branch's grid (image_size / 64 square) and the critic's last layer depend.
    uses: how many inputs of different statistics the generator normalises on their own; 2 for a
    two-way GAN (real, generated), 1 for a plain batch norm.
    """

    ngf: int = 16
    ndf: int = 16
    image_size: int = 512
    uses: int = 2

    def __post_init__(self) -> None:
        if self.image_size not in IMAGE_SIZES:
            raise ValueError(f"image_size must be 128, 256 or 512, not {self.image_size!r}")
        for name in ("ngf", "ndf", "uses"):
            check_at_least(name, getattr(self, name), 1)

    @property
    def input_multiple(self) -> int:
        """Return the coarsest grid's cell in input pixels."""
        return 64

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a card."""
        return asdict(self)


class SymmetricConvolution(nn.Module):
    """A convolution of odd size whose padding repeats the border in mirror order, edge included."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, size, stride=stride)
        self.margin = size // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        out: Tensor = self.convolution(symmetric_pad(x, self.margin))
        return out


class IndividualBatchNorm(nn.Module):
    """SELU, then one batch norm per use: own statistics, own scales, beside shared convolutions."""

    def __init__(self, channels: int, uses: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(uses))

    def forward(self, x: Tensor, use: int) -> Tensor:
        """Return a tensor of x's shape, normalised as input number `use`."""
        out: Tensor = self.norms[use](selu(x))
        return out


class GlobalUNet(nn.Module):
    """Image to image + residual; a branch to one vector tells every place about the whole.

    `forward(image, use)`: use 0 for real inputs, 1 for generated ones (x -> y -> x). Another size
    than image_size is taken too (ours): the global branch's last map is resized to its grid.
    """

    def __init__(self, config: TwoWayConfig | None = None) -> None:
        super().__init__()
        self.config = config or TwoWayConfig()
        ngf, uses = self.config.ngf, self.config.uses
        self.grid = self.config.image_size // 64
        widths = [ngf, 2 * ngf, 4 * ngf, 8 * ngf, 8 * ngf]
        inner = widths[-1]
        self.first = SymmetricConvolution(3, ngf, 3)
        self.encoder = nn.ModuleList(
            SymmetricConvolution(i, o, 5, stride=2) for i, o in pairwise(widths)
        )
        self.encoder_norms = nn.ModuleList(IndividualBatchNorm(w, uses) for w in widths)
        self.global_convolutions = nn.ModuleList(
            SymmetricConvolution(inner, inner, 5, stride=2) for _ in range(2)
        )
        self.global_norms = nn.ModuleList(IndividualBatchNorm(inner, uses) for _ in range(2))
        self.global_dense = nn.Conv2d(inner, inner, self.grid)
        self.global_output = nn.Conv2d(inner, inner, 1)
        self.local = SymmetricConvolution(inner, inner, 3)
        self.fuse = nn.Conv2d(2 * inner, inner, 1)
        self._build_decoder(widths, uses)

    def _build_decoder(self, widths: list[int], uses: int) -> None:
        outputs = [widths[-1], *reversed(widths[1:-1])]
        skips = list(reversed(widths[:-1]))
        joined = [o + s for o, s in zip(outputs, skips, strict=True)]
        inputs = [widths[-1], *joined[:-1]]
        self.decoder_norms = nn.ModuleList(
            IndividualBatchNorm(w, uses) for w in (*inputs, joined[-1], widths[0])
        )
        self.decoder = nn.ModuleList(
            SymmetricConvolution(i, o, 3) for i, o in zip(inputs, outputs, strict=True)
        )
        self.narrow = SymmetricConvolution(joined[-1], widths[0], 3)
        self.output = SymmetricConvolution(widths[0], 3, 3)

    def forward(self, image: Tensor, use: int = 0) -> Tensor:
        """Return image + residual, (N, 3, H, W); H and W multiples of 64."""
        check_size(image, self.config.input_multiple)
        skips, features = self._encode(image, use)
        whole = self._global_vector(features, use).expand(-1, -1, *features.shape[2:])
        x = self.fuse(torch.cat([self.local(features), whole], dim=1))
        norms = iter(self.decoder_norms)
        for convolution in self.decoder:
            x = convolution(next(norms)(x, use))
            x = torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skips.pop()], dim=1)
        x = self.narrow(next(norms)(x, use))
        out: Tensor = self.output(next(norms)(x, use)) + image
        return out

    def _encode(self, image: Tensor, use: int) -> tuple[list[Tensor], Tensor]:
        """Return the convolutions' outputs before their activation, as skips, and the features."""
        skips = []
        x = self.first(image)
        for norm, convolution in zip(self.encoder_norms, self.encoder, strict=False):
            skips.append(x)
            x = convolution(norm(x, use))
        return skips, self.encoder_norms[-1](x, use)

    def _global_vector(self, features: Tensor, use: int) -> Tensor:
        x = features
        for convolution, norm in zip(self.global_convolutions, self.global_norms, strict=True):
            x = norm(convolution(x), use)
        if torch.jit.is_tracing() or tuple(x.shape[2:]) != (self.grid, self.grid):
            size = (self.grid, self.grid)
            x = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
        out: Tensor = self.global_output(selu(self.global_dense(x)))
        return out


class TwoWayDiscriminator(nn.Module):
    """The WGAN critic: an image of exactly image_size to one number, (N, 3, S, S) to (N,).

    Instance norm has scales here, as the generator's batch norm has.
    """

    def __init__(self, config: TwoWayConfig | None = None) -> None:
        super().__init__()
        self.config = config or TwoWayConfig()
        ndf = self.config.ndf
        widths = [ndf, 2 * ndf, 4 * ndf, 8 * ndf, 8 * ndf, 8 * ndf]
        layers = _critic_layers(3, widths[0], 3, stride=1)
        for inputs, outputs in pairwise(widths):
            layers += _critic_layers(inputs, outputs, 5, stride=2)
        last = nn.Conv2d(widths[-1], 1, self.config.image_size // 32)
        self.model = nn.Sequential(*layers, last)

    def forward(self, image: Tensor) -> Tensor:
        """Return the critic's number per image; raises ValueError for another size."""
        side = self.config.image_size
        if tuple(image.shape[2:]) != (side, side):
            raise ValueError(f"the critic takes {side} x {side}, got {tuple(image.shape[2:])}")
        out: Tensor = self.model(image).flatten()
        return out


def _critic_layers(inputs: int, outputs: int, size: int, *, stride: int) -> list[nn.Module]:
    return [
        SymmetricConvolution(inputs, outputs, size, stride),
        nn.LeakyReLU(0.2),
        nn.InstanceNorm2d(outputs, affine=True),
    ]


def selu(x: Tensor) -> Tensor:
    """Return the authors' scaled exponential linear unit of x."""
    return SELU_SCALE * torch.where(x >= 0.0, x, SELU_ALPHA * F.elu(x))


def symmetric_pad(x: Tensor, margin: int) -> Tensor:
    """Pad height and width by their own border in mirror order, the edge pixel repeated."""
    if margin == 0:
        return x
    if margin == 1:
        return F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = torch.cat([x[..., :margin].flip(-1), x, x[..., -margin:].flip(-1)], dim=-1)
    return torch.cat([x[..., :margin, :].flip(-2), x, x[..., -margin:, :].flip(-2)], dim=-2)
