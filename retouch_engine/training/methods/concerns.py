"""Train what predicts smooth changes, on whole faces; the rest of the generator stays as it is."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from retouch_engine.networks import EditGenerator, EditPrediction
from retouch_engine.networks.edit_generator import gated, where_present
from retouch_engine.networks.generators import build_generator

from ..concern_samples import CELL, ConcernFaces
from ..config import ConfigError, TrainingConfig
from ..losses import concern_loss
from ..samples import TrainingFace
from .base import Batch, Method, Update


class ConcernMethod(Method):
    """Lower the losses of a generator's `concern_branch`, which shares nothing with its edit.

    crop and face_width_range of the config are pixels of the reduced picture.
    """

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        generator = build_generator(config.generator)
        if not isinstance(generator, EditGenerator) or not generator.config.concerns:
            raise ConfigError("the method 'concerns' needs our generator with concerns")
        self.networks = {"generator": generator, "concern_branch": generator.concern_branch}
        self.optimisers["concern_branch"] = torch.optim.AdamW(
            generator.concern_branch.parameters(),
            lr=config.learning_rate,
            betas=config.betas,
            weight_decay=config.weight_decay,
        )

    def dataset(self, faces: Sequence[TrainingFace], config: TrainingConfig) -> Dataset[Batch]:
        """Return whole faces, reduced."""
        return ConcernFaces(faces, config, config.samples)

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Predict the densities that take the faults away, compare, update."""
        concerns = self.call("concern_branch", batch["source"])
        total, terms = concern_loss(
            batch["concerns"], batch["concerns_known"], _prediction(*concerns)
        )
        update("concern_branch", total)
        return terms

    def preview(self, average: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the painted faces, and what prediction and truth make of them."""
        source = batch["source"]
        assert isinstance(average, EditGenerator)
        densities, logits, presence = average.concern_branch(source)
        made = gated(densities, where_present(torch.sigmoid(logits), presence))
        result = _applied(source, made)
        return {"source": source, "result": result, "target": _applied(source, batch["concerns"])}


def _prediction(densities: Tensor, logits: Tensor, presence: Tensor | None) -> EditPrediction:
    nothing = densities.new_zeros(0)
    return EditPrediction(nothing, nothing, nothing, densities, logits, presence)


def _applied(source: Tensor, densities: Tensor) -> Tensor:
    """Return a reduced picture with the sum of all concerns' densities added."""
    total = densities.unflatten(1, (-1, 3)).sum(dim=1)
    enlarged = F.interpolate(total, scale_factor=CELL, mode="bilinear", align_corners=False)
    return source * torch.exp(-enlarged)
