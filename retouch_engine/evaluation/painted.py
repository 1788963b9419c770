"""Painted validation: clean portraits get seeded spots, a method removes them, the truth judges."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retouch_engine.synthesis import Painted, Painter

from .metrics import EditScore, edit_score

Image = NDArray[np.uint8]
VALIDATION_SEED = 20_000


class PaintsSpots(Protocol):
    """What both painters do, that of `synthesis` and the `ValidationPainter`."""

    def paint(
        self,
        image: Image,
        skin: NDArray[np.float32],
        face_width: float,
        rng: np.random.Generator,
    ) -> Painted:
        """Paint on a face region where there is skin."""


@dataclass(frozen=True)
class ValidationFace:
    """A clean face region: uint8 sRGB (H, W, 3), its skin 0..1 (H, W) and the face's width (px)."""

    name: str
    image: Image
    skin: NDArray[np.float32]
    face_width: float
    synthetic: bool = False


def painted_scores(
    faces: Iterable[ValidationFace],
    method: Callable[[Image, ValidationFace], Image],
    seed: int = VALIDATION_SEED,
    painter: PaintsSpots | None = None,
) -> list[tuple[ValidationFace, EditScore]]:
    """Paint each face with its own seed, run `method` on it and score the result.

    `painter` is that of `synthesis` unless another one is given.
    """
    painter = painter or Painter()
    scores = []
    for index, face in enumerate(faces):
        rng = np.random.default_rng((seed, index))
        painted = painter.paint(face.image, face.skin, face.face_width, rng)
        result = method(painted.image, face)
        scores.append((face, edit_score(painted.image, result, face.image, painted.density)))
    return scores


def summary(scores: Iterable[EditScore]) -> dict[str, float]:
    """Return the mean of every metric over the photos that were painted at all."""
    rows = [asdict(score) for score in scores if np.isfinite(score.identity_psnr)]
    if not rows:
        return {}
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
