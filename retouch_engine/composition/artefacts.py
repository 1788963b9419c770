"""Detects what a generator adds and no retoucher would: droplets, noise, checkerboards and seams.

Only what a result has more of than both the photo and the clean truth counts, so that grain, JPEG
blocks, a checked shirt or a blemish left alone are no finding. Strengths are in grey values of 255.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Array = NDArray[np.float32]
Place = tuple[int, int]
Measure = Callable[[Array, int], Array]

# Sides of the patches searched for droplets and noise, as shares of the face's width.
PATCH_SHARES = (1 / 64, 1 / 32, 1 / 16)
TILE = 32
LEAST_TILES = 12
SEAM_PARTS, SEAM_PART = 8, 6
EDGE_REACH = 6
# What clean removals of painted blemishes stay under, and planted artefacts go over.
DROPLET_LIMIT = 16.0
NOISE_LIMIT = 7.0
CHECKERBOARD_LIMIT = 0.6
SEAM_LIMIT = 2.0


@dataclass(frozen=True)
class Finding:
    """How strong an artefact is at its worst place (x, y in pixels), and the limit to keep."""

    strength: float
    place: Place
    limit: float

    @property
    def found(self) -> bool:
        """Return whether the limit is broken."""
        return self.strength > self.limit


@dataclass(frozen=True)
class Artefacts:
    """The findings of one picture.

    droplet: the contrast of a patch to its surroundings that was not there before; noise: root mean
    square of fine noise added in a patch; checkerboard: amplitude of an added regular pattern of
    2 to 8 pixels' period; seam: height of an added straight step, horizontal or vertical.
    """

    droplet: Finding
    noise: Finding
    checkerboard: Finding
    seam: Finding

    @property
    def found(self) -> tuple[str, ...]:
        """Return the names of the artefacts over their limits."""
        names = ("droplet", "noise", "checkerboard", "seam")
        return tuple(name for name in names if getattr(self, name).found)


def find_artefacts(source: Pixels, result: Pixels, truth: Pixels, face_width: float) -> Artefacts:
    """Search `result` for artefacts that neither `source` nor `truth` have.

    All pictures: uint8 sRGB (H, W, 3), at least 32 x 32; face_width: pixels. Without the truth a
    removed ring around a mole could not be told from a droplet, so it is needed. The artefacts are
    those reported of pix2pixHD: a light or noisy patch (the droplet of instance normalisation,
    Karras et al. 2020, section 2), the checkerboard of transposed convolutions (Odena et al. 2016),
    and the borders of tiles and boxes. Pictures are judged before they are encoded: the borders of
    JPEG blocks count as seams. Raises ValueError on sizes that differ or are too small.
    """
    if not source.shape == result.shape == truth.shape:
        raise ValueError(f"sizes differ: {source.shape}, {result.shape}, {truth.shape}")
    if min(result.shape[:2]) < TILE:
        raise ValueError(f"artefacts need at least 32 x 32 pixels, not {result.shape[:2]}")
    sides = [_odd(share * face_width) for share in PATCH_SHARES]
    # What a patch or a run of pixels is compared with may lie beside the change.
    place = _changed_box(source != result, margin=max(3 * sides[-1], SEAM_PARTS * SEAM_PART, TILE))
    known = [picture[place].astype(np.float32) for picture in (source, truth)]
    made = result[place].astype(np.float32)
    corner = (place[1].start, place[0].start)
    droplets = [_added(known, made, side, _contrast) for side in sides]
    return Artefacts(
        droplet=_worst(droplets, DROPLET_LIMIT, corner),
        noise=_worst([_added(known, made, sides[1], _grain)], NOISE_LIMIT, corner),
        checkerboard=_checkerboard(known, made, corner),
        seam=_seam(known, made, corner),
    )


def _changed_box(changed: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """Return the box around all changes (H, W, C) with a margin, at least a tile wide and high."""
    place = []
    for axis in (0, 1):
        others = tuple(other for other in range(3) if other != axis)
        where = np.flatnonzero(changed.any(axis=others))
        first, last = (int(where[0]), int(where[-1])) if len(where) else (0, 0)
        end = min(max(last + 1 + margin, TILE), changed.shape[axis])
        place.append(slice(min(max(first - margin, 0), end - TILE), end))
    return place[0], place[1]


def _odd(size: float) -> int:
    return max(2 * round((size - 1) / 2) + 1, 5)


def _worst(maps: list[Array], limit: float, corner: Place) -> Finding:
    strongest = max(maps, key=lambda values: float(values.max()))
    y, x = np.unravel_index(int(strongest.argmax()), strongest.shape)
    place = (int(x) + corner[0], int(y) + corner[1])
    return Finding(max(float(strongest[y, x]), 0.0), place, limit)


def _added(known: list[Array], made: Array, side: int, measure: Measure) -> Array:
    """Return by how much a measure (H, W, 3) of patches grew over every known picture."""
    before = np.maximum.reduce([measure(picture, side) for picture in known])
    growth = measure(made, side) - before
    # numpy's max over an axis of three is many times as slow.
    return np.maximum(np.maximum(growth[..., 0], growth[..., 1]), growth[..., 2])


def _contrast(picture: Array, side: int) -> Array:
    """Return |mean of the patch - mean of the ring three times as wide around it|."""
    centre, wide = _box_mean(picture, side), _box_mean(picture, 3 * side)
    return np.asarray(np.abs(centre - wide) * 9 / 8, np.float32)


def _grain(picture: Array, side: int) -> Array:
    """Return the root mean square in the patch of what differs from the 3 x 3 mean."""
    detail = picture - _box_mean(picture, 3)
    return np.asarray(np.sqrt(np.maximum(_box_mean(detail * detail, side), 0.0)), np.float32)


def _box_mean(values: Array, side: int) -> Array:
    """Return the mean over a square of odd `side` around each pixel (H, W, C), edges repeated."""
    reach = side // 2
    padded = np.pad(values, ((reach + 1, reach), (reach + 1, reach), (0, 0)), mode="edge")
    sums = padded.cumsum(axis=0, dtype=np.float64)
    rows = (sums[side:] - sums[:-side]) / side
    sums = rows.cumsum(axis=1)
    return np.asarray((sums[:, side:] - sums[:, :-side]) / side, np.float32)


def _checkerboard(known: list[Array], made: Array, corner: Place) -> Finding:
    """Compare mean power spectra of the changed tiles: a regular pattern is a peak by itself.

    The strength is the amplitude of the peak's wave over what any frequency around it grew by.
    """
    changed = np.abs(made - known[0]).max(axis=2) > 0
    corners = _changed_tiles(changed)
    if len(corners) < LEAST_TILES:
        return Finding(0.0, corner, CHECKERBOARD_LIMIT)
    before = np.maximum.reduce([_mean_power(picture, corners) for picture in known])
    excess = np.fft.fftshift(_mean_power(made, corners) - before)
    alone = _peaks(excess)
    y, x = np.unravel_index(int(alone.argmax()), alone.shape)
    amplitude = float(np.sqrt(np.maximum(alone[y, x], 0.0)))
    # A wave shows twice, at a frequency and its opposite; the shortest of two pixels only once.
    itself = y % (TILE // 2) == 0 and x % (TILE // 2) == 0
    middle = corners[len(corners) // 2]
    place = (middle[0] + corner[0], middle[1] + corner[1])
    return Finding(amplitude if itself else 2 * amplitude, place, CHECKERBOARD_LIMIT)


def _changed_tiles(changed: NDArray[np.bool_]) -> list[Place]:
    """Return (x, y) of the half-overlapping tiles of which a quarter or more changed."""
    height, width = changed.shape
    sums = np.pad(changed.cumsum(axis=0, dtype=np.int32).cumsum(axis=1), ((1, 0), (1, 0)))
    tops = np.arange(0, height - TILE + 1, TILE // 2)[:, None]
    lefts = np.arange(0, width - TILE + 1, TILE // 2)[None, :]
    below, right = tops + TILE, lefts + TILE
    counts = sums[below, right] - sums[tops, right] - sums[below, lefts] + sums[tops, lefts]
    ys, xs = np.nonzero(counts >= 0.25 * TILE**2)
    return [(int(lefts[0, x]), int(tops[y, 0])) for y, x in zip(ys, xs, strict=True)]


def _luma(picture: Array) -> Array:
    return np.asarray(picture @ np.array([0.25, 0.5, 0.25], np.float32), np.float32)


def _mean_power(picture: Array, corners: list[Place]) -> Array:
    """Return the mean power (TILE, TILE) of luma under a Hann window; a wave's is amplitude²."""
    luma = _luma(picture)
    taper = np.hanning(TILE + 1)[:-1]
    window = np.outer(taper, taper).astype(np.float32)
    tiles = np.stack([luma[y : y + TILE, x : x + TILE] for x, y in corners])
    tiles = (tiles - tiles.mean(axis=(1, 2), keepdims=True)) * window
    waves = np.fft.fft2(tiles) / window.sum()
    return np.asarray((waves.real**2 + waves.imag**2).mean(axis=0), np.float32)


