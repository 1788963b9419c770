"""Start a wider or deeper generator from a smaller one's weights, so that it predicts the same."""

from collections.abc import Mapping

import torch
from torch import Tensor


def widened(fresh: Mapping[str, Tensor], trained: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a network that computes what a smaller one of its kind does.

    fresh: what the wider network starts with; trained: the smaller one's state. New channels keep
    their fresh weights and nothing reads them yet; new residual blocks add nothing yet. So the
    first step goes on where training had ended (Chen et al. 2016, "Net2Net", section 2, with
    zeros in place of copies). Raises ValueError where the smaller network does not fit inside.
    """
    missing = sorted(set(trained) - set(fresh))
    if missing:
        raise ValueError(f"the larger network has no {missing[0]}")
    weights = {}
    for name, value in fresh.items():
        if name in trained:
            weights[name] = _enlarged(name, value, trained[name])
        elif ".second." in name:
            weights[name] = torch.zeros_like(value)
        else:
            weights[name] = value
    return weights


def _enlarged(name: str, fresh: Tensor, trained: Tensor) -> Tensor:
    """Return `fresh` with `trained` in its first outputs, which read no new input."""
    fits = fresh.dim() == trained.dim() and fresh.shape[2:] == trained.shape[2:]
    if not fits or any(new < old for new, old in zip(fresh.shape, trained.shape, strict=True)):
        shapes = f"{tuple(trained.shape)} into {tuple(fresh.shape)}"
        raise ValueError(f"{name} does not fit: {shapes}")
    weight = fresh.clone()
    weight[: trained.shape[0]] = 0.0
    weight[tuple(slice(0, size) for size in trained.shape)] = trained
    return weight
