"""pix2pix's U-Net and CycleGAN's residual generator are the published ones."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    ResnetGenerator,
    ResnetGeneratorConfig,
    UNetConfig,
    UNetGenerator,
    parameter_count,
)

TINY = UNetConfig(ngf=2, num_downs=5)


@pytest.mark.parametrize(
    ("build", "published"),
    [
        (UNetGenerator, 54_413_955),
        (lambda: UNetGenerator(UNetConfig(num_downs=7)), 41_828_995),
        (ResnetGenerator, 11_378_179),
        (lambda: ResnetGenerator(ResnetGeneratorConfig(n_blocks=6)), 7_837_699),
    ],
)
def test_parameter_counts_are_the_published_ones(
    build: Callable[[], nn.Module], published: int
) -> None:
    with torch.device("meta"):
        assert parameter_count(build()) == published


def test_the_unets_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(UNetGenerator().eval(), torch.empty(1, 3, 256, 256))
    widths = [64, 128, 256, 512, 512, 512, 512, 512]
    down = [("conv", 4, 2, width, 128 >> k, 128 >> k) for k, width in enumerate(widths)]
    up = [("up", 4, 2, widths[k - 1], 256 >> k, 256 >> k) for k in range(7, 0, -1)]
    assert rows == [*down, *up, ("up", 4, 2, 3, 256, 256)]


def test_the_resnets_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(ResnetGenerator(), torch.empty(1, 3, 256, 256))
    assert rows == [
        ("conv", 7, 1, 64, 256, 256),
        ("conv", 3, 2, 128, 128, 128),
        ("conv", 3, 2, 256, 64, 64),
        *[("conv", 3, 1, 256, 64, 64)] * 18,
        ("up", 3, 2, 128, 128, 128),
        ("up", 3, 2, 64, 256, 256),
        ("conv", 7, 1, 3, 256, 256),
    ]


def test_dropout_follows_the_three_inner_blocks_after_the_innermost() -> None:
    with torch.device("meta"):
        decoder = UNetGenerator().decoder
    with_dropout = [any(isinstance(m, nn.Dropout) for m in up) for up in decoder]
    assert with_dropout == [False, True, True, True, False, False, False]


def test_dropout_is_the_unets_noise_while_training_and_can_be_left_out() -> None:
    torch.manual_seed(0)
    image = torch.rand(2, 3, 64, 64)
    noisy = UNetGenerator(UNetConfig(ngf=2, num_downs=6))
    quiet = UNetGenerator(UNetConfig(ngf=2, num_downs=6, dropout=False))
    assert not torch.equal(noisy(image), noisy(image))
    assert torch.equal(quiet(image), quiet(image))
    noisy.eval()
    assert torch.equal(noisy(image), noisy(image))


def test_a_skip_carries_what_the_bottleneck_does_not() -> None:
    torch.manual_seed(0)
    network = UNetGenerator(TINY).eval()
    with torch.no_grad():
        for up in network.decoder:
            for parameter in up.parameters():
                parameter.zero_()
        first, second = network(torch.zeros(1, 3, 32, 32)), network(torch.rand(1, 3, 32, 32))
    assert not torch.allclose(first, second)


def test_only_the_output_has_a_bias_before_batch_norm() -> None:
    network = UNetGenerator(TINY)
    biased = [m for m in network.modules() if getattr(m, "bias", None) is not None]
    assert [m for m in biased if not isinstance(m, nn.BatchNorm2d)] == [network.output_layer]
    instance = UNetGenerator(UNetConfig(ngf=2, num_downs=5, norm="instance"))
    layers = [m for m in instance.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert all(layer.bias is not None for layer in layers)


@pytest.mark.parametrize("network", [UNetGenerator, ResnetGenerator])
def test_resize_convolution_replaces_every_transposed_one(network: Any) -> None:
    config = UNetConfig if network is UNetGenerator else ResnetGeneratorConfig
    built = network(config(ngf=2, upsampling="resize"))
    assert not any(isinstance(m, nn.ConvTranspose2d) for m in built.modules())
    assert isinstance(built.output_layer, nn.Conv2d)
    assert built.eval()(torch.rand(1, 3, 256, 256)).shape == (1, 3, 256, 256)


def test_reflection_is_the_padding_of_the_unets_encoder_alone() -> None:
    network = UNetGenerator(UNetConfig(ngf=2, num_downs=5, padding="reflect"))
    modes = {m.padding_mode for m in network.encoder.modules() if isinstance(m, nn.Conv2d)}
    assert modes == {"reflect"}


def test_the_resnets_dropout_is_asked_for() -> None:
    counts = [
        sum(isinstance(m, nn.Dropout) for m in ResnetGenerator(config).modules())
        for config in (
            ResnetGeneratorConfig(ngf=2),
            ResnetGeneratorConfig(ngf=2, dropout=True),
        )
    ]
    assert counts == [0, 9]


def test_a_size_that_the_unet_cannot_halve_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        UNetGenerator(TINY)(torch.rand(1, 3, 32, 40))
