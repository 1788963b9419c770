"""The warm predictor: a checkpoint on a runtime, numpy in, numpy out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checkpoint import CheckpointCard, CheckpointError, load_card
from .runtimes import Runtime, load_runtime

FloatArray = NDArray[np.float32]
# Pixels to a side of a cell of the concerns' maps.
CONCERN_CELL = 8


@dataclass(frozen=True)
class Prediction:
    """edit: float32 (H, W, 3), residual x mask in 0..255 units; mask: (H, W) 0..1;
    kinds: (H, W, K) probabilities in the card's order; concerns: by name of the card's, but for
    "blemishes", the optical density to add, (ceil(H / 8), ceil(W / 8), 3)."""

    edit: FloatArray
    mask: FloatArray
    kinds: FloatArray
    concerns: dict[str, FloatArray] = field(default_factory=dict)


class Predictor:
    """Predicts the edit of a face crop; load once, use often.

    feature_channels: F where the network also takes feature maps, else 0.
    """

    def __init__(self, card: CheckpointCard, runtime: Runtime) -> None:
        self.card = card
        self._runtime = runtime
        self.feature_channels = runtime.feature_channels

    @property
    def sha256(self) -> str:
        """Return the checkpoint's identity: the hash of its safetensors."""
        return self.card.sha256.get("safetensors", "")

    @classmethod
    def load(cls, path: Path, runtime: str | None = None) -> "Predictor":
        """Load a checkpoint given any of its files or their stem; raises CheckpointError.

        runtime: `onnx` or `torch`; by default the environment's, see `load_runtime`.
        """
        card = load_card(path)
        return cls(card, load_runtime(card, runtime))

    def predict(
        self,
        image: NDArray[np.uint8],
        features: FloatArray | None = None,
        gain: FloatArray | None = None,
    ) -> Prediction:
        """Predict for sRGB uint8 (H, W, 3) of any size; padded by reflection to the multiple.

        features: (H, W, feature_channels) in -1..1, see `styles.feature_map`; None means zeros.
        gain: (3,), what `skin_gain` gives for the whole face; None means ones.
        Raises CheckpointError `checkpoint_broken` where the network gives no finite numbers.
        """
        height, width = image.shape[:2]
        gain = np.ones(3, np.float32) if gain is None else gain
        inputs = {"image": self._batch(image) * (gain / np.float32(255))[:, None, None]}
        if self.feature_channels:
            if features is None:
                features = np.zeros((height, width, self.feature_channels), np.float32)
            inputs["features"] = self._batch(features)
        residual, mask, kinds, *concerns = self._runtime.run(inputs)
        alpha = mask[0, 0, :height, :width]
        edit = residual[0, :, :height, :width].transpose(1, 2, 0) * alpha[..., None]
        edit *= np.float32(255) / gain
        # One sum instead of a test of every value: anything that is not finite survives it.
        parts = (edit, kinds, *concerns)
        if not all(np.isfinite(part.sum()) for part in parts):
            raise CheckpointError(
                "checkpoint_broken",
                f"the network {self.card.name!r} gives no finite numbers",
            )
        by_name = self._by_name(concerns[0][0], height, width) if concerns else {}
        return Prediction(edit, alpha, kinds[0, :, :height, :width].transpose(1, 2, 0), by_name)

    def _by_name(self, densities: FloatArray, height: int, width: int) -> dict[str, FloatArray]:
        """Split densities (3 C, h, w) into (h', w', 3) each, without the padding's cells."""
        names = [name for name in self.card.concerns if name != "blemishes"]
        cells = densities[:, : -(-height // CONCERN_CELL), : -(-width // CONCERN_CELL)]
        parts = zip(names, np.split(cells, len(names)), strict=True)
        return {name: np.ascontiguousarray(part.transpose(1, 2, 0)) for name, part in parts}

    def _batch(self, array: NDArray[Any]) -> FloatArray:
        """Return (H, W, C) as a padded batch of one, (1, C, H', W')."""
        padded = _padded(array, self.card.input_multiple)
        return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32)


def _padded(image: NDArray[Any], multiple: int) -> NDArray[Any]:
    bottom, right = -image.shape[0] % multiple, -image.shape[1] % multiple
    # symmetric, unlike reflect, also pads pictures that are smaller than the padding
    return np.pad(image, ((0, bottom), (0, right), (0, 0)), mode="symmetric")
