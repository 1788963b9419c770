"""pix2pixHD's VGG loss, on weights that the user supplies: none are part of this project."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from .config import ConfigError

# Convolutions of VGG19's `features` up to relu5_1, each block after a max-pooling but the first.
BLOCKS = ((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28,))
CHANNELS = (64, 128, 256, 512, 512)
WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


class VGGLoss(nn.Module):
    """Weighted L1 distance of two pictures in VGG19's relu1_1 to relu5_1.

    Wang et al. 2018, section 3.2 and the published code: weights 1/32, 1/16, 1/8, 1/4, 1, pictures
    in -1..1 as they are. The weights are frozen and belong to no optimiser or saved state.
    """

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        inputs = 3
        for channels, block in zip(CHANNELS, BLOCKS, strict=True):
            for index in block:
                self._take(index, weights, (channels, inputs, 3, 3))
                inputs = channels

    @classmethod
    def load(cls, path: Path) -> "VGGLoss":
        """Read a safetensors file with torchvision's names (`features.0.weight` …).

        Raises ConfigError if it is missing, unreadable or of another network.
        """
        if not path.is_file():
            raise ConfigError(
                f"losses.vgg needs weights that you supply: no file {str(path)!r} "
                "(safetensors with torchvision's VGG19 features.0.weight to features.28.bias)"
            )
        try:
            return cls(load_file(path))
        except (SafetensorError, OSError) as error:
            raise ConfigError(f"{path} is no safetensors file: {error}") from error

    def _take(self, index: int, weights: dict[str, Tensor], shape: tuple[int, ...]) -> None:
        for part, expected in (("weight", shape), ("bias", shape[:1])):
            name = f"features.{index}.{part}"
            found = weights.get(name)
            if found is None or tuple(found.shape) != expected:
                raise ConfigError(f"vgg_weights are not VGG19's: see {name}")
            self.register_buffer(f"{part}_{index}", found.float(), persistent=False)

    def forward(self, picture: Tensor, target: Tensor) -> Tensor:
        """Return the loss of pictures (N, 3, H, W) in 0..1, from 16 pixels."""
        with torch.no_grad():
            wanted = self._features(target)
        total = picture.new_zeros(())
        for weight, ours, theirs in zip(WEIGHTS, self._features(picture), wanted, strict=True):
            total = total + weight * F.l1_loss(ours, theirs)
        return total

    def _features(self, picture: Tensor) -> list[Tensor]:
        values, features = picture * 2 - 1, []
        for number, block in enumerate(BLOCKS):
            values = F.max_pool2d(values, 2) if number else values
            for index in block:
                weight, bias = self.get_buffer(f"weight_{index}"), self.get_buffer(f"bias_{index}")
                values = F.relu(F.conv2d(values, weight, bias, padding=1))
                if index == block[0]:
                    features.append(values)
        return features
