"""Regions of a face: one map per crop, from landmarks or from CelebAMask-HQ's part masks.

Left and right are the person's own, as with MediaPipe's landmarks.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .skin import BROWS, CHIN, EYES, FOREHEAD_TOP, LEFT_SIDE, LIPS, RIGHT_SIDE, raised_oval

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

# A region's number in a map is its place here. "neck" is all other skin: neck, ears, chest.
REGIONS = (
    "background", "forehead", "nose", "left_cheek", "right_cheek", "chin", "eyes", "brows", "lips",
    "neck",
)  # fmt: skip
NUMBER = {name: number for number, name in enumerate(REGIONS)}
# Around the nose: bridge, sides, wings and base.
NOSE = (168, 193, 417, 129, 358, 48, 278, 64, 294, 98, 327, 2)
MOUTH_CORNERS = (61, 291)
# The lower lids from the outer to the inner corner.
LOWER_LIDS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
)
SKIN_THRESHOLD = 0.5

# CelebAMask-HQ's parts in the published order of merging; a later one overwrites an earlier one.
CELEBA_PARTS = (
    "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear", "mouth",
    "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth",
)  # fmt: skip
CELEBA_REGIONS = {
    "nose": "nose", "l_eye": "eyes", "r_eye": "eyes", "l_brow": "brows", "r_brow": "brows",
    "l_ear": "neck", "r_ear": "neck", "neck": "neck", "mouth": "lips", "u_lip": "lips",
    "l_lip": "lips",
}  # fmt: skip


def region_map(landmarks: FloatArray, skin: FloatArray) -> Image:
    """Return the number in `REGIONS` of each pixel, uint8 (h, w).

    landmarks: (468, 2) in pixels of the crop; skin: (h, w) 0..1, see `skin_mask`. Eyes, brows and
    lips come from their outlines alone; hair, beard and glasses over the face are background.
    """
    points = landmarks[:, :2].astype(np.float32)
    faces, bare = _filled(skin.shape, raised_oval(points)), skin > SKIN_THRESHOLD
    regions = np.where(bare, NUMBER["neck"], 0).astype(np.uint8)
    inside = faces & bare
    regions[inside] = _parts_of_the_oval(points, skin.shape)[inside]
    regions[inside & _hull(skin.shape, points, NOSE)] = NUMBER["nose"]
    for name, outlines in (("eyes", EYES), ("brows", BROWS), ("lips", (LIPS,))):
        for outline in outlines:
            regions[_hull(skin.shape, points, outline)] = NUMBER[name]
    return regions


def under_eye_map(landmarks: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return where the lower lids throw shadows, float32 (h, w) in 0..1, fading downwards.

    landmarks: (468, 2) in pixels of the crop; shape: the crop's (h, w). From the lid to about half
    an eye's width below it.
    """
    points = landmarks[:, :2].astype(np.float32)
    down = -_unit(points[FOREHEAD_TOP] - points[CHIN])
    total = np.zeros(shape[:2], np.float32)
    for lid in LOWER_LIDS:
        curve = points[list(lid)]
        width = float(np.linalg.norm(curve[0] - curve[-1]))
        for reach in (0.18, 0.3, 0.42, 0.54):
            # Narrower towards the outer corner, as the tear trough is.
            depth = reach * width * np.sin(np.linspace(0.15, 0.85, len(lid)) * np.pi) ** 0.6
            lower = curve + down * depth[:, None] + down * 0.05 * width
            outline = np.concatenate([curve + down * 0.05 * width, lower[::-1]])
            total += 0.25 * _filled(shape, outline)
    soft = cv2.GaussianBlur(total, (0, 0), max(0.06 * width, 0.5))
    return np.clip(soft, 0.0, 1.0).astype(np.float32)


def _parts_of_the_oval(points: FloatArray, shape: tuple[int, ...]) -> Image:
    """Return forehead, cheeks and chin for every pixel, by the axes of the head."""
    up = _unit(points[FOREHEAD_TOP] - points[CHIN])
    left = _unit(points[LEFT_SIDE] - points[RIGHT_SIDE])
    mouth = points[list(MOUTH_CORNERS)]
    brow_height = float(np.mean(points[[i for brow in BROWS for i in brow]] @ up))
    middle = (points[FOREHEAD_TOP] + points[CHIN]) / 2
    half_mouth = 0.65 * float(np.linalg.norm(mouth[0] - mouth[1]))
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    height = xs * up[0] + ys * up[1]
    # Away from the middle line, which a turned head leans along its own up.
    aside = (xs - middle[0]) * left[0] + (ys - middle[1]) * left[1]
    parts = np.where(aside > 0, NUMBER["left_cheek"], NUMBER["right_cheek"]).astype(np.uint8)
    parts[height > brow_height] = NUMBER["forehead"]
    from_mouth = xs * left[0] + ys * left[1] - float(mouth.mean(axis=0) @ left)
    below = height < float(np.mean(mouth @ up))
    parts[below & (np.abs(from_mouth) < half_mouth)] = NUMBER["chin"]
    return parts


