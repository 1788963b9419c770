"""Gradient checkpointing: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".

A segment keeps its input alone and computes everything inside again for the backward pass. Losses
and gradients stay the same; a step takes about a third longer.
"""

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

ACTIVATIONS = (nn.ReLU, nn.Tanh)


class Recomputing(nn.Module):
    """A module whose `segments` are recomputed where `gradient_checkpointing` is set."""

    gradient_checkpointing = False

    def segments(self) -> Sequence[nn.Module]:
        """Return the parts of which each keeps its input alone."""
        raise NotImplementedError

    def run_segment(self, segment: nn.Module, x: Tensor) -> Tensor:
        """Return segment(x)."""
        if not (self.gradient_checkpointing and torch.is_grad_enabled()):
            out: Tensor = segment(x)
            return out

        fixed = nullcontext(), _FixedStatistics(segment)
        kept: Tensor = checkpoint(segment, x, use_reentrant=False, context_fn=lambda: fixed)
        return kept


class Stages(Recomputing, nn.Sequential):
    """An nn.Sequential; a segment ends with an activation, or is a block of layers."""

    def segments(self) -> list[nn.Module]:
        """Return the stages, each as a sequence of this module's own layers."""
        stages: list[list[nn.Module]] = [[]]
        for layer in self:
            stages[-1].append(layer)
            if isinstance(layer, ACTIVATIONS) or next(layer.children(), None) is not None:
                stages.append([])
        return [nn.Sequential(*stage) for stage in stages if stage]

    def forward(self, x: Tensor) -> Tensor:
        """Map through all layers in their order."""
        if not self.gradient_checkpointing:
            out: Tensor = super().forward(x)
            return out
        for segment in self.segments():
            x = self.run_segment(segment, x)
        return x


def recompute_segments(network: nn.Module) -> bool:
    """Switch gradient checkpointing on in a network; return whether it has any segment."""
    found = [module for module in network.modules() if isinstance(module, Recomputing)]
    for module in found:
        module.gradient_checkpointing = True
    return bool(found)


class _FixedStatistics:
    """While it is entered, batch norms count no batch: they have counted it in the first pass."""

    def __init__(self, segment: nn.Module) -> None:
        self.norms = [module for module in segment.modules() if isinstance(module, _BatchNorm)]
        self.before: list[tuple[float | None, Tensor | None]] = []

    def __enter__(self) -> None:
        counts = (norm.num_batches_tracked for norm in self.norms)
        kept = [None if count is None else count.clone() for count in counts]
        self.before = [(norm.momentum, n) for norm, n in zip(self.norms, kept, strict=True)]
        for norm in self.norms:
            norm.momentum = 0.0

    def __exit__(self, *error: object) -> None:
        for norm, (momentum, count) in zip(self.norms, self.before, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None and count is not None:
                norm.num_batches_tracked.copy_(count)
