"""Find face boxes of every size: BlazeFace on the whole picture and on overlapping tiles."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .models import Model

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
MINIMUM_SCORE = 0.5
# A face that fills less than this share of a model's canvas is not found reliably.
TILE_OVERLAP = 0.25
LONG_SIDE = 2048
# The whole picture is searched on a reduction that is clearly larger than the models' canvases.
LEAST_WHOLE = 384
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

    def detect(self, image: Image) -> list[Detection]:
        """Return candidates in pixels of `image` (H, W, 3), letterboxed into the model's square."""
        canvas, scale, left, top = _letterbox(image, self.model.size)
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
            corners = (corners.reshape(2, 2) * self.model.size - offset) / scale
            points = (points * self.model.size - offset) / scale
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


def _letterbox(image: Image, size: int) -> tuple[Image, float, int, int]:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    new = (max(round(width * scale), 1), max(round(height * scale), 1))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, new, interpolation=interpolation)
    left, top = (size - new[0]) // 2, (size - new[1]) // 2
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[top : top + new[1], left : left + new[0]] = resized
    return canvas, scale, left, top


class MultiScaleDetector:
    """Two BlazeFace models over the whole picture and two grids of tiles."""

    def __init__(self) -> None:
        self.near = BoxDetector("face_detection_back.tflite", ((16, 2), (8, 6)))
        self.far = BoxDetector("face_detection_full_range.tflite", ((48, 1),))

    def detect(self, image: Image) -> list[Detection]:
        """Return the best candidate per face in pixels of `image`, best score first."""
        height, width = image.shape[:2]
        scale = min(1.0, LONG_SIDE / max(height, width))
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = image if scale == 1 else _resize(_halved(image), size)
        found: list[Detection] = []
        # Each step is reduced from the last one, which costs less than from the whole picture.
        reduced = small
        for tile in (512, 1024):
            if max(size) > tile * 1.2:
                reduced = _resized_by(reduced, self.far.model.size / tile * size[0], size)
                found += _on(size, reduced, self._tiles(reduced))
        whole = reduced if max(reduced.shape[:2]) >= LEAST_WHOLE else small
        found += _on(size, whole, self.near.detect(whole) + self.far.detect(whole))
        return [_scaled(detection, 1 / scale) for detection in merge(found)]

    def _tiles(self, image: Image) -> list[Detection]:
        side = self.far.model.size
        found = []
        for top in _starts(image.shape[0], side):
            for left in _starts(image.shape[1], side):
                tile = np.ascontiguousarray(image[top : top + side, left : left + side])
                if cv2.meanStdDev(tile)[1].max() > FLAT:
                    found += [_moved(d, left, top) for d in self.far.detect(tile)]
        return found


def _resized_by(image: Image, width: float, size: tuple[int, int]) -> Image:
    """Reduce to `width` pixels, in the proportions of `size`."""
    return _resize(image, (max(round(width), 1), max(round(width * size[1] / size[0]), 1)))


def _on(size: tuple[int, int], image: Image, found: list[Detection]) -> list[Detection]:
    """Return what was found on a reduced image in pixels of the picture of `size`."""
    scale = max(size) / max(image.shape[:2])
    return [_scaled(detection, scale) for detection in found]


def _halved(image: Image) -> Image:
    """Halve as long as LONG_SIDE allows: many times as fast as a reduction by a broken number."""
    while max(image.shape[:2]) >= 2 * LONG_SIDE:
        even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
        image = _resize(even, (even.shape[1] // 2, even.shape[0] // 2))
    return image


def _resize(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _starts(length: int, size: int) -> list[int]:
    if length <= size:
        return [0]
    count = int(np.ceil((length - size) / (size * (1 - TILE_OVERLAP)))) + 1
    return [round(i * (length - size) / (count - 1)) for i in range(count)]


def _moved(detection: Detection, left: int, top: int) -> Detection:
    x0, y0, x1, y1 = detection.box
    points = detection.points + np.array([left, top], np.float32)
    return Detection((x0 + left, y0 + top, x1 + left, y1 + top), points, detection.score)


def _scaled(detection: Detection, scale: float) -> Detection:
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
