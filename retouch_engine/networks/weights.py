"""Published weight initialisations, and counting parameters."""

import math

from torch import nn
from torch.nn import init

Convolution = nn.Conv2d | nn.ConvTranspose2d


def parameter_count(module: nn.Module, *, trainable_only: bool = False) -> int:
    """Return how many numbers a module learns; tied parameters count once."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)


def convolutions(module: nn.Module) -> list[Convolution]:
    """Return every convolution inside a module, transposed ones too, in the order of creation."""
    return [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]


def initialise_normal(module: nn.Module, *, std: float = 0.02, zero_bias: bool = False) -> None:
    """Draw convolution weights from N(0, std) and batch-norm scales from N(1, std), as in DCGAN.

    pix2pixHD leaves convolution biases as the framework drew them; pix2pix and CycleGAN set them
    to zero (`zero_bias`).
    """
    for layer in convolutions(module):
        init.normal_(layer.weight, 0.0, std)
        if zero_bias and layer.bias is not None:
            init.zeros_(layer.bias)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d) and norm.affine:
            init.normal_(norm.weight, 1.0, std)
            init.zeros_(norm.bias)


def initialise_xavier(module: nn.Module) -> None:
    """Draw convolution weights by Xavier's uniform rule, gain sqrt(2), bias 0.1, as CoGAN does."""
    for layer in convolutions(module):
        init.xavier_uniform_(layer.weight, gain=math.sqrt(2.0))
        if layer.bias is not None:
            init.constant_(layer.bias, 0.1)


def initialise_variance_scaling(module: nn.Module, *, factor: float = 1e-3) -> None:
    """Draw weights from a normal of variance 1.3 x factor / fan-in, cut at two deviations; bias 0.

    The Deep Photo Enhancer's rule: so small a start that residual + input begins as the identity.
    """
    for layer in convolutions(module):
        fan_in = layer.weight[0].numel()
        std = math.sqrt(1.3 * factor / fan_in)
        init.trunc_normal_(layer.weight, 0.0, std, -2.0 * std, 2.0 * std)
        if layer.bias is not None:
            init.zeros_(layer.bias)