def _peaks(excess: Array) -> Array:
    """Return by how much each shifted frequency exceeds all those two or three bins around it."""
    padded = np.pad(excess, 3, mode="wrap")
    ring = [
        padded[3 + dy : 3 + dy + TILE, 3 + dx : 3 + dx + TILE]
        for dy in range(-3, 4)
        for dx in range(-3, 4)
        if max(abs(dy), abs(dx)) >= 2
    ]
    alone = excess - np.maximum(np.maximum.reduce(ring), 0.0)
    axis = np.arange(TILE) - TILE // 2
    # Slower waves than 8 pixels are shading, not a pattern of the layers.
    slow = np.maximum(np.abs(axis[:, None]), np.abs(axis[None, :])) < TILE // 8
    return np.where(slow, -np.inf, alone)


def _seam(known: list[Array], made: Array, corner: Place) -> Finding:
    """Look for steps of luma that run straight for long, are no ramp, and that no picture had."""
    maps = []
    for turned in (False, True):
        pictures = [_luma(p).T if turned else _luma(p) for p in (*known, made)]
        steps = np.minimum.reduce([_steps(pictures[-1] - picture) for picture in pictures[:-1]])
        # Along an edge that the photo has itself, a change of sharpness is a step too.
        steps -= np.maximum.reduce([_widened(_steps(picture)) for picture in pictures[:-1]])
        maps.append(steps.T if turned else steps)
    return _worst(maps, SEAM_LIMIT, corner)