def mirrored_regions(regions: Image) -> Image:
    """Return a map that was mirrored with its picture, its left and right names exchanged."""
    numbers = np.arange(len(REGIONS), dtype=np.uint8)
    left, right = NUMBER["left_cheek"], NUMBER["right_cheek"]
    numbers[[left, right]] = right, left
    return np.asarray(numbers[regions], np.uint8)


def is_celeba_mask(path: Path) -> bool:
    """Return whether a mask is CelebAMask-HQ's `{id:05d}_skin.png`, the parts' first."""
    return re.fullmatch(r"\d{5}_skin\.png", path.name) is not None


def read_celeba_parts(skin: Path) -> dict[str, Image]:
    """Return the part masks that lie beside `{id:05d}_skin.png`, uint8 (h, w) by part.

    A missing file means that the part is not in the photo. Raises OSError where a file that is
    there is no picture.
    """
    parts = {}
    for part in CELEBA_PARTS:
        path = skin.with_name(f"{skin.name.removesuffix('_skin.png')}_{part}.png")
        if path.is_file():
            mask = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
            if mask is None:
                raise OSError(f"{path} is no picture")
            parts[part] = np.asarray(mask, np.uint8)
    return parts


def merge_celeba_parts(parts: Mapping[str, Image]) -> Image:
    """Merge CelebAMask-HQ's masks, uint8 (h, w) 0..255, as published: 0 background, 1 skin … 18.

    Lee et al. 2020, MaskGAN; the order of `g_mask.py`. Raises ValueError for an unknown part or
    masks of several sizes.
    """
    unknown = set(parts) - set(CELEBA_PARTS)
    if unknown or len({mask.shape for mask in parts.values()}) != 1:
        raise ValueError(
            f"{unknown.pop()!r} is no part of CelebAMask-HQ"
            if unknown
            else "CelebAMask-HQ's masks of one photo need one size"
        )
    merged = np.zeros(next(iter(parts.values())).shape, np.uint8)
    for number, part in enumerate(CELEBA_PARTS, start=1):
        if part in parts:
            merged[parts[part] > 127] = number
    return merged


def celeba_regions(parts: Mapping[str, Image]) -> Image:
    """Return the map of `REGIONS`, uint8 (h, w), from CelebAMask-HQ's part masks.

    Its one "skin" is divided by its other parts: above the brows forehead, beside the nose the
    cheeks, under the mouth the chin; CelebA-HQ's faces are upright. Raises as the merging does.
    """
    merged = merge_celeba_parts(parts)
    numbers = np.zeros(len(CELEBA_PARTS) + 1, np.uint8)
    for number, part in enumerate(CELEBA_PARTS, start=1):
        numbers[number] = NUMBER[CELEBA_REGIONS.get(part, "background")]
    regions = numbers[merged]
    skin = merged == 1 + CELEBA_PARTS.index("skin")
    regions[skin] = _parts_of_celeba_skin(regions, skin)[skin]
    return np.asarray(regions, np.uint8)


def _parts_of_celeba_skin(regions: Image, skin: BoolArray) -> Image:
    ys, xs = np.mgrid[: skin.shape[0], : skin.shape[1]]
    top, bottom = _rows(skin)
    brows, lips = regions == NUMBER["brows"], regions == NUMBER["lips"]
    # Brows under a fringe: they lie about a third below the skin's top.
    brow = float(np.nonzero(brows)[0].mean()) if brows.any() else top + (bottom - top) / 3
    nose = regions == NUMBER["nose"]
    middle = float(np.nonzero(nose if nose.any() else skin)[1].mean()) if skin.any() else 0.0
    # Upright and not mirrored: the person's left is the picture's right.
    parts = np.where(xs > middle, NUMBER["left_cheek"], NUMBER["right_cheek"]).astype(np.uint8)
    parts[ys < brow] = NUMBER["forehead"]
    if lips.any():
        columns = np.nonzero(lips)[1]
        low, high = float(columns.min()), float(columns.max())
        margin = 0.15 * (high - low)
        below = ys > float(np.nonzero(lips)[0].mean())
        parts[below & (xs > low - margin) & (xs < high + margin)] = NUMBER["chin"]
    return parts


def _rows(mask: BoolArray) -> tuple[int, int]:
    rows = np.flatnonzero(mask.any(axis=1))
    return (int(rows[0]), int(rows[-1])) if len(rows) else (0, 0)


def _filled(shape: tuple[int, ...], points: FloatArray) -> BoolArray:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 1)
    return canvas.astype(bool)


def _hull(shape: tuple[int, ...], points: FloatArray, indices: tuple[int, ...]) -> BoolArray:
    return _filled(shape, cv2.convexHull(points[list(indices)])[:, 0])


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)
