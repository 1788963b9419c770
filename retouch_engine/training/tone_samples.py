"""Training samples of the tone generator: whole pictures under bad light, and retouchers' pairs."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from retouch_engine.synthesis.light import Light, draw_light, draw_style, with_light, with_style

from .samples import TrainingFace

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
# So many pictures keep their light, so that the network learns what to leave alone.
UNTOUCHED = 0.4
# A picture is cut by up to so much of its height and width.
CUT = 0.25


class ToneThumbnails(Dataset[dict[str, torch.Tensor]]):
    """`length` seeded thumbnails of `side` pixels; thumbnail i depends on seed and i alone.

    faces: whole pictures, `skin` being where the face is. Each item: source, second and target
    uint8 (3, side, side): the same frame under two lights, and as it should be; face uint8 (1,
    side, side). For a pair of real photos `second` is its source again under another light.
    """

    def __init__(self, faces: Sequence[TrainingFace], side: int, length: int, seed: int) -> None:
        self.faces, self.side, self.length, self.seed = faces, side, length, seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return thumbnail `index` of this seed."""
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self.seed, index))
        face = self.faces[int(rng.integers(len(self.faces)))]
        matrix = _frame(face.image.shape[:2], self.side, rng)
        source = self._cut(face.image, matrix)
        mask = self._cut(face.skin, matrix)
        target = source if face.target is None else self._cut(face.target, matrix)
        cover = mask.astype(np.float32) / np.float32(255)
        if face.target is None:
            source = target = with_style(source, cover, draw_style(rng))
        second = with_light(source, cover, draw_light(rng))
        if face.target is None:
            light = Light() if rng.random() < UNTOUCHED else draw_light(rng)
            source = with_light(source, cover, light)
        return {
            "source": _planes(source),
            "second": _planes(second),
            "target": _planes(target),
            "face": torch.from_numpy(mask)[None],
        }

    def _cut(self, image: Image, matrix: NDArray[np.float64]) -> Image:
        """Cut a frame out; the picture is smoothed first where it shrinks."""
        shrink = 1.0 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6)
        if shrink > 1.5:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 * shrink), np.uint8)
        size = (self.side, self.side)
        return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR), np.uint8)


def _frame(size: tuple[int, ...], side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the map from a picture (h, w) to a thumbnail of a random part, perhaps mirrored."""
    height, width = size
    kept = rng.uniform(1 - CUT, 1, 2)
    top, left = rng.uniform(0, 1, 2) * (1 - kept) * (height, width)
    x, y = side / (kept[1] * width), side / (kept[0] * height)
    matrix = np.array([[x, 0, -x * left], [0, y, -y * top]])
    if rng.random() < 0.5:
        matrix = np.array([[-x, 0, side - 1 + x * left], [0, y, -y * top]])
    return matrix


def _planes(image: Image) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
