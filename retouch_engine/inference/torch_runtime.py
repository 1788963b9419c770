"""The torch runtime: for GPUs, and on CPUs to be compared with ONNX Runtime.

The only module on the way of a retouch that imports torch; `runtimes` imports it when asked to.
"""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import Tensor, nn

from retouch_engine.networks import ArchitectureError, ExportedGenerator
from retouch_engine.networks.generators import build_generator, generator_options

from .checkpoint import OTHER_PREFIXES, CheckpointCard, CheckpointError, verified_weights

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
    within a grey value of it; bfloat16, with three bits less, does not. compiled: let torch.compile
    fuse and record the network, some minutes at the first batch of each shape; without, a GPU
    replays it as CUDA graphs. is_batched: see `Runtime`, by default so on a GPU.
    """

    def __init__(
        self,
        generator: nn.Module,
        device: torch.device,
        precision: torch.dtype = torch.float32,
        *,
        compiled: bool = False,
        is_batched: bool | None = None,
    ) -> None:
        network = ExportedGenerator(generator).to(device).eval()
        self.feature_channels = network.feature_channels
        self._on_gpu = device.type == "cuda"
        self.is_batched = self._on_gpu if is_batched is None else is_batched
        self._network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._precision = precision
        self._run_image = self._fast(compiled)
        # One graph's memory serves one run at a time.
        self._lock = threading.Lock()

    def _fast(self, compiled: bool) -> Callable[[Tensor], tuple[Tensor, ...]]:
        """Return the network of a picture alone, as fast as this device runs it."""
        if compiled:
            compiled_network = torch.compile(self._network, mode="reduce-overhead", dynamic=False)
            return lambda image: self._lowered(compiled_network, image)
        plain: Callable[[Tensor], tuple[Tensor, ...]] = lambda image: self._lowered(  # noqa: E731
            self._network, image
        )
        if not self._on_gpu:
            return plain
        from .cuda_graphs import RecordedNetwork

        return RecordedNetwork(plain)

    @classmethod
    def load(
        cls,
        card: CheckpointCard,
        device: str = "auto",
        precision: str = "float32",
        *,
        compiled: bool = False,
        is_batched: bool | None = None,
    ) -> "TorchRuntime":
        """Build the card's network with its safetensors on `auto`, `cpu` or `cuda`.

        precision: `float32`, `float16` or `bfloat16`. `auto` is the GPU where there is one. Raises
        CheckpointError, `runtime_missing` where a GPU is asked for and there is none.
        """
        has_gpu = torch.cuda.is_available()
        if device == "cuda" and not has_gpu:
            reason = "no GPU that torch can use was found: set RETOUCH_DEVICE to auto or cpu"
            raise CheckpointError("runtime_missing", reason)
        data = verified_weights(card)
        on_gpu = has_gpu and device != "cpu"
        chosen = torch.device("cuda" if on_gpu else "cpu")
        generator = _rebuilt(card.path, load(data))
        return cls(
            generator, chosen, PRECISIONS[precision], compiled=compiled, is_batched=is_batched
        )

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, NDArray[Any]]) -> tuple[FloatArray, ...]:
        """Run one batch; a uint8 `image` is scaled on the device. Lower precisions give float16."""
        with self._lock:
            image, *features = (self._on_device(inputs[key]) for key in inputs)
            if image.dtype == torch.uint8:
                image = image.to(torch.float32) / 255
            image = image.contiguous(memory_format=torch.channels_last)
            if features:
                return self._fetched(self._lowered(self._network, image, *features))
            return self._fetched(self._run_image(image))

    def _on_device(self, array: NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(array)
        return tensor.pin_memory().to(self._device, non_blocking=True) if self._on_gpu else tensor

    def _lowered(self, network: Callable[..., Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        """Run a network in the precision; lower ones come back as float16."""
        if self._precision == torch.float32:
            parts: tuple[Tensor, ...] = network(*tensors)
            return parts
        # Weights that were cast for a recorded run would be freed behind its back by a cache.
        with torch.autocast(self._device.type, self._precision, cache_enabled=False):
            return tuple(part.half() for part in network(*tensors))

    def _fetched(self, parts: tuple[Tensor, ...]) -> tuple[FloatArray, ...]:
        """Copy results into this computer's memory, all under way at once."""
        if self._on_gpu:
            hosts = [torch.empty(p.shape, dtype=p.dtype, pin_memory=True) for p in parts]
            for host, part in zip(hosts, parts, strict=True):
                host.copy_(part, non_blocking=True)
            torch.cuda.current_stream().synchronize()
            parts = tuple(hosts)
        return tuple(part.numpy() for part in parts)


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
    own = {name: value for name, value in tensors.items() if not name.startswith(OTHER_PREFIXES)}
    try:
        architecture = json.loads(card_path.read_text())["architecture"]
        generator = build_generator(generator_options(architecture))
        generator.load_state_dict(own)
    except LOADING_ERRORS as error:
        reason = str(error).strip().splitlines()[0]
        weights = card_path.with_suffix(".safetensors")
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error
    return generator.eval()
