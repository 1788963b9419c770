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
PRECISIONS = {
    "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16,
}  # fmt: skip
LOADING_ERRORS = (
    ArchitectureError, KeyError, TypeError, RuntimeError, OSError, SafetensorError,
)  # fmt: skip


class TorchRuntime:
    """A checkpoint's network in torch; a batch may hold crops of several photos, of one size.

    precision: what convolutions compute in. float32 gives what ONNX Runtime gives; float16 stays
    within a grey value of it; bfloat16, with three bits less, does not.
    """

    def __init__(
        self, generator: nn.Module, device: torch.device, precision: torch.dtype = torch.float32
    ) -> None:
        network = ExportedGenerator(generator).to(device).eval()
        self.feature_channels = network.feature_channels
        self._network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._precision = precision

    @classmethod
    def load(
        cls, card: CheckpointCard, device: str = "auto", precision: str = "float32"
    ) -> "TorchRuntime":
        """Build the card's network with its safetensors on `auto`, `cpu` or `cuda`.

        precision: `float32`, `float16` or `bfloat16`. `auto` is the GPU where there is one. Raises
        CheckpointError, `runtime_missing` where a GPU is asked for and there is none.
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
        chosen = torch.device("cuda" if on_gpu else "cpu")
        return cls(_rebuilt(card.path, load(data)), chosen, PRECISIONS[precision])

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, FloatArray]) -> tuple[FloatArray, ...]:
        """Run one batch."""
        tensors = [torch.from_numpy(inputs[key]).to(self._device) for key in inputs]
        lower = self._precision != torch.float32
        with torch.autocast(self._device.type, self._precision if lower else None, enabled=lower):
            parts = self._network(*tensors)
        return tuple(part.float().cpu().numpy() for part in parts)


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
