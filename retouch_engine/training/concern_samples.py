"""Whole faces at a quarter of the working size, with smooth faults painted on them."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from retouch_engine.synthesis import Painter, paint_concerns, paint_distractors

from .appearance import added, tone_table, vary_tone
from .config import TrainingConfig
from .samples import TrainingFace, concern_item, gain_item, random_crop

# Pixels of the reduced picture to a side of a cell of the densities.
CELL = 2
# How far from the middle of its skin a face is cut, as a share of the face's width.
SHIFT = 0.12
NOISE = 1.5
SPOTTED = 0.3


class ConcernFaces(Dataset[dict[str, torch.Tensor]]):
    """`length` seeded faces; face i depends on the config's seed and i alone.

    Each item: source uint8 (3, c, c); concerns float32 (3 C, c / 2, c / 2), the densities to add;
    concerns_known; gain float32 (3,) with a skin_reference. Some faces have spots too: what is
    small is no concern.
    """

    def __init__(self, faces: Sequence[TrainingFace], config: TrainingConfig, length: int) -> None:
        self.faces = faces
        self.config = config
        self.length = length
        self.painter = Painter()

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return face `index` of this seed."""
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self.config.seed, index))
        face = self.faces[int(rng.integers(len(self.faces)))]
        crop = random_crop([face.image], face, self.config, rng, _middle(face, rng))
        tones = tone_table(rng)
        clean = vary_tone(crop.images[0], tones)
        clean = paint_distractors(clean, crop.skin, crop.face_width, rng)
        faults = paint_concerns(clean, crop.skin, crop.under_eyes, crop.face_width, rng, CELL)
        spotted = faults.image
        if rng.random() < SPOTTED:
            spotted = self.painter.paint(spotted, crop.skin, crop.face_width, rng).image
        noise = rng.standard_normal(spotted.shape, np.float32) * rng.uniform(0.0, NOISE)
        source = added(spotted, noise.astype(np.float32))
        return {
            "source": torch.from_numpy(np.ascontiguousarray(source.transpose(2, 0, 1))),
            **concern_item(self.config, faults.densities),
            **gain_item(face, tones, self.config, rng),
        }


def _middle(face: TrainingFace, rng: np.random.Generator) -> tuple[float, float]:
    """Return a place near the middle of a face's skin, or of its picture where it has none."""
    ys, xs = np.nonzero(face.skin[::8, ::8] > 128)
    height, width = face.skin.shape
    middle = (8.0 * xs.mean(), 8.0 * ys.mean()) if len(xs) else (width / 2, height / 2)
    x, y = rng.normal(middle, SHIFT * face.face_width)
    return float(x), float(y)
