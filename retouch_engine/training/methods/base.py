"""What the loop asks of a method: its networks, its optimisers, and one step on one batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from ..config import TrainingConfig
from ..losses import picture_of
from ..samples import TrainingCrops, TrainingFace

Batch = dict[str, Tensor]
# Called with an optimiser's name and the loss that it is to lower; the loop does the update.
Update = Callable[[str, Tensor], None]


class Method(ABC):
    """A way to train a generator.

    networks: by name, as they are saved; active: the same as they are called in a step, wrapped
    for several devices by the loop; optimisers: by name, one for each loss of a step.
    """

    def __init__(self) -> None:
        self.networks: dict[str, nn.Module] = {}
        self.active: dict[str, nn.Module] = {}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}

    @property
    def generator(self) -> nn.Module:
        """Return the network that is averaged and exported."""
        return self.networks["generator"]

    def dataset(self, faces: Sequence[TrainingFace], config: TrainingConfig) -> Dataset[Batch]:
        """Return the samples of a whole run: sample i depends on the config's seed and i alone."""
        return TrainingCrops(faces, config, config.samples)

    def example_input(self, crop: int) -> Tensor:
        """Return an input of the generator for one crop on the meta device, to count memory."""
        return torch.empty(1, 3, crop, crop, device="meta")

    @abstractmethod
    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Compute the losses of one batch, call `update` for each, return the terms to log."""

    def preview(self, average: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return what a person should see of one batch, by name: pictures (N, 3, H, W) around 0..1.

        average: the averaged generator; nothing random is drawn from the run's own state.
        """
        source = batch["source"]
        result = picture_of(average, source, average(source))
        return {"source": source, "result": result, "target": batch["target"]}

    def extra_state(self) -> dict[str, Any]:
        """Return what must be saved besides networks and optimisers: tensors and plain values."""
        return {}

    def load_extra_state(self, values: dict[str, Any]) -> None:  # noqa: B027
        """Take back what `extra_state` gave; a method without extra state needs nothing."""

    def call(self, name: str, *inputs: Tensor) -> Any:
        """Call a network with gradients of its own parameters."""
        return self.active.get(name, self.networks[name])(*inputs)


@contextmanager
def frozen(networks: Iterable[nn.Module]) -> Any:
    """Let gradients pass through networks without reaching their parameters."""
    parameters = [p for network in networks for p in network.parameters() if p.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
