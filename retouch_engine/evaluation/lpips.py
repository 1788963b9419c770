"""LPIPS with weights that the user supplies; without them there is no such number.

Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
equation 1, version 0.1 of the published metric. Neither the backbone (trained on ImageNet) nor the
linear weights are part of this project.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

Image = NDArray[np.uint8]
# Blocks of a backbone: max-pooling before it (0 none, else kernel; stride 2), then convolutions,
# each with its index in torchvision's `features`, stride and padding; every one has a ReLU.
Block = tuple[int, tuple[tuple[int, int, int], ...]]
ALEX: tuple[Block, ...] = (
    (0, ((0, 4, 2),)),
    (3, ((3, 1, 2),)),
    (3, ((6, 1, 1),)),
    (0, ((8, 1, 1),)),
    (0, ((10, 1, 1),)),
)
VGG: tuple[Block, ...] = (
    (0, ((0, 1, 1), (2, 1, 1))),
    (2, ((5, 1, 1), (7, 1, 1))),
    (2, ((10, 1, 1), (12, 1, 1), (14, 1, 1))),
    (2, ((17, 1, 1), (19, 1, 1), (21, 1, 1))),
    (2, ((24, 1, 1), (26, 1, 1), (28, 1, 1))),
)
BACKBONES = {(64, 3, 11, 11): ("alex", ALEX), (64, 3, 3, 3): ("vgg", VGG)}
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
NAME = re.compile(r"(?:features|net\.slice\d)\.(\d+)\.(weight|bias)|lin(\d)\.model\.1\.weight")
SMALLEST = 32


class LpipsError(ValueError):
    """LPIPS cannot be measured; the message says what is missing."""


class Lpips:
    """The published metric on the user's weights; `backbone` is "alex" or "vgg"."""

    def __init__(self, weights: dict[str, Any]) -> None:
        shape = tuple(weights["0.weight"].shape) if "0.weight" in weights else ()
        if shape not in BACKBONES:
            raise LpipsError("the LPIPS weights hold neither AlexNet's nor VGG16's features")
        self.backbone, self._blocks = BACKBONES[shape]
        convolutions = [index for _, layers in self._blocks for index, _, _ in layers]
        needed = {f"{i}.{part}" for i in convolutions for part in ("weight", "bias")}
        missing = sorted((needed | {f"lin{k}" for k in range(5)}) - weights.keys())
        if missing:
            raise LpipsError(f"the LPIPS weights lack {', '.join(missing)}")
        self._weights = weights

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read backbone and linear weights from one safetensors file, named as torch names them.

        Names are those of torchvision's `features` or of the published module's state
        (`net.slice1.0.weight` …), with `lin0.model.1.weight` … `lin4.model.1.weight`. Raises
        LpipsError if the file or torch is missing, unreadable, or of another network.
        """
        if not path.is_file():
            raise LpipsError(
                f"LPIPS needs weights that you supply: there is no file {path} (safetensors with "
                "the backbone's features and lin0.model.1.weight to lin4.model.1.weight)"
            )
        _torch()
        try:
            with safe_open(path, framework="pt") as file:
                found = {name: NAME.fullmatch(name) for name in file.keys()}  # noqa: SIM118
                weights = {_key(m): file.get_tensor(n).float() for n, m in found.items() if m}
        except (SafetensorError, OSError) as error:
            raise LpipsError(f"{path} is no safetensors file: {error}") from error
        return cls(weights)

    def distance(self, first: Image, second: Image) -> float:
        """Return LPIPS of two pictures, uint8 sRGB (H, W, 3), at their own size; 0 if equal.

        Raises LpipsError on sizes that differ or under 32 pixels.
        """
        if first.shape != second.shape or min(first.shape[:2]) < SMALLEST:
            raise LpipsError(f"LPIPS needs two equal sizes from 32: {first.shape}, {second.shape}")
        torch = _torch()
        with torch.no_grad():
            pairs = zip(self._features(first), self._features(second), strict=True)
            parts = [self._layer(k, a, b) for k, (a, b) in enumerate(pairs)]
        return float(sum(parts))

    def _layer(self, index: int, first: Any, second: Any) -> Any:
        """Return the weighted squared difference of unit-length features, averaged over places."""
        a, b = (f / (f.square().sum(1, keepdim=True).sqrt() + 1e-10) for f in (first, second))
        return ((a - b).square() * self._weights[f"lin{index}"]).sum(1).mean()

    def _features(self, image: Image) -> list[Any]:
        torch = _torch()
        functional = torch.nn.functional
        shift, scale = (torch.tensor(values)[None, :, None, None] for values in (SHIFT, SCALE))
        values = torch.from_numpy(image.astype(np.float32) / 127.5 - 1.0).permute(2, 0, 1)[None]
        values, features = (values - shift) / scale, []
        for pool, layers in self._blocks:
            values = functional.max_pool2d(values, pool, 2) if pool else values
            for index, stride, padding in layers:
                weight, bias = (self._weights[f"{index}.{part}"] for part in ("weight", "bias"))
                values = functional.conv2d(values, weight, bias, stride, padding).relu()
            features.append(values)
        return features


def _key(match: re.Match[str]) -> str:
    index, part, layer = match.groups()
    return f"lin{layer}" if layer is not None else f"{index}.{part}"


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise LpipsError("LPIPS needs torch: install the extra `train`") from error
