"""Deep Photo Enhancer: global U-Net, one batch norm per use, residual output, critic."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    GlobalUNet,
    TwoWayConfig,
    TwoWayDiscriminator,
    initialise_variance_scaling,
)
from retouch_engine.networks.two_way import selu, symmetric_pad

TINY = TwoWayConfig(ngf=2, ndf=2, image_size=128)


def test_the_generators_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(GlobalUNet().eval(), torch.empty(1, 3, 512, 512))
    assert [row[1:-1] for row in rows] == [
        (3, 1, 16, 512),
        (5, 2, 32, 256),
        (5, 2, 64, 128),
        (5, 2, 128, 64),
        (5, 2, 128, 32),
        (5, 2, 128, 16),
        (5, 2, 128, 8),
        (8, 1, 128, 1),
        (1, 1, 128, 1),
        (3, 1, 128, 32),
        (1, 1, 128, 32),
        (3, 1, 128, 32),
        (3, 1, 128, 64),
        (3, 1, 64, 128),
        (3, 1, 32, 256),
        (3, 1, 16, 512),
        (3, 1, 3, 512),
    ]


def test_the_critics_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(TwoWayDiscriminator(), torch.empty(1, 3, 512, 512))
    widths = [(3, 1, 16, 512), (5, 2, 32, 256), (5, 2, 64, 128), (5, 2, 128, 64)]
    assert [row[1:-1] for row in rows] == [
        *widths,
        (5, 2, 128, 32),
        (5, 2, 128, 16),
        (16, 1, 1, 1),
    ]


def test_a_use_moves_its_own_statistics_alone() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(TINY)
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.rand(2, 3, 128, 128), use=1)
    moved = {
        name for name, value in network.named_buffers() if not torch.equal(value, before[name])
    }
    assert moved
    assert all(".norms.1." in name for name in moved)
    assert len(moved) == sum(".norms.1." in name for name in before)


def test_uses_share_convolutions_and_learn_their_own_scales() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(TINY)
    network(torch.rand(2, 3, 128, 128), use=1).square().mean().backward()
    trained = {name for name, p in network.named_parameters() if p.grad is not None}
    untrained = {name for name, p in network.named_parameters() if p.grad is None}
    assert untrained
    assert all(".norms.0." in name for name in untrained)
    assert not any(".norms.0." in name for name in trained)


@torch.no_grad()
def test_after_training_on_other_inputs_the_uses_answer_differently() -> None:
    torch.manual_seed(0)
    network, image = GlobalUNet(TINY), torch.rand(2, 3, 128, 128)
    network.eval()
    assert torch.equal(network(image, use=0), network(image, use=1))
    network.train()
    network(image * 0.2, use=1)
    network.eval()
    assert not torch.allclose(network(image, use=0), network(image, use=1))


@torch.no_grad()
def test_the_global_branch_tells_every_place_about_the_whole() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(TwoWayConfig(ngf=1, image_size=512)).eval()
    image = torch.rand(1, 3, 512, 512)
    other = image.clone()
    other[..., -32:, -32:] = 0.0

    def reached() -> float:
        return float((network(image) - network(other))[..., :64, :64].abs().max())

    assert reached() > 0
    network.global_output.weight.zero_()
    assert reached() == 0


@torch.no_grad()
def test_another_size_than_the_trained_one_is_taken() -> None:
    network = GlobalUNet(TINY).eval()
    assert network(torch.rand(1, 3, 192, 64)).shape == (1, 3, 192, 64)


@torch.no_grad()
def test_the_published_start_is_close_to_the_identity() -> None:
    torch.manual_seed(0)
    network, image = GlobalUNet(TwoWayConfig(image_size=128)), torch.rand(2, 3, 128, 128)
    initialise_variance_scaling(network)
    assert 0 < (network(image) - image).abs().mean() < 0.05


def test_variance_scaling_has_the_published_spread() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(128, 128, 5)
    initialise_variance_scaling(layer)
    std = (1.3e-3 / (128 * 25)) ** 0.5
    # A normal cut at two deviations keeps 0.8796 of its deviation.
    assert float(layer.weight.std()) == pytest.approx(0.8796 * std, rel=0.01)
    assert float(layer.weight.abs().max()) <= 2 * std


@pytest.mark.parametrize("margin", [0, 1, 2])
def test_padding_repeats_the_border_in_mirror_order(margin: int) -> None:
    x = np.random.default_rng(0).random((1, 2, 5, 7), np.float32)
    expected = np.pad(x, ((0, 0), (0, 0), (margin, margin), (margin, margin)), mode="symmetric")
    np.testing.assert_array_equal(symmetric_pad(torch.from_numpy(x), margin).numpy(), expected)


def test_selu_has_the_authors_constants() -> None:
    x = torch.tensor([-2.0, 0.0, 3.0])
    scale, alpha = 1.0026538655307724, 1.0198755295894968
    expected = [scale * alpha * float(np.expm1(-2.0)), 0.0, scale * 3.0]
    assert selu(x).tolist() == pytest.approx(expected, rel=1e-6)


def test_the_critic_gives_one_number_that_can_be_differentiated_twice() -> None:
    torch.manual_seed(0)
    critic = TwoWayDiscriminator(TINY)
    image = torch.rand(2, 3, 128, 128, requires_grad=True)
    score = critic(image)
    assert score.shape == (2,)
    (gradient,) = torch.autograd.grad(score.sum(), image, create_graph=True)
    gradient.flatten(1).norm(dim=1).sum().backward()
    first = critic.model[0].convolution.weight.grad
    assert first is not None
    assert float(first.abs().max()) > 0


def test_the_critic_refuses_another_size() -> None:
    with pytest.raises(ValueError, match="takes 128 x 128"):
        TwoWayDiscriminator(TINY)(torch.rand(1, 3, 64, 64))


def test_a_size_that_is_no_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="128, 256 or 512"):
        TwoWayConfig(image_size=200)
