"""Watching a network's layers while it runs."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

Trace = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def trace() -> Trace:
    """A function of (network, *inputs): every convolution's kind, kernel, stride, output shape."""

    def run(network: nn.Module, *inputs: torch.Tensor) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []

        def note(layer: Any, _: Any, output: torch.Tensor) -> None:
            kind = "up" if isinstance(layer, nn.ConvTranspose2d) else "conv"
            rows.append((kind, layer.kernel_size[0], layer.stride[0], *output.shape[1:]))

        layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
        handles = [layer.register_forward_hook(note) for layer in layers]
        with torch.no_grad():
            network(*inputs)
        for handle in handles:
            handle.remove()
        return rows

    return run
