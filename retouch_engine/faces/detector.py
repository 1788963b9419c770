"""Find face boxes of every size: BlazeFace on the whole picture and on overlapping tiles."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.imaging import usable_cores

from .models import Model
from .pyramid import Pyramid

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
MINIMUM_SCORE = 0.5
# Of a tile: a face that is wider than that share of it is found in the whole picture.
TILE_OVERLAP = 1 / 6
MOST_THREADS = 2
LONG_SIDE = 2048
# Pixels of such a picture to a side of a tile.
TILE = 512
# A tile whose colours vary by no more than this (of 255) shows a backdrop and no face.
FLAT = 2.0


@dataclass(frozen=True)
class Detection:
    """One candidate: box x0, y0, x1, y1, six key points (6, 2) (eyes first) and score 0..1."""

    box: tuple[float, float, float, float]
    points: FloatArray
    score: float


class BoxDetector:
    """One BlazeFace model with its anchors."""

    def __init__(self, name: str, cells: tuple[tuple[int, int], ...]) -> None:
        self.model = Model(name)
        self.anchors = _anchors(cells)

    def detect_whole(self, pyramid: Pyramid) -> list[Detection]:
        """Return candidates in pixels of the picture, which is fitted into the model's square."""
        scale = self.model.size / max(pyramid.size)
        return [scaled(found, 1 / scale) for found in self.detect(pyramid.reduced(scale))]

    def detect(self, image: Image) -> list[Detection]:
        """Return candidates in pixels of `image` (H, W, 3), which the model's square must hold."""
        canvas, left, top = _letterbox(image, self.model.size)
        outputs = self.model.run(canvas.astype(np.float32) / 127.5 - 1.0)
        raw, logits = sorted(outputs, key=lambda o: -o.shape[-1])
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[:, 0], -80, 80)))
        found = []
        for index in np.flatnonzero(scores > MINIMUM_SCORE):
            values = raw[index] / self.model.size
            centre = values[:2] + self.anchors[index]
            points = values[4:16].reshape(6, 2) + self.anchors[index]
            corners = np.concatenate([centre - values[2:4] / 2, centre + values[2:4] / 2])
            offset = np.array([left, top], np.float32)
            corners = corners.reshape(2, 2) * self.model.size - offset
            points = points * self.model.size - offset
            box = tuple(float(v) for v in corners.ravel())
            found.append(Detection(box, points.astype(np.float32), float(scores[index])))  # type: ignore[arg-type]
        return found


def _anchors(cells: tuple[tuple[int, int], ...]) -> FloatArray:
    """Return anchor centres (n, 2) in 0..1 for (grid size, anchors per cell) pairs."""
    centres = []
    for size, repeat in cells:
        axis = (np.arange(size, dtype=np.float32) + 0.5) / size
        x, y = np.meshgrid(axis, axis)
        centres.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeat, axis=0))
    return np.concatenate(centres)


def _letterbox(image: Image, size: int) -> tuple[Image, int, int]:
    """Return the middle of a black square, and how much of it lies left of and above `image`."""
    height, width = image.shape[:2]
    left, top = (size - width) // 2, (size - height) // 2
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[top : top + height, left : left + width] = image
    return canvas, left, top


class MultiScaleDetector:
    """Two BlazeFace models over the whole picture, one of them over a grid of tiles too."""

    def __init__(self) -> None:
        self.near = BoxDetector("face_detection_back.tflite", ((16, 2), (8, 6)))
        # Tiles are spread over threads; a model runs one tile at a time.
        self.far = [
            BoxDetector("face_detection_full_range.tflite", ((48, 1),))
            for _ in range(min(usable_cores(), MOST_THREADS))
        ]

    def detect(self, pyramid: Pyramid) -> list[Detection]:
        """Return the best candidate per face in pixels of the picture, best score first."""
        tiles = list(self._tiles(pyramid))
        count = len(self.far)

        def share(index: int) -> list[Detection]:
            parts = tiles[index::count]
            return [found for tile in parts for found in tile.detect(self.far[index])]

        with ThreadPoolExecutor(count) as threads:
            found = [each for part in threads.map(share, range(count)) for each in part]
        return merge(self.near.detect_whole(pyramid) + self.far[0].detect_whole(pyramid) + found)

    def _tiles(self, pyramid: Pyramid) -> Iterator["_Tile"]:
        side, size = max(pyramid.size), self.far[0].model.size
        # Tiles are counted in pixels of a picture of at most LONG_SIDE.
        fitted = min(1.0, LONG_SIDE / side)
        if side * fitted <= TILE * 1.2:
            return
        scale = fitted * size / TILE
        image = pyramid.reduced(scale)
        for left, top in _corners(image, size):
            tile = image[top : top + size, left : left + size]
            if cv2.meanStdDev(tile)[1].max() > FLAT:
                yield _Tile(tile, left, top, scale)


@dataclass(frozen=True)
class _Tile:
    """A part of a picture reduced by `scale`, and where in it the part begins."""

    image: Image
    left: int
    top: int
    scale: float

    def detect(self, detector: BoxDetector) -> list[Detection]:
        """Return candidates in pixels of the picture."""
        found = detector.detect(self.image)
        return [scaled(_moved(d, self.left, self.top), 1 / self.scale) for d in found]


def _corners(image: Image, size: int) -> Iterator[tuple[int, int]]:
    """Yield left and top of the overlapping tiles that cover a picture."""
    for top in _starts(image.shape[0], size):
        for left in _starts(image.shape[1], size):
            yield left, top


def _starts(length: int, size: int) -> list[int]:
    if length <= size:
        return [0]
    count = int(np.ceil((length - size) / (size * (1 - TILE_OVERLAP)))) + 1
    return [round(i * (length - size) / (count - 1)) for i in range(count)]


def _moved(detection: Detection, left: int, top: int) -> Detection:
    x0, y0, x1, y1 = detection.box
    points = detection.points + np.array([left, top], np.float32)
    return Detection((x0 + left, y0 + top, x1 + left, y1 + top), points, detection.score)


def scaled(detection: Detection, scale: float) -> Detection:
    """Return a detection of a picture in pixels of the same picture at `scale`."""
    x0, y0, x1, y1 = detection.box
    box = (x0 * scale, y0 * scale, x1 * scale, y1 * scale)
    return Detection(box, detection.points * np.float32(scale), detection.score)


def merge(detections: list[Detection], overlap: float = 0.5) -> list[Detection]:
    """Keep the best of each group whose smaller box is covered by more than `overlap`."""
    kept: list[Detection] = []
    for candidate in sorted(detections, key=lambda d: -d.score):
        if all(covered_share(candidate.box, other.box) < overlap for other in kept):
            kept.append(candidate)
    return kept


def covered_share(
    first: tuple[float, float, float, float], second: tuple[float, float, float, float]
) -> float:
    """Return the intersection's area over the smaller box's area."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return width * height / max(min(areas), 1e-6)
