"""Losses of the edit generator.

The residual is supervised on its own inside the edits, and the mask has its own cross-entropy:
a sigmoid mask x residual trained through their product alone collapses to "change nothing",
because each factor's gradient vanishes with the other.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from retouch_engine.networks import EditPrediction

from .config import LossWeights

KIND_WEIGHTS = (0.3, 1.0, 2.0, 2.0)


def apply_edit(source: Tensor, prediction: EditPrediction) -> Tensor:
    """Return source + residual x mask, not clipped; all (N, 3, H, W) in 0..1."""
    return source + prediction.residual * torch.sigmoid(prediction.mask_logits)


def edit_loss(
    source: Tensor,
    target: Tensor,
    edited: Tensor,
    kinds: Tensor,
    prediction: EditPrediction,
    weights: LossWeights,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the total and each weighted term.

    source, target: (N, 3, H, W) in 0..1; edited: (N, 1, H, W) 0..1; kinds: (N, H, W) int64.
    """
    change = target - source
    weight = 1.0 + weights.edited_pixels * edited
    composite = (weight * (apply_edit(source, prediction) - target).abs()).mean()
    inside = edited.sum().clamp(min=1.0) * 3.0
    residual = (edited * (prediction.residual - change).abs()).sum() / inside
    mask = F.binary_cross_entropy_with_logits(prediction.mask_logits, edited)
    classes = torch.tensor(KIND_WEIGHTS, dtype=source.dtype, device=source.device)
    kind = F.cross_entropy(prediction.kind_logits, kinds, weight=classes)
    terms = {
        "composite": weights.composite * composite,
        "residual": weights.residual * residual,
        "mask": weights.mask * mask,
        "kinds": weights.kinds * kind,
    }
    total = torch.stack(list(terms.values())).sum()
    return total, {name: term.detach() for name, term in terms.items()}
