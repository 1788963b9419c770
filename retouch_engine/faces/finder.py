"""Faces with landmarks: detection, 468 landmarks, and their presence score as the judge."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .detector import Detection, MultiScaleDetector, covered_share
from .models import Model
from .pyramid import Pyramid, halvings_for

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
MINIMUM_PRESENCE = 0.5
RIGHT_EYE, LEFT_EYE = 33, 263


@dataclass(frozen=True)
class Face:
    """One face in pixels of the upright photo.

    box: x0, y0, x1, y1 from forehead to chin; landmarks: float32 (468, 2) in MediaPipe's order;
    score: presence 0..1.
    """

    box: tuple[float, float, float, float]
    landmarks: FloatArray
    score: float


class FaceFinder:
    """Finds faces; the models are loaded at the first picture and stay loaded."""

    def __init__(self) -> None:
        self._detector: MultiScaleDetector | None = None
        self._landmarks: Model | None = None

    def load(self) -> None:
        """Load the models now; raises FaceModelError."""
        if self._detector is None:
            self._detector = MultiScaleDetector()
            self._landmarks = Model("face_landmark.tflite")

    def find(self, pixels: Image | Pyramid) -> list[Face]:
        """Return the faces of an upright sRGB picture, uint8 (H, W, 3), largest first."""
        self.load()
        assert self._detector is not None
        pyramid = pixels if isinstance(pixels, Pyramid) else Pyramid(pixels)
        candidates = self._detector.detect(pyramid)
        faces = [self._face(pyramid, candidate) for candidate in candidates]
        kept: list[Face] = []
        for face in sorted((f for f in faces if f is not None), key=lambda f: -_area(f)):
            if all(covered_share(face.box, other.box) < 0.5 for other in kept):
                kept.append(face)
        return kept

    def look_again(self, pixels: Image, landmarks: FloatArray) -> FloatArray:
        """Return the landmarks (468, 2) of a face that is known to lie around `landmarks`.

        pixels: upright sRGB, uint8 (H, W, 3). The square that the model sees depends on `landmarks`
        alone: two pictures of one size can be compared by it.
        """
        self.load()
        return self._run(Pyramid(pixels), *_square(landmarks))[0]

    def _face(self, pyramid: Pyramid, candidate: Detection) -> Face | None:
        x0, y0, x1, y1 = candidate.box
        centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2], np.float32)
        angle = _angle(candidate.points[0], candidate.points[1])
        landmarks, score = self._run(pyramid, centre, 1.5 * max(x1 - x0, y1 - y0), angle)
        # A second look from the first landmarks, which place the face better than the box does.
        middle, side, angle = _square(landmarks)
        if score < MINIMUM_PRESENCE / 2 or side < 8:
            return None
        landmarks, score = self._run(pyramid, middle, side, angle)
        if score < MINIMUM_PRESENCE:
            return None
        low, high = landmarks.min(axis=0), landmarks.max(axis=0)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        return Face(box, landmarks, score)

    def _run(
        self, pyramid: Pyramid, centre: FloatArray, side: float, angle: float
    ) -> tuple[FloatArray, float]:
        """Return landmarks (468, 2) in photo pixels and presence for a rotated square."""
        assert self._landmarks is not None
        size = self._landmarks.size
        matrix = _square_to_model(centre, side, angle, size)
        # Bilinear sampling of a stronger reduction than by two would alias.
        level = pyramid.level(halvings_for(side / size))
        crop = cv2.warpAffine(level, _at_level(matrix, pyramid, level), (size, size))
        outputs = self._landmarks.run(crop.astype(np.float32) / 255.0)
        points = max(outputs, key=lambda o: o.size).reshape(468, 3)[:, :2]
        logit = float(min(outputs, key=lambda o: o.size).ravel()[0])
        inverse = cv2.invertAffineTransform(matrix)
        placed = points @ inverse[:, :2].T + inverse[:, 2]
        return placed.astype(np.float32), float(1.0 / (1.0 + np.exp(-logit)))


def _area(face: Face) -> float:
    return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1])


def _square(landmarks: FloatArray) -> tuple[FloatArray, float, float]:
    """Return centre, side and angle of the square in which the model sees a face."""
    middle = (landmarks.min(axis=0) + landmarks.max(axis=0)) / 2
    side = 1.5 * float(np.ptp(landmarks, axis=0).max())
    return middle, side, _angle(landmarks[RIGHT_EYE], landmarks[LEFT_EYE])


def _angle(right_eye: FloatArray, left_eye: FloatArray) -> float:
    """Return the roll in radians; 0 is upright."""
    return float(np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))


def _square_to_model(
    centre: FloatArray, side: float, angle: float, size: int
) -> NDArray[np.float64]:
    scale = size / side
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    return np.hstack([linear, (size / 2 - linear @ centre)[:, None]])


def _at_level(matrix: NDArray[np.float64], pyramid: Pyramid, level: Image) -> NDArray[np.float64]:
    """Return a matrix from the picture's pixels as one from those of a level of its halvings."""
    step = float(2 ** round(np.log2(pyramid.size[0] / level.shape[1])))
    # The centre of the first pixel is the middle of its block.
    shift = matrix[:, 2] + matrix[:, :2] @ np.full(2, (step - 1) / 2)
    return np.hstack([matrix[:, :2] * step, shift[:, None]])
