"""G1 and G2 are the published networks; each remedy changes what it says and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    GlobalGenerator,
    GlobalGeneratorConfig,
    LocalEnhancer,
    LocalEnhancerConfig,
    parameter_count,
)
from retouch_engine.networks.layers import half_size, upsampling

TINY = GlobalGeneratorConfig(ngf=4, n_downsampling=2, n_blocks=1)
TINY_LOCAL = LocalEnhancerConfig(
    ngf=4, n_downsample_global=2, n_blocks_global=1, n_local_enhancers=2, n_blocks_local=1
)
BARE = GlobalGeneratorConfig(ngf=4, n_downsampling=1, n_blocks=0, norm="none")
NORMS = (nn.InstanceNorm2d, nn.BatchNorm2d)


def plain(outputs: int, inputs: int, size: int) -> int:
    return outputs * inputs * size * size + outputs


def global_count(ngf: int, inputs: int) -> int:
    down = sum(plain(ngf << k, ngf << (k - 1), 3) for k in range(1, 5))
    up = sum(plain(ngf << (k - 1), ngf << k, 3) for k in range(1, 5))
    return plain(ngf, inputs, 7) + down + 18 * plain(16 * ngf, 16 * ngf, 3) + up + plain(3, ngf, 7)


@pytest.mark.parametrize(("inputs", "published"), [(3, 182_443_267), (36, 182_546_755)])
def test_the_global_generator_has_the_published_number_of_parameters(
    inputs: int, published: int
) -> None:
    with torch.device("meta"):
        network = GlobalGenerator(GlobalGeneratorConfig(input_channels=inputs))
    assert parameter_count(network) == global_count(64, inputs) == published


def test_the_local_enhancer_adds_its_own_layers_to_a_global_generator_without_output() -> None:
    with torch.device("meta"):
        network = LocalEnhancer()
    entry = plain(32, 3, 7) + plain(64, 32, 3)
    leave = 6 * plain(64, 64, 3) + plain(32, 64, 3) + plain(3, 32, 7)
    assert parameter_count(network) == global_count(64, 3) - plain(3, 64, 7) + entry + leave


def test_the_global_generators_layers_have_the_published_shapes(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(GlobalGenerator(), torch.empty(1, 3, 512, 1024))
    down = [("conv", 3, 2, 64 << k, 512 >> k, 1024 >> k) for k in range(1, 5)]
    up = [("up", 3, 2, 64 << k, 512 >> k, 1024 >> k) for k in (3, 2, 1, 0)]
    expected = [
        ("conv", 7, 1, 64, 512, 1024),
        *down,
        *[("conv", 3, 1, 1024, 32, 64)] * 18,
        *up,
        ("conv", 7, 1, 3, 512, 1024),
    ]
    assert rows == expected


def test_the_local_enhancer_goes_from_coarse_to_fine(
    trace: Callable[..., list[tuple[Any, ...]]],
) -> None:
    with torch.device("meta"):
        rows = trace(LocalEnhancer(), torch.empty(1, 3, 1024, 2048))
    assert rows[0] == ("conv", 7, 1, 64, 512, 1024)
    assert rows[-10:] == [
        ("conv", 7, 1, 32, 1024, 2048),
        ("conv", 3, 2, 64, 512, 1024),
        *[("conv", 3, 1, 64, 512, 1024)] * 6,
        ("up", 3, 2, 32, 1024, 2048),
        ("conv", 7, 1, 3, 1024, 2048),
    ]


def test_each_enhancer_works_at_twice_the_size_of_the_one_before() -> None:
    network = LocalEnhancer(TINY_LOCAL)
    sizes = []
    for entry in network.entries:
        entry.register_forward_hook(lambda _, inputs, out: sizes.append((inputs[0].shape[-1], out)))
    network.global_trunk.register_forward_hook(
        lambda _, i, out: sizes.append((i[0].shape[-1], out))
    )
    network(torch.rand(1, 3, 64, 64))
    assert [size for size, _ in sizes] == [16, 32, 64]
    assert [tuple(out.shape[1:]) for _, out in sizes] == [(16, 16, 16), (16, 16, 16), (8, 32, 32)]


@torch.no_grad()
def test_the_enhancer_adds_its_features_to_the_global_ones() -> None:
    config = LocalEnhancerConfig(ngf=4, n_downsample_global=1, n_blocks_global=0, n_blocks_local=1)
    network, image = LocalEnhancer(config), torch.rand(1, 3, 32, 32)
    coarse = network.global_trunk(half_size(image))
    features = network.exits[0](network.entries[0](image) + coarse)
    assert torch.equal(network(image), network.head(features))


def test_halving_takes_means_without_counting_the_padding() -> None:
    image = torch.rand(1, 1, 6, 6)
    half = half_size(image)
    assert torch.isclose(half[0, 0, 0, 0], image[0, 0, :2, :2].mean())
    assert torch.isclose(half[0, 0, 1, 2], image[0, 0, 1:4, 3:6].mean())


def test_a_fixed_global_generator_is_not_trained() -> None:
    torch.manual_seed(0)
    network = LocalEnhancer(TINY_LOCAL)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.fix_global()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=1.0)
    network(torch.rand(1, 3, 64, 64)).square().mean().backward()
    optimiser.step()
    changed = {n for n, v in network.state_dict().items() if not torch.equal(v, before[n])}
    assert changed
    assert all(name.startswith(("entries.1", "exits.1", "head")) for name in changed)
    network.fix_global(False)
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_trained_global_generator_becomes_the_coarse_part() -> None:
    config = LocalEnhancerConfig(ngf=2, n_downsample_global=2, n_blocks_global=1)
    trained, network = GlobalGenerator(config.global_config()), LocalEnhancer(config)
    network.load_global(trained)
    image = torch.rand(1, 3, 16, 16)
    assert torch.equal(network.global_trunk(image), trained.trunk(image))


def test_a_global_generator_of_other_options_is_refused() -> None:
    with pytest.raises(ValueError, match="other options"):
        LocalEnhancer(TINY_LOCAL).load_global(GlobalGenerator(TINY))


@torch.no_grad()
def test_reflection_padding_keeps_the_parameters_and_changes_the_border_alone() -> None:
    torch.manual_seed(0)
    zero = GlobalGenerator(BARE)
    reflect = GlobalGenerator(GlobalGeneratorConfig(**{**BARE.to_dict(), "padding": "reflect"}))
    reflect.load_state_dict(zero.state_dict())
    image = torch.rand(1, 3, 48, 48)
    difference = (zero(image) - reflect(image)).abs().amax(dim=(0, 1))
    assert difference[8:-8, 8:-8].max() == 0
    assert difference[0].max() > 1e-4


@torch.no_grad()
def test_resize_convolution_has_no_checkerboard_where_transposed_convolution_has() -> None:
    torch.manual_seed(0)
    flat = torch.ones(1, 8, 12, 12)

    def unevenness(kind: Any) -> float:
        config = GlobalGeneratorConfig(norm="none", upsampling=kind)
        out = nn.Sequential(*upsampling(config, 8)[:-1])(flat)
        assert out.shape == (1, 4, 24, 24)
        return float(out[..., 4:-4, 4:-4].std(dim=(2, 3)).max())

    assert unevenness("transposed") > 0.01
    assert unevenness("resize") < 1e-6


@torch.no_grad()
def test_resize_convolution_enlarges_by_repeating_pixels() -> None:
    config = GlobalGeneratorConfig(norm="none", upsampling="resize")
    x = torch.rand(1, 8, 3, 3)
    repeated = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    assert torch.equal(upsampling(config, 8)[0](x), repeated)


@pytest.mark.parametrize(("norm", "kind"), [("instance", nn.InstanceNorm2d), ("none", None)])
def test_the_norm_is_the_one_asked_for(norm: Any, kind: type | None) -> None:
    config = GlobalGeneratorConfig(**{**TINY.to_dict(), "norm": norm})
    norms = [type(m) for m in GlobalGenerator(config).modules() if isinstance(m, NORMS)]
    assert norms == ([kind] * (1 + 2 + 2 + 2) if kind else [])


def test_batch_norm_learns_scales_and_instance_norm_does_not() -> None:
    batch = GlobalGenerator(GlobalGeneratorConfig(**{**TINY.to_dict(), "norm": "batch"}))
    widths = 4 + 8 + 16 + 16 + 16 + 8 + 4
    assert parameter_count(batch) - parameter_count(GlobalGenerator(TINY)) == 2 * widths


@torch.no_grad()
def test_without_tanh_the_output_is_what_tanh_gets() -> None:
    bounded = GlobalGenerator(TINY)
    free = GlobalGenerator(GlobalGeneratorConfig(**{**TINY.to_dict(), "tanh": False}))
    free.load_state_dict(bounded.state_dict())
    image = torch.rand(1, 3, 16, 16)
    assert torch.equal(bounded(image), torch.tanh(free(image)))


@pytest.mark.parametrize("network", [GlobalGenerator(TINY), LocalEnhancer(TINY_LOCAL)])
def test_a_size_that_does_not_divide_is_refused_with_the_multiple(network: Any) -> None:
    with pytest.raises(ValueError, match=f"multiples of {network.config.input_multiple}, got 20"):
        network(torch.rand(1, 3, 20, 34))


@pytest.mark.parametrize(
    "bad", [{"norm": "layer"}, {"padding": "circular"}, {"upsampling": "bicubic"}, {"ngf": 0}]
)
def test_an_option_that_is_no_choice_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(bad))} must be"):
        GlobalGeneratorConfig(**bad)
