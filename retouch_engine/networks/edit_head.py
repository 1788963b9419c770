"""Bridges between published networks and edits: the same forward as `EditGenerator`.

`EditNetwork` lets a published trunk predict residual, mask and kinds (ours); `PictureAsEdit` reads
the picture that a published network predicts as an edit, so that one predictor serves both.
"""

from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from .edit_generator import EditPrediction
from .layers import GeneratorConfig, ImageGenerator

Config = TypeVar("Config", bound=GeneratorConfig)

CHANGE_THRESHOLD = 4.0 / 255.0


def with_edit_head(config: Config, kinds: int = 4) -> Config:
    """Return the options with an output of 3 + 1 + kinds channels and without tanh."""
    return replace(config, output_channels=4 + kinds, tanh=False)


class EditNetwork(nn.Module):
    """A published generator whose output is read as residual, mask and kinds.

    `generator` must have been built from `with_edit_head(config, kinds)`; its last layer is scaled
    down, so that a fresh network starts near "change nothing". Raises ValueError otherwise.
    """

    def __init__(self, generator: ImageGenerator) -> None:
        super().__init__()
        config = generator.config
        if config.tanh or config.output_channels < 5:
            raise ValueError("an edit head needs options made by with_edit_head(config, kinds)")
        self.generator = generator
        self.kinds = config.output_channels - 4
        self.feature_channels = config.input_channels - 3
        with torch.no_grad():
            generator.output_layer.weight.mul_(0.2)

    def forward(self, image: Tensor, features: Tensor | None = None) -> EditPrediction:
        """Predict for sRGB (N, 3, H, W) in 0..1, at its size.

        features: (N, F, H, W), the feature encoder's, where input_channels is 3 + F; zeros, which
        mean "no style", when left out.
        """
        scaled = _with_features(image * 2.0 - 1.0, features, self.feature_channels)
        out = self.generator(scaled)
        return EditPrediction(out[:, :3], out[:, 3:4], out[:, 4:])


class PictureAsEdit(nn.Module):
    """A network that predicts the picture, read as an edit of one kind, "blemish".

    The residual is picture - image. The mask is a soft threshold at a change of 4/255 in any
    channel, one grey level wide, so that residual x mask leaves out what nobody sees and spots can
    be told apart; the kinds are (none, blemish) by the same measure. `unit_range`: the network
    takes and gives 0..1 (Deep Photo Enhancer's), not -1..1 as the others. Features, as in
    `EditNetwork`, where the generator's input_channels is 3 + F.
    """

    def __init__(self, generator: nn.Module, *, unit_range: bool = False) -> None:
        super().__init__()
        self.generator = generator
        self.unit_range = unit_range
        config = getattr(generator, "config", None)
        self.feature_channels = getattr(config, "input_channels", 3) - 3

    def picture(self, image: Tensor, features: Tensor | None = None) -> Tensor:
        """Return the predicted picture for sRGB (N, 3, H, W), both in 0..1."""
        if self.unit_range:
            own: Tensor = self.generator(image)
            return own
        scaled = _with_features(image * 2.0 - 1.0, features, self.feature_channels)
        out: Tensor = (self.generator(scaled) + 1.0) * 0.5
        return out

    def forward(self, image: Tensor, features: Tensor | None = None) -> EditPrediction:
        """Predict for sRGB (N, 3, H, W) in 0..1, at its size; K = 2."""
        residual = self.picture(image, features) - image
        strength = residual.abs().amax(dim=1, keepdim=True)
        logits = (strength - CHANGE_THRESHOLD) * 255.0
        return EditPrediction(residual, logits, torch.cat([torch.zeros_like(logits), logits], 1))


def _with_features(scaled: Tensor, features: Tensor | None, channels: int) -> Tensor:
    """Return a picture in -1..1 with the feature maps behind its channels, zeros without any."""
    if not channels:
        return scaled
    if features is None:
        count, _, height, width = scaled.shape
        features = scaled.new_zeros(count, channels, height, width)
    return torch.cat([scaled, features], dim=1)
