"""The torch runtime: for GPUs, and on CPUs to be compared with ONNX Runtime.

The only module on the way of a retouch that imports torch; `runtimes` imports it when asked to.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import Tensor, nn

from retouch_engine.networks import ArchitectureError, ExportedGenerator
from retouch_engine.networks.generators import build_generator, generator_options

from .checkpoint import ENCODER_PREFIX, STYLE_PREFIX, CheckpointCard, CheckpointError

FloatArray = NDArray[np.float32]
LOADING_ERRORS = (
    ArchitectureError, KeyError, TypeError, RuntimeError, OSError, SafetensorError,
)  # fmt: skip


class TorchRuntime:
    """A checkpoint's network in torch, fp32; the device is the only difference to a CPU."""

    def __init__(self, generator: nn.Module, device: torch.device) -> None:
        self._network = ExportedGenerator(generator).to(device).eval()
        self._device = device
        self.feature_channels = self._network.feature_channels

    @classmethod
    def load(cls, card: CheckpointCard, device: str = "auto") -> "TorchRuntime":
        """Build the card's network with its safetensors on `auto`, `cpu` or `cuda`.

        `auto` is the GPU where there is one. Raises CheckpointError, `runtime_missing` where a GPU
        is asked for and there is none.
        """
        has_gpu = torch.cuda.is_available()
        if device == "cuda" and not has_gpu:
            reason = "no GPU that torch can use was found: set RETOUCH_DEVICE to auto or cpu"
            raise CheckpointError("runtime_missing", reason)
        weights = card.path.with_suffix(".safetensors")
        try:
            data = weights.read_bytes()
        except OSError as error:
            raise CheckpointError("checkpoint_missing", f"{weights} cannot be read") from error
        if hashlib.sha256(data).hexdigest() != card.sha256.get("safetensors"):
            raise CheckpointError("checkpoint_broken", f"{weights} does not match its card's hash")
        on_gpu = has_gpu and device != "cpu"
        return cls(_rebuilt(card.path, load(data)), torch.device("cuda" if on_gpu else "cpu"))

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, FloatArray]) -> tuple[FloatArray, ...]:
        """Run one batch."""
        tensors = [torch.from_numpy(inputs[key]).to(self._device) for key in inputs]
        return tuple(part.float().cpu().numpy() for part in self._network(*tensors))


def load_generator(card_path: Path) -> nn.Module:
    """Rebuild the torch network of a checkpoint from its card and safetensors.

    Raises CheckpointError for weights that do not fit the card's architecture.
    """
    weights = card_path.with_suffix(".safetensors")
    try:
        return _rebuilt(card_path, load_file(weights))
    except (OSError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error


def _rebuilt(card_path: Path, tensors: Mapping[str, Tensor]) -> nn.Module:
    other = (ENCODER_PREFIX, STYLE_PREFIX)
    own = {name: value for name, value in tensors.items() if not name.startswith(other)}
    try:
        architecture = json.loads(card_path.read_text())["architecture"]
        generator = build_generator(generator_options(architecture))
        generator.load_state_dict(own)
    except LOADING_ERRORS as error:
        reason = str(error).strip().splitlines()[0]
        weights = card_path.with_suffix(".safetensors")
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error
    return generator.eval()
