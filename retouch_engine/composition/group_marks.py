"""Marks of one person in several photos: what is always there belongs to the person.

A pimple is gone a week later, and on another frame a reflection is; a mole is there each time.
A mark's place is carried from one photo into another by the affine map that fits the landmarks
around it best (moving least squares, Schaefer, McPhail and Warren 2006): heads turn and smile, so
that no single map fits a whole face.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .layers import KEEP, REMOVE, FaceLayers

Array = NDArray[np.float64]
# As shares of the landmarks' root mean square distance from their mean, a third of a face's width:
# how far the landmarks around a place reach, how far from any landmark a place can still be told,
# and by how much two sightings may differ.
NEIGHBOURHOOD, REACH, TOLERANCE = 0.14, 0.34, 0.06
# Skin that shows so much less of itself than the face as a whole is turned away.
LEAST_AREA = 0.3
# Marks that are smaller, in pixels, may be there unseen.
LEAST_RADIUS = 1.0


@dataclass(frozen=True)
class _Sightings:
    """The marks of one photo: ids (m,), places (m, 2) and radii (m,) in its pixels."""

    face: FaceLayers
    landmarks: Array
    ids: NDArray[np.int64]
    places: Array
    radii: Array


def group_decisions(photos: Sequence[Sequence[FaceLayers]]) -> list[dict[int, str]]:
    """Return for each photo of one person which marks the group decides on: keep or remove by id.

    photos: the layers of each photo, of which the largest face with landmarks is that person's. A
    mark that is seen at the same place in two photos or more, and in most of those that show the
    place, is kept; one that a single photo shows and another one lacks is removed. Left out, for
    their own default to stand, are marks in between, marks whose place no other photo shows, and
    those too far from all landmarks. A photo has no say where the place is outside its box, not on
    skin, turned away, part of another mark, or where it is too small to show the mark. Marks that
    match get the same decision in all photos. What people decided comes after it and wins.
    """
    seen = {n: sightings for n, layers in enumerate(photos) if (sightings := _sightings(layers))}
    numbers, faces = list(seen), list(seen.values())
    decisions: list[dict[int, str]] = [{} for _ in photos]
    for marks, shown in _same_places(faces):
        decision = _decision(len({face for face, _ in marks}), int(shown.sum()))
        for face, mark in marks if decision else ():
            decisions[numbers[face]][int(faces[face].ids[mark])] = decision
    return decisions


def _sightings(layers: Sequence[FaceLayers]) -> _Sightings | None:
    known = [layer for layer in layers if layer.landmarks is not None]
    face = max(known, key=lambda layer: layer.box[2] - layer.box[0], default=None)
    if face is None or face.landmarks is None:
        return None
    landmarks = face.landmarks.astype(np.float64)
    places = np.array([(m.x, m.y) for m in face.marks], np.float64).reshape(-1, 2)
    # Far from all landmarks, on the neck or an ear, a place cannot be told.
    near = _distances(places, landmarks).min(axis=1) <= REACH * _size(landmarks)
    return _Sightings(
        face,
        landmarks,
        np.array([m.id for m in face.marks], np.int64)[near],
        places[near],
        np.array([m.radius for m in face.marks], np.float64)[near],
    )


def _decision(seen: int, shown: int) -> str:
    if seen >= 2:
        return KEEP if 2 * seen > shown else ""
    return REMOVE if shown >= 2 else ""


def _same_places(
    photos: Sequence[_Sightings],
) -> Iterator[tuple[list[tuple[int, int]], NDArray[np.bool_]]]:
    """Yield the marks (photo, index) at each place, and which photos have a say, bool (n,)."""
    first = np.cumsum([0, *(len(photo.ids) for photo in photos)])
    owners = np.repeat(np.arange(len(photos)), np.diff(first))
    shown = np.zeros((int(first[-1]), len(photos)), bool)
    place_of = np.arange(first[-1])
    for i, source in enumerate(photos):
        for j, target in enumerate(photos):
            carried, scales, turned = _carried(source, target)
            shown[first[i] : first[i + 1], j] = (i == j) | (
                _is_plain_skin(carried, target.face)
                & ~turned
                & (scales * source.radii >= LEAST_RADIUS)
            )
            for a, b in _matches(carried, scales * source.radii, target) if i < j else ():
                place_of[place_of == place_of[first[j] + b]] = place_of[first[i] + a]
    for place in np.unique(place_of):
        marks = np.flatnonzero(place_of == place)
        votes = shown[marks].mean(axis=0) > 0.5
        votes[owners[marks]] = True
        yield [(int(owners[m]), int(m - first[owners[m]])) for m in marks], votes


def _carried(source: _Sightings, target: _Sightings) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return where marks lie in another photo (m, 2), how much larger, and if they are turned away.

    Weighted means and moments of the landmarks around each mark; all as float64.
    """
    reach = NEIGHBOURHOOD * _size(source.landmarks)
    weights = (_distances(source.places, source.landmarks) ** 2 + reach**2) ** -2
    weights /= weights.sum(axis=1, keepdims=True)
    middles, centres = weights @ source.landmarks, weights @ target.landmarks
    moments, mixed = (
        np.einsum("mn,ni,nj->mij", weights, source.landmarks, other.landmarks)
        - middles[:, :, None] * means[:, None, :]
        for other, means in ((source, middles), (target, centres))
    )
    linear = np.linalg.solve(moments, mixed)
    places = centres + np.einsum("mi,mij->mj", source.places - middles, linear)
    areas = np.linalg.det(linear)
    whole = (_size(target.landmarks) / _size(source.landmarks)) ** 2
    return places, np.sqrt(np.maximum(areas, 0)), areas < LEAST_AREA * whole


def _matches(carried: Array, radii: Array, target: _Sightings) -> Iterator[tuple[int, int]]:
    """Yield the pairs of marks that are each other's nearest, and near enough."""
    if not len(carried) or not len(target.ids):
        return
    distances = _distances(carried, target.places)
    largest = np.maximum(radii[:, None], target.radii[None])
    allowed = TOLERANCE * _size(target.landmarks) + largest / 2
    for a, b in enumerate(distances.argmin(axis=1).tolist()):
        if distances[:, b].argmin() == a and distances[a, b] <= allowed[a, b]:
            yield a, b


def _is_plain_skin(places: Array, face: FaceLayers) -> NDArray[np.bool_]:
    """Return which places (m, 2) a face shows without a mark, on its skin where that is known."""
    x0, y0, x1, y1 = face.box
    shares = (places - (x0, y0)) / (x1 - x0, y1 - y0)
    plain: NDArray[np.bool_] = np.all((shares >= 0) & (shares < 1), axis=1)
    shares[~plain] = 0
    plain &= _at(shares, face.labels) == 0
    return plain if face.skin is None else plain & (_at(shares, face.skin) > 127)


def _at(shares: Array, grid: NDArray[Any]) -> NDArray[Any]:
    """Return the cells of a grid (h, w) at places (m, 2), given as shares 0..1 of its size."""
    cells = (shares * grid.shape[::-1]).astype(np.intp)
    return grid[cells[:, 1], cells[:, 0]]


def _distances(first: Array, second: Array) -> Array:
    """Return the distances (m, n) of points (m, 2) and (n, 2)."""
    return np.asarray(np.linalg.norm(first[:, None] - second[None], axis=2))


def _size(landmarks: Array) -> float:
    """Return the root mean square distance of landmarks (n, 2) from their mean."""
    return max(float(np.linalg.norm(landmarks.std(axis=0))), 1.0)
