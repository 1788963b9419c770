"""Coupled GAN (Liu and Tuzel 2016): two GANs with tied layers learn pairs from unpaired images.

Tied are the layers that hold what is common, the first ones of the generators and the last ones
of the discriminators: one module serves both domains, so the parameters are the same objects.
Domain a is the photo before retouching, b after it.
"""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from .layers import check_at_least, check_choice

Layout = Literal["digits", "faces"]
FACE_DROPOUT = (0.0, 0.0, 0.1, 0.3, 0.3, 0.5)


@dataclass(frozen=True, kw_only=True)
class CoGANConfig:
    """Options; the defaults are the published 28 x 28 network, `CoGANConfig.faces` our faces.

    width: channels of the generator's first layer (published 1024). separate_generator_layers,
    separate_discriminator_layers: how many at the image's end are not tied (published 1 and 1).
    """

    layout: Layout = "digits"
    image_size: int = 28
    image_channels: int = 1
    latent: int = 100
    width: int = 1024
    separate_generator_layers: int = 1
    separate_discriminator_layers: int = 1

    def __post_init__(self) -> None:
        check_choice("layout", self.layout, get_args(Layout))
        for name in ("separate_generator_layers", "separate_discriminator_layers"):
            check_at_least(name, getattr(self, name), 1)
        if self.layout == "digits" and self.image_size != 28:
            raise ValueError(f"the digits layout is for 28 x 28 images, not {self.image_size}")
        if self.layout == "faces" and self.image_size not in (64, 128):
            raise ValueError(f"the faces layout is for 64 or 128 pixels, not {self.image_size}")

    @classmethod
    def faces(cls, image_size: int = 128, width: int = 1024) -> "CoGANConfig":
        """Return a network for colour faces, after the authors' CelebA model.

        How many layers their face model leaves untied is not in their files: two and one are ours.
        """
        return cls(
            layout="faces",
            image_size=image_size,
            image_channels=3,
            width=width,
            separate_generator_layers=2,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a card."""
        return asdict(self)


class CoupledGenerator(nn.Module):
    """z (N, latent) to an image of each domain, (N, image_channels, S, S).

    Values are in 0..1 for digits (sigmoid) and in -1..1 for faces (tanh), as published.
    """

    def __init__(self, config: CoGANConfig | None = None) -> None:
        super().__init__()
        self.config = config or CoGANConfig()
        tied = -self.config.separate_generator_layers
        layers = _generator_layers(self.config)
        self.shared = nn.Sequential(*layers[:tied])
        self.domain_a = nn.Sequential(*layers[tied:])
        self.domain_b = nn.Sequential(*_generator_layers(self.config)[tied:])

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the pair that one z stands for: domain a, domain b."""
        features = self.shared(z.reshape(*z.shape[:2], 1, 1))
        return self.domain_a(features), self.domain_b(features)

    def branches(self) -> tuple[nn.Sequential, nn.Sequential]:
        """Return each domain's whole generator; what is tied appears in both."""
        return (
            nn.Sequential(*self.shared, *self.domain_a),
            nn.Sequential(*self.shared, *self.domain_b),
        )


class CoupledDiscriminator(nn.Module):
    """An image of each domain to two logits each: (fake, real), for cross-entropy."""

    def __init__(self, config: CoGANConfig | None = None) -> None:
        super().__init__()
        self.config = config or CoGANConfig()
        separate = self.config.separate_discriminator_layers
        layers = _discriminator_layers(self.config)
        self.domain_a = nn.Sequential(*layers[:separate])
        self.domain_b = nn.Sequential(*_discriminator_layers(self.config)[:separate])
        self.shared = nn.Sequential(*layers[separate:])

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits (N, 2) of the images of domain a and of domain b."""
        # One pass for both, as published: batch norm in the tied layers sees both domains.
        together = torch.cat([self.domain_a(a), self.domain_b(b)])
        logits = self.shared(together).flatten(1)
        return logits[: len(a)], logits[len(a) :]

    def branches(self) -> tuple[nn.Sequential, nn.Sequential]:
        """Return each domain's whole discriminator; what is tied appears in both."""
        return (
            nn.Sequential(*self.domain_a, *self.shared),
            nn.Sequential(*self.domain_b, *self.shared),
        )


def _generator_layers(config: CoGANConfig) -> list[nn.Module]:
    return _digit_generator(config) if config.layout == "digits" else _face_generator(config)


def _discriminator_layers(config: CoGANConfig) -> list[nn.Module]:
    if config.layout == "digits":
        return _digit_discriminator(config)
    return _face_discriminator(config)


def _normed(layer: nn.Module, channels: int, *, affine: bool) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm2d(channels, affine=affine), nn.PReLU())


def _digit_generator(config: CoGANConfig) -> list[nn.Module]:
    widths = [config.width >> level for level in range(4)]
    first = _normed(nn.ConvTranspose2d(config.latent, widths[0], 4), widths[0], affine=False)
    inner = [
        _normed(nn.ConvTranspose2d(i, o, 3, stride=2, padding=1), o, affine=False)
        for i, o in pairwise(widths)
    ]
    last = nn.ConvTranspose2d(widths[-1], config.image_channels, 6, padding=1)
    return [first, *inner, nn.Sequential(last, nn.Sigmoid())]


def _digit_discriminator(config: CoGANConfig) -> list[nn.Module]:
    return [
        nn.Sequential(nn.Conv2d(config.image_channels, 20, 5), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(50, 500, 4), nn.PReLU()),
        nn.Conv2d(500, 2, 1),
    ]


def _face_generator(config: CoGANConfig) -> list[nn.Module]:
    doublings = config.image_size.bit_length() - 3
    widths = [config.width >> level for level in range(doublings + 1)]
    first = _normed(nn.ConvTranspose2d(config.latent, widths[0], 4), widths[0], affine=True)
    inner = [
        _normed(nn.ConvTranspose2d(i, o, 4, stride=2, padding=1), o, affine=True)
        for i, o in pairwise(widths)
    ]
    last = nn.ConvTranspose2d(widths[-1], config.image_channels, 3, padding=1)
    return [first, *inner, nn.Sequential(last, nn.Tanh())]


def _face_discriminator(config: CoGANConfig) -> list[nn.Module]:
    halvings = config.image_size.bit_length() - 2
    widths = [max(config.width >> (5 - level), 1) for level in range(halvings)]
    layers: list[nn.Module] = []
    inputs = config.image_channels
    for level, outputs in enumerate(widths):
        size = 5 if level < 3 else 3
        convolution = nn.Conv2d(inputs, outputs, size, stride=2, padding=size // 2)
        block = _normed(convolution, outputs, affine=True)
        layers.append(block.append(nn.Dropout(FACE_DROPOUT[level])))
        inputs = outputs
    dense = _normed(nn.Conv2d(inputs, config.width * 2, 2), config.width * 2, affine=True)
    return [*layers, dense.append(nn.Dropout(0.5)), nn.Conv2d(config.width * 2, 2, 1)]
