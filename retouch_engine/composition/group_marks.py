"""Marks of one person in several photos: what is always there belongs to the person.

A pimple is gone a week later, and on another frame a reflection is; a mole is there each time.
Places are compared relative to the landmarks around them, so that size, place and rotation of the
face do not matter, and its turning matters little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .layers import KEEP, REMOVE, FaceLayers, Mark

FloatArray = NDArray[np.float32]
# So many landmarks around a place carry it over to another face.
NEIGHBOURS = 16
# Marks of one place lie within this share of the face's width, or within their own radius.
SAME_PLACE = 0.018


@dataclass(frozen=True)
class _Seen:
    """A mark of photo `photo` at its place (2,) and with its radius on the reference face."""

    photo: int
    mark: Mark
    place: NDArray[np.float64]
    radius: float


def group_decisions(photos: Sequence[Sequence[FaceLayers]]) -> list[dict[int, str]]:
    """Return for each photo of one person which marks the group decides on: keep or remove by id.

    photos: the layers of each photo, of which the largest face with landmarks counts. A mark that
    is seen at the same place in more than half of the photos that show the place is kept, one that
    is seen in a single one is removed; between the two, and where but one photo shows the place,
    the group says nothing and the mark's own default holds. People's own decisions come after it.
    """
    decisions: list[dict[int, str]] = [{} for _ in photos]
    faces = {n: face for n, layers in enumerate(photos) if (face := _main_face(layers)) is not None}
    if len(faces) < 2:
        return decisions
    reference = _landmarks(next(iter(faces.values())))
    width = float(np.ptp(reference[:, 0]))
    for cluster in _clusters(_seen_marks(faces, reference), width):
        place = np.mean([seen.place for seen in cluster], axis=0)
        voters = sum(_shows(face, place, reference) for face in faces.values())
        seen_in = {seen.photo for seen in cluster}
        decision = _decision(len(seen_in), max(voters, len(seen_in)))
        for seen in cluster if decision else ():
            decisions[seen.photo][seen.mark.id] = decision
    return decisions


def _decision(votes: int, voters: int) -> str:
    if voters < 2:
        return ""
    if 2 * votes > voters:
        return KEEP
    return REMOVE if votes == 1 else ""


def _main_face(layers: Sequence[FaceLayers]) -> FaceLayers | None:
    known = [layer for layer in layers if layer.landmarks is not None]
    return max(known, key=lambda layer: layer.box[2] - layer.box[0], default=None)


def _landmarks(face: FaceLayers) -> NDArray[np.float64]:
    assert face.landmarks is not None
    return face.landmarks.astype(np.float64)


def _seen_marks(faces: dict[int, FaceLayers], reference: NDArray[np.float64]) -> list[_Seen]:
    seen = []
    for number, face in faces.items():
        for mark in face.marks:
            here = np.array([mark.x, mark.y])
            place, scale = _carried(here, _landmarks(face), reference)
            seen.append(_Seen(number, mark, place, mark.radius * scale))
    return seen


def _carried(
    place: NDArray[np.float64], source: NDArray[np.float64], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return where a place (2,) among landmarks `source` (n, 2) lies among `target`; the scale.

    By the affine map that fits the nearest landmarks best.
    """
    distances = np.linalg.norm(source - place, axis=1)
    nearest = np.argsort(distances)[:NEIGHBOURS]
    weights = 1.0 / (distances[nearest] + distances[nearest].mean() + 1e-6)
    points = np.column_stack([source[nearest] - place, np.ones(len(nearest))])
    fit, *_ = np.linalg.lstsq(points * weights[:, None], target[nearest] * weights[:, None])
    return fit[2], float(np.sqrt(abs(np.linalg.det(fit[:2]))))


def _clusters(marks: list[_Seen], width: float) -> list[list[_Seen]]:
    """Gather marks of different photos that lie at one place, surest first."""
    clusters: list[list[_Seen]] = []
    for seen in sorted(marks, key=lambda one: -one.mark.confidence):
        near = [
            (float(np.linalg.norm(cluster[0].place - seen.place)), cluster)
            for cluster in clusters
            if all(other.photo != seen.photo for other in cluster)
        ]
        distance, cluster = min(near, key=lambda pair: pair[0], default=(np.inf, []))
        if distance <= max(SAME_PLACE * width, min(cluster[0].radius, seen.radius) if near else 0):
            cluster.append(seen)
        else:
            clusters.append([seen])
    return clusters


def _shows(face: FaceLayers, place: NDArray[np.float64], reference: NDArray[np.float64]) -> bool:
    """Return whether a place of the reference face is seen as skin in this photo."""
    x, y = _carried(place, reference, _landmarks(face))[0]
    x0, y0, x1, y1 = face.box
    if not (x0 <= x < x1 and y0 <= y < y1):
        return False
    if face.skin is None:
        return True
    height, width = face.skin.shape
    row, column = int((y - y0) * height / (y1 - y0)), int((x - x0) * width / (x1 - x0))
    return bool(face.skin[row, column] > 127)
