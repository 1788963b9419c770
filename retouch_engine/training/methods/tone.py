"""Train the tone generator: pictures under bad light, people first, and groups in one tone."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from retouch_engine.networks.tone_generator import (
    ToneGenerator,
    ToneGeneratorConfig,
    TonePrediction,
    apply_tone,
    falling,
    smoothness,
)

from ..config import ConfigError, TrainingConfig
from ..samples import TrainingFace
from ..tone_samples import ToneThumbnails
from .base import Batch, Method, Update

# Tone has no fine detail: its errors are counted on pictures so many times smaller.
REDUCED = 2


@dataclass(frozen=True)
class ToneOptions:
    """Weights of the terms; defaults as published where there is one.

    human_priority: a person's pixels weigh so much in the difference, so its square in the error
    (PPR10K, Liang et al. 2021, section 4.2); group: of the difference between the same frame's two
    lights (section 4.3); smoothness, falling: Zeng et al. 2020, equations 7 and 8.
    """

    human_priority: float = 5.0
    group: float = 1.0
    smoothness: float = 1e-4
    falling: float = 10.0


class ToneMethod(Method):
    """Lower the error of a toned picture, and the difference that its light made."""

    def __init__(self, config: TrainingConfig, options: ToneOptions) -> None:
        super().__init__()
        if not isinstance(config.generator, ToneGeneratorConfig):
            raise ConfigError('the method "tone" needs the generator tone_generator')
        if config.crop != config.generator.thumbnail:
            raise ConfigError(
                f"crop must be the generator's thumbnail, {config.generator.thumbnail}"
            )
        self.options = options
        generator = ToneGenerator(config.generator)
        self.networks["generator"] = generator
        self.optimisers["generator"] = torch.optim.AdamW(
            generator.parameters(),
            lr=config.learning_rate,
            betas=config.betas,
            weight_decay=config.weight_decay,
        )

    def dataset(self, faces: Sequence[TrainingFace], config: TrainingConfig) -> Dataset[Batch]:
        """Return thumbnails of whole pictures."""
        return ToneThumbnails(faces, config.crop, config.samples, config.seed)

    def example_input(self, crop: int) -> Tensor:
        """Return a thumbnail with its mask on the meta device."""
        return torch.empty(1, 4, crop, crop, device="meta")

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Tone both versions of each frame, compare them with the truth and with each other."""
        count = len(batch["source"])
        both = torch.cat([batch["source"], batch["second"]])
        face = batch["face"].repeat(2, 1, 1, 1)
        prediction: TonePrediction = self.call("generator", torch.cat([both, face], dim=1))
        toned = apply_tone(F.avg_pool2d(both, REDUCED), prediction)
        target = F.avg_pool2d(batch["target"], REDUCED).repeat(2, 1, 1, 1)
        small_face = F.avg_pool2d(face, REDUCED)
        terms = self._terms(toned, target, small_face, prediction, count)
        update("generator", torch.stack(list(terms.values())).sum())
        return {name: term.detach() for name, term in terms.items()}

    def _terms(
        self, toned: Tensor, target: Tensor, face: Tensor, prediction: TonePrediction, count: int
    ) -> dict[str, Tensor]:
        options = self.options
        priority = 1.0 + (options.human_priority - 1.0) * (face > 0)
        error = (priority * (toned - target)).square().mean()
        apart = (toned[:count] - toned[count:]).square().mean()
        return {
            "pixel": error,
            "group": options.group * apart,
            "smoothness": options.smoothness * smoothness(prediction),
            "falling": options.falling * falling(prediction.lut),
        }

    def preview(self, average: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return source, result and target side by side."""
        source = batch["source"]
        prediction = average(torch.cat([source, batch["face"]], dim=1))
        return {
            "source": source,
            "result": apply_tone(source, prediction),
            "target": batch["target"],
        }
