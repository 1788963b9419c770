"""CoGAN: tied layers are the same objects, the image's end belongs to each domain alone."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    CoGANConfig,
    CoupledDiscriminator,
    CoupledGenerator,
    initialise_xavier,
    parameter_count,
)

FACES = CoGANConfig.faces(64, width=32)


def tied(network: Any) -> list[bool]:
    a, b = (list(branch.parameters()) for branch in network.branches())
    return [first is second for first, second in zip(a, b, strict=True)]


def test_the_first_layers_of_the_generators_are_the_same_objects() -> None:
    # four blocks of weight, bias and PReLU; then weight and bias of each domain's own layer
    assert tied(CoupledGenerator()) == [True] * 12 + [False] * 2


def test_the_last_layers_of_the_discriminators_are_the_same_objects() -> None:
    assert tied(CoupledDiscriminator()) == [False] * 2 + [True] * 7


def test_more_layers_can_be_left_untied() -> None:
    network = CoupledGenerator(CoGANConfig(separate_generator_layers=2))
    assert tied(network) == [True] * 9 + [False] * 5
    assert tied(CoupledGenerator(FACES)).index(False) > 0


def test_tied_parameters_count_once() -> None:
    g, d = CoupledGenerator(), CoupledDiscriminator()
    transposed = [(100, 1024, 4), (1024, 512, 3), (512, 256, 3), (256, 128, 3)]
    shared = sum(i * o * k * k + o + 1 for i, o, k in transposed)
    assert parameter_count(g) == shared + 2 * (128 * 36 + 1)
    first, rest = 20 * 25 + 20, 50 * 20 * 25 + 50 + 500 * 50 * 16 + 500 + 1 + 2 * 500 + 2
    assert parameter_count(d) == 2 * first + rest


def test_the_digit_networks_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    g = trace(CoupledGenerator(CoGANConfig()).eval(), torch.rand(1, 100))
    assert [row[1:] for row in g] == [
        (4, 1, 1024, 4, 4),
        (3, 2, 512, 7, 7),
        (3, 2, 256, 13, 13),
        (3, 2, 128, 25, 25),
        (6, 1, 1, 28, 28),
        (6, 1, 1, 28, 28),
    ]
    images = torch.rand(1, 1, 28, 28)
    d = trace(CoupledDiscriminator(), images, images)
    assert [row[1:] for row in d] == [
        (5, 1, 20, 24, 24),
        (5, 1, 20, 24, 24),
        (5, 1, 50, 8, 8),
        (4, 1, 500, 1, 1),
        (1, 1, 2, 1, 1),
    ]


@pytest.mark.parametrize("size", [64, 128])
def test_faces_have_the_size_and_range_asked_for(size: int) -> None:
    config = CoGANConfig.faces(size, width=32)
    a, b = CoupledGenerator(config)(torch.rand(2, 100) * 2 - 1)
    assert a.shape == b.shape == (2, 3, size, size)
    assert a.abs().max() <= 1
    logits = CoupledDiscriminator(config)(a, b)
    assert [tuple(x.shape) for x in logits] == [(2, 2), (2, 2)]


def test_one_domains_loss_trains_the_tied_layers_and_its_own_but_not_the_others() -> None:
    torch.manual_seed(0)
    network = CoupledGenerator(FACES)
    network(torch.rand(4, 100))[0].square().mean().backward()
    assert all(p.grad is not None for p in network.shared.parameters())
    assert all(p.grad is not None for p in network.domain_a.parameters())
    assert all(p.grad is None for p in network.domain_b.parameters())


def test_the_domains_differ_only_by_their_own_layers() -> None:
    torch.manual_seed(0)
    network, z = CoupledGenerator(FACES), torch.rand(4, 100)
    a, b = network(z)
    assert not torch.allclose(a, b)
    network.domain_b.load_state_dict(network.domain_a.state_dict())
    a, b = network(z)
    assert torch.equal(a, b)


def test_a_discriminator_gives_each_domain_its_own_logits() -> None:
    torch.manual_seed(0)
    network = CoupledDiscriminator(FACES).eval()
    images = torch.rand(3, 3, 64, 64)
    a, b = network(images, images.flip(0))
    branch_a, branch_b = network.branches()
    assert torch.allclose(a, branch_a(images).flatten(1), atol=1e-6)
    assert torch.allclose(b, branch_b(images.flip(0)).flatten(1), atol=1e-6)


def test_xavier_initialisation_has_the_published_gain_and_bias() -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(16, 32, 3)
    initialise_xavier(layer)
    bound = 2**0.5 * (6 / ((16 + 32) * 9)) ** 0.5
    assert float(layer.weight.abs().max()) == pytest.approx(bound, rel=0.01)
    assert layer.bias is not None
    assert torch.allclose(layer.bias, torch.tensor(0.1))


@pytest.mark.parametrize(
    "bad", [{"image_size": 64}, {"layout": "faces", "image_size": 100}, {"layout": "cats"}]
)
def test_a_layout_and_size_that_do_not_go_together_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        CoGANConfig(**bad)