def _steps(change: Array) -> Array:
    """Return the height (H, W) of vertical seams between each column and the next.

    The step must be there, with one sign, in every part of the run: the edge of a spot is not.
    """
    gradient = np.zeros_like(change)
    gradient[:, :-1] = np.diff(change, axis=1)
    # A ramp has the same slope two pixels further.
    gradient[:, 2:-2] -= (gradient[:, :-4] + gradient[:, 4:]) / 2
    sums = np.concatenate([np.zeros_like(gradient[:1]), gradient.cumsum(axis=0)])
    parts = (sums[SEAM_PART:] - sums[:-SEAM_PART]) / SEAM_PART
    count = len(parts) - SEAM_PART * (SEAM_PARTS - 1)
    steps = np.zeros_like(change)
    if count > 0:
        runs = [parts[k * SEAM_PART : k * SEAM_PART + count] for k in range(SEAM_PARTS)]
        height = np.maximum(np.minimum.reduce(runs), -np.maximum.reduce(runs))
        middle = SEAM_PARTS * SEAM_PART // 2
        steps[middle : middle + count] = np.maximum(height, 0)
    return steps


def _widened(steps: Array) -> Array:
    """Return the largest step up to EDGE_REACH columns to either side."""
    padded = np.pad(steps, ((0, 0), (EDGE_REACH, EDGE_REACH)))
    shifts = range(2 * EDGE_REACH + 1)
    return np.maximum.reduce([padded[:, k : k + steps.shape[1]] for k in shifts])
