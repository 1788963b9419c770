"""Losses of the edit head and of the adversarial methods.

The edit head's residual is supervised on its own inside the edits, and its mask has its own
cross-entropy: a sigmoid mask x residual trained through their product alone collapses to "change
nothing", because each factor's gradient vanishes with the other.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from retouch_engine.networks import EditPrediction
from retouch_engine.networks.edit_generator import gated, where_present
from retouch_engine.networks.generators import predicts_picture

from .config import GanMode, LossWeights

# Which kind a spot is counts, hardly that there is none: the mask tells.
KIND_WEIGHTS = (0.05, 1.0, 2.0, 2.0)
# The density from which on a cell of a concern counts as one to change.
CONCERN_DENSITY = 0.02
# A usual fault's density, as a root mean square over its crop: what is less weighs less.
USUAL_DENSITY = 0.05
CONCERN_POSITIVE = 3.0

# A change that nobody sees, in image units: crops with no more weigh little.
NEGLIGIBLE = 4.0 / 255.0

# One list for each scale, its last element the patch logits, hidden layers before it.
Judgement = list[list[Tensor]]


def apply_edit(source: Tensor, prediction: EditPrediction) -> Tensor:
    """Return source + residual x mask, not clipped; all (N, 3, H, W) in 0..1."""
    return source + prediction.residual * torch.sigmoid(prediction.mask_logits)


def picture_of(generator: nn.Module, source: Tensor, prediction: EditPrediction) -> Tensor:
    """Return the picture that a prediction means, not clipped; (N, 3, H, W) around 0..1."""
    if predicts_picture(generator):
        return source + prediction.residual
    return apply_edit(source, prediction)


def edit_loss(
    source: Tensor,
    target: Tensor,
    edited: Tensor,
    kinds: Tensor,
    prediction: EditPrediction,
    weights: LossWeights,
    counted: Tensor | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the total and each weighted term.

    source, target: (N, 3, H, W) in 0..1; edited: (N, 1, H, W) 0..1; kinds: (N, H, W) int64;
    counted: (N, 1, H, W) 0..1, 0 where the truth is doubtful; None where it never is.
    """
    counted = torch.ones_like(edited) if counted is None else counted
    edited = edited * counted
    change = target - source
    weight = counted + weights.edited_pixels * edited
    composite = (weight * (apply_edit(source, prediction) - target).abs()).mean()
    inside = edited.sum().clamp(min=1.0) * 3.0
    wrong = prediction.residual - change
    residual = (edited * wrong.abs()).sum() / inside
    positive = source.new_tensor(weights.mask_positive)
    mask = F.binary_cross_entropy_with_logits(
        prediction.mask_logits, edited, weight=counted, pos_weight=positive
    )
    classes = source.new_tensor(KIND_WEIGHTS[: prediction.kind_logits.shape[1]])
    each = F.cross_entropy(prediction.kind_logits, kinds, reduction="none") * classes[kinds]
    kind = (counted[:, 0] * each).sum() / classes[kinds].sum()
    terms = {
        "composite": weights.composite * composite,
        "residual": weights.residual * residual,
        "mask": weights.mask * mask,
        "kinds": weights.kinds * kind,
    }
    if weights.residual_squared:
        squared = (edited * wrong.square()).sum() / inside
        terms["residual_squared"] = weights.residual_squared * squared
    if weights.residual_relative:
        relative = relative_squared_error(wrong, change, edited)
        terms["residual_relative"] = weights.residual_relative * relative
    total = torch.stack(list(terms.values())).sum()
    return total, {name: term.detach() for name, term in terms.items()}


def relative_squared_error(wrong: Tensor, change: Tensor, edited: Tensor) -> Tensor:
    """Return the share of each crop's squared change that is left wrong, mean over crops.

    wrong, change: (N, 3, H, W); edited: (N, 1, H, W) 0..1. On dark skin all changes are small, and
    so are the errors that a plain mean would count.
    """
    left, wanted = ((edited * part.square()).sum(dim=(1, 2, 3)) for part in (wrong, change))
    floor = NEGLIGIBLE**2 * 3.0 * edited.sum(dim=(1, 2, 3)).clamp(min=1.0)
    return (left / (wanted + floor)).mean()


