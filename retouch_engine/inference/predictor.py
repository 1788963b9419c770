"""The warm predictor: one ONNX Runtime session per checkpoint, numpy in, numpy out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .checkpoint import CheckpointCard, CheckpointError, load_card, verify_onnx

FloatArray = NDArray[np.float32]
OUTPUTS = ("residual", "mask", "kinds")


@dataclass(frozen=True)
class Prediction:
    """edit: float32 (H, W, 3), residual x mask in 0..255 units; mask: (H, W) 0..1;
    kinds: (H, W, K) probabilities in the card's order."""

    edit: FloatArray
    mask: FloatArray
    kinds: FloatArray


class Predictor:
    """Predicts the edit of a face crop; load once, use often."""

    def __init__(self, card: CheckpointCard, session: onnxruntime.InferenceSession) -> None:
        self.card = card
        self._session = session

    @property
    def sha256(self) -> str:
        """Return the checkpoint's identity: the hash of its safetensors."""
        return self.card.sha256.get("safetensors", "")

    @classmethod
    def load(cls, path: Path) -> "Predictor":
        """Load a checkpoint given any of its files or their stem; raises CheckpointError."""
        card = load_card(path)
        data = verify_onnx(card)
        try:
            session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        except Exception as error:
            # ONNX Runtime raises many unrelated types for a graph that it cannot load.
            raise CheckpointError("checkpoint_broken", f"{card.onnx} does not load") from error
        names = tuple(output.name for output in session.get_outputs())
        if names != OUTPUTS or [i.name for i in session.get_inputs()] != ["image"]:
            raise CheckpointError("checkpoint_alien", f"{card.onnx} has other inputs or outputs")
        return cls(card, session)

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Predict for sRGB uint8 (H, W, 3) of any size; padded by reflection to the multiple."""
        height, width = image.shape[:2]
        padded = _padded(image, self.card.input_multiple)
        batch = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        residual, mask, kinds = self._session.run(list(OUTPUTS), {"image": batch})
        alpha = mask[0, 0, :height, :width]
        edit = residual[0, :, :height, :width].transpose(1, 2, 0) * alpha[..., None] * 255.0
        return Prediction(edit, alpha, kinds[0, :, :height, :width].transpose(1, 2, 0))


def _padded(image: NDArray[np.uint8], multiple: int) -> NDArray[np.uint8]:
    bottom, right = -image.shape[0] % multiple, -image.shape[1] % multiple
    # symmetric, unlike reflect, also pads pictures that are smaller than the padding
    return np.pad(image, ((0, bottom), (0, right), (0, 0)), mode="symmetric")
