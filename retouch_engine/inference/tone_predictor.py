"""The warm predictor of tone: a photo's thumbnail in, its look-up table and gains out."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .checkpoint import CheckpointCard, CheckpointError, load_card, verify_onnx
from .runtimes import new_session

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
ROLE, OUTPUTS = "tone", ("lut", "log_gain")


@dataclass(frozen=True)
class TonePrediction:
    """lut: float32 (S, S, S, 3) in 0..1, axes blue, green, red; log_gain: (h, w, D) in stops."""

    lut: FloatArray
    log_gain: FloatArray


class TonePredictor:
    """Predicts the tone of a photo; load once, use often."""

    def __init__(self, card: CheckpointCard, session: onnxruntime.InferenceSession) -> None:
        self.card = card
        self._session = session

    @property
    def sha256(self) -> str:
        """Return the checkpoint's identity: the hash of its safetensors."""
        return self.card.sha256.get("safetensors", "")

    @property
    def side(self) -> int:
        """Return the sides of the thumbnail that the network sees, in pixels."""
        return self.card.input_multiple

    @classmethod
    def load(cls, path: Path) -> "TonePredictor":
        """Load a checkpoint of the role `tone`; raises CheckpointError."""
        card = load_card(path)
        if card.role != ROLE:
            raise CheckpointError("checkpoint_alien", f"{card.path} is of the role {card.role!r}")
        data = verify_onnx(card)
        try:
            session = new_session(data)
        except Exception as error:
            # ONNX Runtime raises many unrelated types for a graph that it cannot load.
            raise CheckpointError("checkpoint_broken", f"{card.onnx} does not load") from error
        if tuple(output.name for output in session.get_outputs()) != OUTPUTS:
            raise CheckpointError("checkpoint_alien", f"{card.onnx} has other outputs")
        return cls(card, session)

    def predict(self, pixels: Pixels, face: FloatArray) -> TonePrediction:
        """Predict for a photo, sRGB uint8 (H, W, 3), and where its faces' skin is, (h, w) 0..1.

        Both are reduced to the thumbnail. Raises CheckpointError `checkpoint_broken` where the
        network gives no finite numbers.
        """
        lut, log_gain = self._session.run(None, {"thumbnail": thumbnail(pixels, face, self.side)})
        if not np.isfinite(lut.sum(dtype=np.float64) + log_gain.sum(dtype=np.float64)):
            reason = f"the network {self.card.name!r} gives no finite numbers"
            raise CheckpointError("checkpoint_broken", reason)
        return TonePrediction(
            np.ascontiguousarray(lut[0].transpose(1, 2, 3, 0)),
            np.ascontiguousarray(log_gain[0].transpose(1, 2, 0)),
        )


def thumbnail(pixels: Pixels, face: FloatArray, side: int) -> FloatArray:
    """Return what the network sees of a picture: (1, 4, side, side), sRGB 0..1 and the face."""
    size = (side, side)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    cover = cv2.resize(face.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    planes = np.concatenate([small, cover[..., None]], axis=2).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(planes, np.float32)
