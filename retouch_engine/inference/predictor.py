"""The warm predictor: a checkpoint on a runtime, numpy in, numpy out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batches import Gatherer, batches, padded
from .checkpoint import CheckpointCard, CheckpointError, load_card
from .runtimes import Runtime, load_runtime
from .skin_gain import with_prior

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]
# Crops are padded to multiples of this where batches of equal shapes are run.
BATCH_GRID = 128
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
        self, image: Pixels, features: FloatArray | None = None, gain: FloatArray | None = None
    ) -> Prediction:
        """Predict for sRGB uint8 (H, W, 3) of any size; padded by reflection to the multiple.

        features: (H, W, feature_channels) in -1..1, see `styles.feature_map`; None means zeros.
        gain: (3,), what `skin_gain` gives for the whole face; None means ones.
        Raises CheckpointError `checkpoint_broken` where the network gives no finite numbers.
        """
        inputs = self._inputs(gained(image, gain), features)
        parts = [part[0] for part in self._runtime.run(inputs)]
        return self._prediction(parts, image.shape, gain)

    def _inputs(self, image: NDArray[Any], features: FloatArray | None) -> dict[str, FloatArray]:
        inputs = {"image": self._batch(image) / np.float32(255)}
        if self.feature_channels:
            if features is None:
                features = np.zeros((*image.shape[:2], self.feature_channels), np.float32)
            inputs["features"] = self._batch(features)
        return inputs

    @property
    def is_batched(self) -> bool:
        """Return whether several crops in one run are faster than one after the other."""
        return self._runtime.is_batched and not self.feature_channels

    def predict_many(self, images: Sequence[Pixels]) -> list[Prediction | CheckpointError]:
        """Predict for several crops as `predict` does for each, in as few runs as it may.

        Returns what each one gives, in their order, an error in place of one that gives no finite
        numbers. Where batches bring nothing, crops are run one by one.
        """
        runs = self._runs(images)
        return [self._checked(runs[n], image.shape) for n, image in enumerate(images)]

    def _runs(self, images: Sequence[NDArray[Any]]) -> list[Sequence[FloatArray]]:
        """Return what the network gives for each picture, in 0..255, the padding included."""
        if not self.is_batched:
            inputs = (self._inputs(image, None) for image in images)
            return [[part[0] for part in self._runtime.run(each)] for each in inputs]
        runs: dict[int, Sequence[FloatArray]] = {}
        for numbers, pixels in batches(images, self._multiple):
            is_plain = pixels.dtype == np.uint8
            image = pixels if is_plain else np.asarray(pixels / np.float32(255), np.float32)
            parts = self._runtime.run({"image": image})
            runs |= {
                number: [part[place] for part in parts] for place, number in enumerate(numbers)
            }
        return [runs[number] for number in range(len(images))]

    def _checked(
        self, parts: Sequence[FloatArray], shape: Sequence[int]
    ) -> Prediction | CheckpointError:
        try:
            return self._prediction(parts, shape)
        except CheckpointError as error:
            return error

    @property
    def _multiple(self) -> int:
        multiple = self.card.input_multiple
        return -(-BATCH_GRID // multiple) * multiple if self._runtime.is_batched else multiple

    def _prediction(
        self, parts: Sequence[FloatArray], shape: Sequence[int], gain: FloatArray | None = None
    ) -> Prediction:
        """Return what a run gave for one picture, without the padding."""
        height, width = shape[:2]
        # A GPU's lower precisions come as float16.
        residual, mask, kinds, *concerns = (np.asarray(part, np.float32) for part in parts)
        alpha = with_prior(mask[0, :height, :width], gain)
        edit = residual[:, :height, :width].transpose(1, 2, 0) * alpha[..., None] * 255.0
        if gain is not None:
            edit /= gain
        # One sum instead of a test of every value: anything that is not finite survives it.
        values = (edit, kinds, *concerns)
        if not all(np.isfinite(part.sum()) for part in values):
            raise CheckpointError(
                "checkpoint_broken",
                f"the network {self.card.name!r} gives no finite numbers",
            )
        by_name = self._by_name(concerns[0], height, width) if concerns else {}
        return Prediction(edit, alpha, kinds[:, :height, :width].transpose(1, 2, 0), by_name)

    def _by_name(self, densities: FloatArray, height: int, width: int) -> dict[str, FloatArray]:
        """Split densities (3 C, h, w) into (h', w', 3) each, without the padding's cells."""
        names = [name for name in self.card.concerns if name != "blemishes"]
        cells = densities[:, : -(-height // CONCERN_CELL), : -(-width // CONCERN_CELL)]
        parts = zip(names, np.split(cells, len(names)), strict=True)
        return {name: np.ascontiguousarray(part.transpose(1, 2, 0)) for name, part in parts}

    def _batch(self, array: NDArray[Any]) -> FloatArray:
        """Return (H, W, C) as a padded batch of one, (1, C, H', W')."""
        whole = padded(array, self._multiple)
        return np.ascontiguousarray(whole.transpose(2, 0, 1)[None], np.float32)


class GatheringPredictor(Predictor):
    """A predictor for many threads: what they ask at about the same time becomes one batch."""

    def __init__(self, predictor: Predictor, threads: int) -> None:
        super().__init__(predictor.card, predictor._runtime)
        self._gatherer: Gatherer[NDArray[Any], Sequence[FloatArray]] = Gatherer(self._runs, threads)

    def predict(
        self, image: Pixels, features: FloatArray | None = None, gain: FloatArray | None = None
    ) -> Prediction:
        """Predict as `Predictor.predict` does, with others' crops; features run alone."""
        if features is not None or not self.is_batched:
            return super().predict(image, features, gain)
        return self._prediction(self._gatherer.ask(gained(image, gain)), image.shape, gain)

    def close(self) -> None:
        """End the thread that runs batches."""
        self._gatherer.close()


def gained(image: Pixels, gain: FloatArray | None) -> NDArray[Any]:
    """Return a picture (H, W, 3) times a gain (3,), float32 and not clipped; itself without one."""
    if gain is None or (gain == 1).all():
        return image
    return np.asarray(image * gain, np.float32)