def concern_loss(
    truth: Tensor, known: Tensor, prediction: EditPrediction
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of the smooth changes and its terms.

    truth: densities (N, 3 C, h, w) to add; known: (N,) bool, crops whose truth counts. Where
    something was painted, the share of its square that is left counts, which is least at its
    expected size: absolute errors are least where nothing is changed until a fault is surer than
    not. Where nothing was painted, any change counts. Gate, density and presence have a term each
    besides that of their product, as with the edit; an open gate is rare, so it weighs more.
    """
    densities, logits = prediction.concern_densities, prediction.concern_logits
    presence = prediction.concern_presence
    if densities is None or logits is None:
        raise ValueError("the generator predicts no concerns")
    weight = known.float()[:, None, None, None]
    each = truth.unflatten(1, (-1, 3))
    wanted = (each.abs().amax(dim=2) / CONCERN_DENSITY - 0.5).clamp(0.0, 1.0)
    made = gated(densities, where_present(torch.sigmoid(logits), presence))
    left, painted = (
        part.square().unflatten(1, (-1, 3)).mean(dim=(2, 3, 4)) for part in (made - truth, truth)
    )
    relative = (known.float()[:, None] * left / (painted + USUAL_DENSITY**2)).mean()
    added = made.abs().unflatten(1, (-1, 3)).mean(dim=2)
    needless = (weight * (1.0 - wanted) * added).mean()
    wrong = (densities - truth).abs().unflatten(1, (-1, 3)).mean(dim=2)
    inside = (weight * wanted * wrong).sum() / (weight * wanted).sum().clamp(min=1.0)
    positive = logits.new_tensor(CONCERN_POSITIVE)
    gate = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none", pos_weight=positive)
    terms = {
        "concern_relative": relative,
        "concern_needless": 6.0 * needless,
        "concern_densities": inside,
        "concern_gates": 0.1 * (weight * gate).mean(),
    }
    if presence is not None:
        is_there = (wanted.amax(dim=(2, 3)) >= 0.5).float()
        sure = F.binary_cross_entropy_with_logits(presence, is_there, reduction="none")
        terms["concern_presence"] = 0.1 * (known.float()[:, None] * sure).mean()
    total = torch.stack(list(terms.values())).sum()
    return total, {name: term.detach() for name, term in terms.items()}


def gan_loss(judgement: Judgement, real: bool, mode: GanMode) -> Tensor:
    """Return the loss of calling patches real (or fake), summed over the scales.

    `lsgan`: squared distance to 1 or 0 (Mao et al. 2017); `vanilla`: binary cross-entropy on the
    logits (Goodfellow et al. 2014).
    """
    total = judgement[0][-1].new_zeros(())
    for scale in judgement:
        wanted = torch.full_like(scale[-1], float(real))
        if mode == "lsgan":
            total = total + F.mse_loss(scale[-1], wanted)
        else:
            total = total + F.binary_cross_entropy_with_logits(scale[-1], wanted)
    return total


def discriminator_loss(real: Judgement, fake: Judgement, mode: GanMode) -> Tensor:
    """Return half the sum of both: real patches called real, fake ones fake."""
    return 0.5 * (gan_loss(real, True, mode) + gan_loss(fake, False, mode))


def feature_matching_loss(real: Judgement, fake: Judgement) -> Tensor:
    """Return the L1 distance of the judge's hidden layers on real and fake pictures.

    Wang et al. 2018, equation 4; each hidden layer weighs 4 / hidden layers / scales, as in the
    published code.
    """
    total = real[0][-1].new_zeros(())
    for ours, theirs in zip(fake, real, strict=True):
        weight = 4.0 / len(ours[:-1]) / len(real) if len(ours) > 1 else 0.0
        for feature, wanted in zip(ours[:-1], theirs[:-1], strict=True):
            total = total + weight * F.l1_loss(feature, wanted.detach())
    return total
