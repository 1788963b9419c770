"""Spots that portraits for training have already: found by earlier weights and taken away.

A clean target is never quite clean. Left alone, its real spots would teach a network that only
painted ones are to go; so sure ones become spots to remove, and doubtful ones do not count
(self-training, as in Xie et al. 2020, "Self-training with Noisy Student").
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.inference import Prediction, Predictor, skin_gain
from retouch_engine.synthesis import to_density
from retouch_engine.synthesis.lesions import BLEMISH

from .samples import TrainingFace

FloatArray = NDArray[np.float32]
Image = NDArray[np.uint8]

# From which mask on something is looked at, twice: strong spots first, as a weaker level joins them
# to what is around. And from which on it is surely a spot.
LEVELS, SURE = (0.15, 0.06), 0.5
SMALLEST_AREA = 6
# Spots are round, no larger than this share of a face's width, and have bare skin around them.
LARGEST = 0.1
SHARE_OF_BOX = 0.35
LONGEST = 3.0
MARGIN = 4
BARE = 0.9
# Optical density of a spot above that of the skin around it, and as a multiple of its deviation.
LEAST_CONTRAST = 0.03
CONTRAST_TO_NOISE = 1.5
# How surely a spot to take away is a blemish, not a mole or freckle.
BLEMISH_VOTES = 0.7


class SpotHealer:
    """Takes sure spots off training faces with a checkpoint, and says where it has doubts."""

    def __init__(self, card: Path) -> None:
        self.card = card
        self._predictor: Predictor | None = None

    def __getstate__(self) -> dict[str, Any]:
        # A session of a runtime cannot be sent to a loading process, which makes its own.
        return {"card": self.card, "_predictor": None}

    def heal(self, face: TrainingFace) -> TrainingFace:
        """Return the face with `healed` and `doubtful`; raises CheckpointError for bad weights."""
        self._predictor = self._predictor or Predictor.load(self.card)
        card = self._predictor.card
        scale = card.working_face_width / face.face_width
        size = (round(face.image.shape[1] * scale), round(face.image.shape[0] * scale))
        flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        small = np.asarray(cv2.resize(face.image, size, interpolation=flags), np.uint8)
        skin = np.asarray(cv2.resize(face.skin, size), np.float32) / np.float32(255)
        gain = skin_gain(face.skin_colour, card.skin_reference)
        prediction = self._predictor.predict(small, gain=gain)
        sure, doubtful = sure_and_doubtful(small, prediction, skin, card.working_face_width)
        cover = cv2.GaussianBlur(cv2.dilate(sure, np.ones((5, 5))), (0, 0), 1.2)
        residual = prediction.edit / np.maximum(prediction.mask, 0.05)[..., None]
        native = face.image.shape[1::-1]
        edit = cv2.resize(residual * cover[..., None], native, interpolation=cv2.INTER_LINEAR)
        healed = np.clip(np.rint(face.image + edit), 0, 255).astype(np.uint8)
        unsure = cv2.resize(doubtful, native, interpolation=cv2.INTER_NEAREST)
        return replace(face, healed=healed, doubtful=np.asarray(unsure * 255, np.uint8))


def sure_and_doubtful(
    image: Image, prediction: Prediction, skin: FloatArray, face_width: float
) -> tuple[FloatArray, FloatArray]:
    """Return maps (H, W) of 0 and 1: of spots that are surely blemishes, and of those that may be.

    image: sRGB uint8 (H, W, 3) that the prediction is of; skin: (H, W) 0..1; face_width: pixels.
    What is not shaped like a spot, does not stand out from bare skin or is somewhere else is in
    neither: there the picture as it is stays the truth.
    """
    mask = prediction.mask * skin
    density = cv2.GaussianBlur(to_density(image)[..., 1], (0, 0), 1.0)
    maps = np.zeros((2, *mask.shape), np.float32)
    for level in LEVELS:
        for around, inside in _spots(mask, level, face_width):
            if maps[:, *around][:, inside].any() or skin[around].mean() < BARE:
                continue
            if not _stands_out(density[around], mask[around], inside):
                continue
            votes = prediction.kinds[around][inside].sum(axis=0)
            is_blemish = votes[BLEMISH] >= BLEMISH_VOTES * votes[1:].sum()
            is_sure = is_blemish and mask[around][inside].max() >= SURE
            maps[0 if is_sure else 1][around][inside] = 1.0
    return maps[0], maps[1]


def _spots(
    mask: FloatArray, level: float, face_width: float
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
    """Yield the windows around round parts of a mask, and which pixels of each are inside."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > level).astype(np.uint8))
    for label in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[label])
        if _is_round(width, height, area, face_width):
            around = _window((x, y, width, height), mask.shape)
            yield around, labels[around] == label


def _is_round(width: int, height: int, area: int, face_width: float) -> bool:
    longest = min(LARGEST * face_width, LONGEST * min(width, height))
    return (
        area >= SMALLEST_AREA
        and max(width, height) <= longest
        and area >= SHARE_OF_BOX * width * height
    )


def _window(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return a spot's box (x, y, width, height) with as much again around it."""
    x, y, width, height = box
    margin = MARGIN + max(width, height) // 2
    rows = slice(max(y - margin, 0), min(y + height + margin, shape[0]))
    return rows, slice(max(x - margin, 0), min(x + width + margin, shape[1]))


def _stands_out(density: FloatArray, mask: FloatArray, inside: NDArray[np.bool_]) -> bool:
    """Return whether a spot is darker than what is around it, by more than that varies.

    Its core counts, the half of it that the mask is surest of: a pimple's flush fades into skin.
    """
    grown = cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    around = density[~grown]
    if len(around) < SMALLEST_AREA:
        return False
    core = inside & (mask >= np.median(mask[inside]))
    contrast = float(density[core].mean() - np.median(around))
    return contrast >= max(LEAST_CONTRAST, CONTRAST_TO_NOISE * float(around.std()))
