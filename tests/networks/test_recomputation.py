"""Gradient checkpointing keeps less and gives the same losses, gradients and statistics."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn

from retouch_engine.networks import recompute_segments
from retouch_engine.networks.generators import build_generator, generator_options

SMALL = {"ngf": 4, "norm": "batch"}
GENERATORS = {
    "ours": {"global_channels": [8, 12, 16], "local_channels": 8},
    "global": {"name": "pix2pixhd_global", "n_downsampling": 2, "n_blocks": 2, **SMALL},
    "local": {
        "name": "pix2pixhd_local", "n_downsample_global": 2, "n_blocks_global": 1,
        "n_blocks_local": 1, **SMALL,
    },
    "edit head": {
        "name": "pix2pixhd_global", "edit_kinds": 4, "upsampling": "resize", "n_blocks": 1, **SMALL,
    },
    "dropout": {"name": "cyclegan_resnet", "n_blocks": 2, "dropout": True, **SMALL},
}  # fmt: skip


@pytest.fixture(params=GENERATORS)
def build(request: pytest.FixtureRequest) -> Callable[[bool], nn.Module]:
    def made(recomputes: bool) -> nn.Module:
        torch.manual_seed(1)
        generator = build_generator(generator_options(GENERATORS[request.param]))
        assert not recomputes or recompute_segments(generator)
        return generator

    return made


def backward(generator: nn.Module) -> Tensor:
    torch.manual_seed(2)
    image = torch.rand(2, 3, 64, 64)
    prediction = generator(image)
    loss = sum((part - 0.3).square().mean() for part in parts(prediction))
    loss.backward()
    return loss.detach()


def test_losses_gradients_and_statistics_are_the_same(build: Callable[[bool], nn.Module]) -> None:
    plain, recomputing = build(False), build(True)
    assert torch.equal(backward(plain), backward(recomputing))
    gradients = {name: value.grad for name, value in recomputing.named_parameters()}
    for name, value in plain.named_parameters():
        assert value.grad is not None
        assert torch.equal(value.grad, gradients[name]), name
    buffers = dict(recomputing.named_buffers())
    for name, value in plain.named_buffers():
        assert torch.equal(value, buffers[name]), name


def parts(prediction: tuple[Tensor | None, ...]) -> list[Tensor]:
    """Return what a generator predicts at all."""
    return [part for part in prediction if part is not None]


@contextmanager
def kept_bytes() -> Iterator[list[int]]:
    """Count what autograd keeps outside of recomputed segments, each storage once."""
    storages: dict[int, int] = {}
    total = [0]

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield total
    total[0] = sum(storages.values())


def test_less_is_kept_between_the_passes(build: Callable[[bool], nn.Module]) -> None:
    totals = []
    for recomputes in (False, True):
        generator = build(recomputes)
        with kept_bytes() as total:
            kept = generator(torch.rand(2, 3, 64, 64))
        totals.append(total[0])
        del kept
    assert totals[1] < 0.8 * totals[0]


def test_names_of_weights_do_not_depend_on_it(build: Callable[[bool], nn.Module]) -> None:
    build(True).load_state_dict(build(False).state_dict())


def test_nothing_is_recomputed_without_gradients(build: Callable[[bool], nn.Module]) -> None:
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected, given = build(False).eval()(image), build(True).eval()(image)
    assert all(torch.equal(a, b) for a, b in zip(parts(expected), parts(given), strict=True))


def test_a_network_without_segments_says_so() -> None:
    assert not recompute_segments(build_generator(generator_options({"name": "two_way_unet"})))
