"""The second look at large faces: spots too fine for the working scale, at twice that scale.

The generator sees only tiles in which the skin shows evidence of specks (`fine_evidence`), and of
what it finds there only small spots are taken that hold such evidence and touch no mark of the
first look. A spot is taken whole from the tile whose core holds its evidence, far from the tile's
border: so tiles leave no seam.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.composition import Spot, find_spots
from retouch_engine.faces import FaceCrop, fine_evidence, resize_to_working
from retouch_engine.inference import Prediction, Predictor

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Points = NDArray[np.intp]

# Set to "off", this environment variable takes the second look away.
SWITCH = "RETOUCH_FINE_SPOTS"
TIMES = 2
# Working pixels per photo pixel up to which a photo holds so much more than the working scale.
LARGEST_SCALE = 0.75
# In pixels of the fine scale: a tile's side less the margins that the generator needs to see.
CORE, MARGIN = 256, 128
# Spots of a larger radius are the first look's business.
LARGEST_RADIUS = 7.0
# Of painted spots with evidence this takes three of four blemishes by default, and a third of
# the freckles; one freckle of ten has evidence.
PROTECTED_SHARES = {"mole": 0.4, "freckle": 0.4}
CERTAIN_SKIN = 0.7


@dataclass(frozen=True)
class FineSpots:
    """What the second look found, on the grid of `crop`, which is the face's at the fine scale.

    working: sRGB uint8 (H, W, 3); edit: float32 (H, W, 3) in grey values, zero where no label is;
    labels: int32 (H, W); spots: by label, from 1.
    """

    crop: FaceCrop
    working: Pixels
    edit: FloatArray
    labels: NDArray[np.int32]
    spots: tuple[Spot, ...]


def is_wanted() -> bool:
    """Return whether the environment leaves the second look on."""
    return os.environ.get(SWITCH, "on").lower() not in ("off", "0", "no", "false")


def find_fine_spots(
    srgb: Pixels,
    crop: FaceCrop,
    skin: FloatArray,
    marked: BoolArray,
    predictor: Predictor,
    gain: FloatArray | None = None,
) -> FineSpots | None:
    """Look at a face a second time; None where the photo shows no evidence of fine spots.

    srgb: the crop's pixels at the photo's size; skin 0..1 and marked, the first look's marks with
    their skirts, (h, w) at the working scale; gain: the face's, see `Predictor.predict`.
    """
    if crop.scale > LARGEST_SCALE:
        return None
    fine = replace(crop, scale=TIMES * crop.scale)
    free = ~cv2.dilate(marked.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    points = _evidence(srgb, fine, (skin > CERTAIN_SKIN) & free)
    if not len(points):
        return None
    look = _Look(resize_to_working(srgb, fine), skin, ~free)
    for window, inside in tiles(points, look.labels.shape):
        look.take(window, inside, predictor, gain)
    if not look.spots:
        return None
    return FineSpots(fine, look.working, look.edit, look.labels, tuple(look.spots))


def _evidence(srgb: Pixels, fine: FaceCrop, where: BoolArray) -> Points:
    """Return the specks' places on the fine grid; only what surrounds skin is resampled."""
    cells = _cells_of(where)
    if cells is None:
        return np.zeros((0, 2), np.intp)
    size, grid = fine.working_size[::-1], where.shape
    spans = [
        slice(part.start * size[k] // grid[k], -(-part.stop * size[k] // grid[k]))
        for k, part in enumerate(cells)
    ]
    photo = [
        slice(round(p.start * srgb.shape[k] / size[k]), round(p.stop * srgb.shape[k] / size[k]))
        for k, p in enumerate(spans)
    ]
    green = np.ascontiguousarray(srgb[photo[0], photo[1], 1])
    shape = (spans[1].stop - spans[1].start, spans[0].stop - spans[0].start)
    way = cv2.INTER_AREA if fine.scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(green, shape, interpolation=way), np.uint8)
    points, _ = fine_evidence(resized, where[cells])
    return points + np.array([spans[0].start, spans[1].start])


