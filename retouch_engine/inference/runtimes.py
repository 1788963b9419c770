"""What runs a checkpoint's network: ONNX Runtime, or torch where it is asked for."""

import os
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from retouch_engine.imaging import usable_cores

from .checkpoint import CheckpointCard, CheckpointError, verify_onnx

FloatArray = NDArray[np.float32]
INPUTS = (("image",), ("image", "features"))
OUTPUTS = (("residual", "mask", "kinds"), ("residual", "mask", "kinds", "concerns"))
# Environment variables: which runtime serves, and for torch on what and how exactly.
RUNTIME, DEVICE, PRECISION = "RETOUCH_RUNTIME", "RETOUCH_DEVICE", "RETOUCH_PRECISION"
COMPILE = "RETOUCH_COMPILE"
RUNTIMES, DEVICES = ("onnx", "torch"), ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "float16", "bfloat16")
COMPILES = ("off", "on")


class Runtime(Protocol):
    """Runs a network; feature_channels: F where it also takes feature maps, else 0.

    is_batched: whether a batch takes less time than its pictures one by one, and shapes that repeat
    less than others do.
    """

    feature_channels: int
    is_batched: bool

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> tuple[FloatArray, ...]:
        """Return residual (N, 3, H, W), mask (N, 1, H, W) 0..1, kinds (N, K, H, W), and concerns.

        Concerns, where the network has C of them: densities (N, 3 C, H / 8, W / 8).
        inputs: `image` (N, 3, H, W) in 0..1, sides multiples of the card's, or uint8 in 0..255
        where the runtime is batched; `features` (N, F, H, W) in -1..1 where the network takes them.
        """


def new_session(model: bytes | str) -> onnxruntime.InferenceSession:
    """Return a session on the CPU for a graph's bytes or path.

    Its threads do not spin while they wait: that takes no longer and a quarter less of the CPU,
    which other workers and the stages in between can use. There are as many as this process may use
    cores: by default they are as many as the machine has, and two on one core cost a sixth more.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class OnnxRuntime:
    """ONNX Runtime on the CPU: the default, four times as fast there as torch."""

    is_batched = False

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        further = session.get_inputs()[1:]
        self.feature_channels = int(further[0].shape[1]) if further else 0

    @classmethod
    def load(cls, card: CheckpointCard) -> "OnnxRuntime":
        """Load the card's ONNX; raises CheckpointError."""
        data = verify_onnx(card)
        try:
            session = new_session(data)
        except Exception as error:
            # ONNX Runtime raises many unrelated types for a graph that it cannot load.
            raise CheckpointError("checkpoint_broken", f"{card.onnx} does not load") from error
        names = tuple(output.name for output in session.get_outputs())
        if names not in OUTPUTS or tuple(i.name for i in session.get_inputs()) not in INPUTS:
            raise CheckpointError("checkpoint_alien", f"{card.onnx} has other inputs or outputs")
        return cls(session)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> tuple[FloatArray, ...]:
        """Run one batch."""
        return tuple(self._session.run(None, dict(inputs)))


def load_runtime(card: CheckpointCard, name: str | None = None) -> Runtime:
    """Return the runtime of a name, by default RETOUCH_RUNTIME's, else ONNX Runtime.

    Raises CheckpointError: `runtime_unknown` or `runtime_missing` where it cannot run here, else
    what is wrong with the files.
    """
    chosen = name or _environment(RUNTIME, RUNTIMES)
    return _torch_runtime(card) if chosen == "torch" else OnnxRuntime.load(card)


def _environment(variable: str, choices: tuple[str, ...]) -> str:
    value = os.environ.get(variable) or choices[0]
    if value not in choices:
        known = ", ".join(choices)
        raise CheckpointError("runtime_unknown", f"{variable} must be one of {known}, not {value}")
    return value


def _torch_runtime(card: CheckpointCard) -> Any:
    try:
        from .torch_runtime import TorchRuntime
    except ModuleNotFoundError as error:
        reason = f"{RUNTIME}=torch needs {error.name}: install the extra `gpu`, or run `make setup`"
        raise CheckpointError("runtime_missing", reason) from error
    precision = _environment(PRECISION, PRECISIONS)
    compiled = _environment(COMPILE, COMPILES) == "on"
    return TorchRuntime.load(card, _environment(DEVICE, DEVICES), precision, compiled=compiled)
