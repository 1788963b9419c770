"""Supervised training on pairs: the edit's own losses."""

import torch
from torch import Tensor

from retouch_engine.networks import EditGenerator

from ..config import TrainingConfig
from ..losses import edit_loss
from .base import Batch, Method, Update


class PairedMethod(Method):
    """Lower the edit loss of a generator on source and target of the same crop."""

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        self.config = config
        generator = EditGenerator(config.generator)
        self.networks = {"generator": generator}
        self.optimisers = {
            "generator": torch.optim.AdamW(
                generator.parameters(), lr=config.learning_rate, weight_decay=1e-4
            )
        }

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Predict, compare with the truth, update."""
        prediction = self.call("generator", batch["source"])
        total, terms = edit_loss(
            batch["source"],
            batch["target"],
            batch["edited"],
            batch["kinds"],
            prediction,
            self.config.losses,
        )
        update("generator", total)
        return terms