def _cells_of(where: BoolArray) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold any cell of `where`, on a grid of 16 of them."""
    spans = []
    for axis in (1, 0):
        present = np.flatnonzero(where.any(axis=axis))
        if not len(present):
            return None
        first, last = int(present[0]) // 16 * 16, -(-(int(present[-1]) + 1) // 16) * 16
        spans.append(slice(first, min(last, where.shape[1 - axis])))
    return spans[0], spans[1]


def tiles(points: Points, size: tuple[int, ...]) -> Iterator[tuple[tuple[slice, slice], Points]]:
    """Yield windows of a picture (H, W) and the points (n, 2) in the core of each.

    A window is a core of 256 pixels and 128 around it, as far as the picture goes; where all of
    them together would be more than the picture, the one window is the picture.
    """
    cores = points // CORE
    unique, owners = np.unique(cores, axis=0, return_inverse=True)
    windows = [
        tuple(
            slice(max(int(n) * CORE - MARGIN, 0), min((int(n) + 1) * CORE + MARGIN, size[k]))
            for k, n in enumerate(core)
        )
        for core in unique
    ]
    if sum((w[0].stop - w[0].start) * (w[1].stop - w[1].start) for w in windows) > np.prod(size):
        yield (slice(0, size[0]), slice(0, size[1])), points
        return
    for number, (rows, columns) in enumerate(windows):
        yield (rows, columns), points[owners.ravel() == number]


class _Look:
    """Gathers the spots of one face's tiles."""

    def __init__(self, working: Pixels, skin: FloatArray, marked: BoolArray) -> None:
        shape = working.shape[:2]
        self.working = working
        self.edit = np.zeros(working.shape, np.float32)
        self.labels = np.zeros(shape, np.int32)
        self.spots: list[Spot] = []
        size = (shape[1], shape[0])
        self._skin = cv2.resize(skin, size, interpolation=cv2.INTER_LINEAR)
        self._marked = cv2.resize(
            marked.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST
        ).astype(bool)

    def take(
        self,
        window: tuple[slice, slice],
        points: Points,
        predictor: Predictor,
        gain: FloatArray | None,
    ) -> None:
        """Run the generator on a window and take the spots that hold one of its points."""
        prediction = predictor.predict(np.ascontiguousarray(self.working[window]), gain=gain)
        skin = self._skin[window]
        found, spots = find_spots(
            prediction.mask * skin, prediction.kinds, predictor.card.kinds, PROTECTED_SHARES
        )
        origin = np.array([window[0].start, window[1].start])
        taken = self.labels[window] > 0
        barred = set(np.unique(found[self._marked[window] | taken]).tolist())
        for label in _labels_at(found, points - origin):
            spot = spots[label - 1]
            if label not in barred and spot.radius <= LARGEST_RADIUS:
                self._add(spot, found == label, window, prediction, skin)

    def _add(
        self,
        spot: Spot,
        where: BoolArray,
        window: tuple[slice, slice],
        prediction: Prediction,
        skin: FloatArray,
    ) -> None:
        number = len(self.spots) + 1
        self.labels[window][where] = number
        self.edit[window][where] = prediction.edit[where] * skin[where][:, None]
        x, y = spot.x + window[1].start, spot.y + window[0].start
        self.spots.append(replace(spot, label=number, x=x, y=y))


def _labels_at(found: NDArray[np.int32], points: Points) -> list[int]:
    """Return the labels at points (n, 2) or right beside them, each once, in their order."""
    padded = np.pad(found, 1)
    steps = np.arange(3)
    around = padded[points[:, :1, None] + steps[:, None], points[:, 1:, None] + steps]
    return list(dict.fromkeys(label for label in around.max(axis=(1, 2)).tolist() if label))
