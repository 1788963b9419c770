"""The skin mask of a face crop, from landmarks and a skin colour learned on the face itself."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .morphology import disc, opened
from .surroundings import unlike_surroundings

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

# Indices into the 468 landmarks of MediaPipe's face mesh.
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
NOSTRILS = ((79, 218, 237, 44, 1, 2, 97, 98, 240), (309, 438, 457, 274, 1, 2, 326, 327, 460))
# Cheeks, nose bridge and middle of the forehead: skin on nearly every face.
CENTRAL = (50, 101, 118, 205, 207, 280, 330, 347, 425, 427, 6, 195, 5, 9)
SAMPLES = (*CENTRAL, 151, 108, 337)
# The width of the face at which it is cut from what surrounds it.
CUT_WIDTH = 120.0
FOREHEAD_TOP, CHIN, LEFT_SIDE, RIGHT_SIDE = 10, 152, 454, 234


def face_colour(pixels: Image, landmarks: FloatArray) -> FloatArray:
    """Return the median colour within the oval of a face, float32 (3,), in the pixels' own units.

    pixels: (H, W, 3); landmarks: (468, 2) in pixels. Less than a quarter of it is eyes, brows and
    lips, so that it is the skin's, found without its mask.
    """
    oval = _polygon(pixels.shape[:2], landmarks[list(FACE_OVAL)])[::4, ::4]
    coarse = pixels[::4, ::4]
    inside = coarse[oval] if oval.any() else coarse.reshape(-1, 3)
    return np.median(inside, axis=0).astype(np.float32)


def skin_mask(pixels: Image, landmarks: FloatArray) -> FloatArray:
    """Return where skin may be retouched, float32 (h, w) in 0..1 with soft edges.

    pixels: sRGB uint8 (h, w, 3) of a crop; landmarks: (468, 2) in pixels of the crop. Contains the
    face oval, and neck and ears where their colour agrees; without eyes, brows, lips, nostrils,
    hair, dense beard and glasses. Blemishes inside the skin stay inside the mask.
    """
    points = landmarks[:, :2].astype(np.float32)
    width = float(np.linalg.norm(points[LEFT_SIDE] - points[RIGHT_SIDE]))
    scale = min(1.0, 320.0 / max(width, 1.0))
    size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    mask = _mask(small, points * scale, max(width * scale, 8.0))
    full = (pixels.shape[1], pixels.shape[0])
    resized = cv2.resize(mask, full, interpolation=cv2.INTER_LINEAR)
    return np.clip(resized, 0.0, 1.0).astype(np.float32)


def _mask(pixels: Image, points: FloatArray, width: float) -> FloatArray:
    shape = pixels.shape[:2]
    oval = _polygon(shape, raised_oval(points))
    features = _features(shape, points, width)
    alike, closely_alike = _skin_coloured(pixels, points, width, (1.0, 0.55))
    around = _around_oval(shape, points, width)
    face = _without_small_holes(oval & alike, 0.05 * width) & oval
    extension = opened(around & ~oval & closely_alike, 0.03 * width)
    skin = _connected_to_face(face | extension, points, width)
    bare = _bare(shape, points, width, alike, closely_alike)
    skin = _cut_from_surroundings(pixels, points, width, skin, bare, oval | around)
    # Dark brows may be cut away as hair: the forehead hangs on the face through them.
    skin = opened(_without_small_holes(skin, 0.08 * width), 0.03 * width)
    skin &= _connected_to_face(skin | features, points, width)
    skin &= ~features
    inner = cv2.erode(skin.astype(np.uint8), disc(0.008 * width)).astype(np.float32)
    soft = cv2.GaussianBlur(inner, (0, 0), max(0.006 * width, 0.8))
    return np.asarray(soft * (skin | (soft > 0.5)), np.float32)


def _cut_from_surroundings(
    pixels: Image,
    points: FloatArray,
    width: float,
    skin: BoolArray,
    bare: BoolArray,
    possible: BoolArray,
) -> BoolArray:
    """Drop hair, beard and background of a skin colour; at a small size, since it costs much."""
    scale = min(1.0, CUT_WIDTH / width)
    size = (max(round(skin.shape[1] * scale), 1), max(round(skin.shape[0] * scale), 1))
    certain = _discs(skin.shape, points[list(CENTRAL)], 0.04 * width)
    near = cv2.dilate(possible.astype(np.uint8), disc(0.02 * width)) | bare
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(0.006 * width, 0.5))
    small, *masks = (
        cv2.resize(array, size, interpolation=cv2.INTER_AREA)
        for array in (blurred, (skin | bare).astype(np.uint8), certain.astype(np.uint8), near)
    )
    kept = unlike_surroundings(np.asarray(small, np.uint8), *(mask > 0 for mask in masks))
    full = (skin.shape[1], skin.shape[0])
    grown = cv2.resize(kept.astype(np.float32), full, interpolation=cv2.INTER_LINEAR)
    return np.asarray(skin & (grown > 0.5), bool)


def _polygon(shape: tuple[int, ...], points: FloatArray) -> BoolArray:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], 1)
    return canvas.astype(bool)


def raised_oval(points: FloatArray) -> FloatArray:
    """Return the oval with its upper part moved up, since the mesh ends below the hairline."""
    oval = points[list(FACE_OVAL)].copy()
    up = points[FOREHEAD_TOP] - points[CHIN]
    height = max(float(np.linalg.norm(up)), 1.0)
    middle = (points[FOREHEAD_TOP] + points[CHIN]) / 2
    share = ((oval - middle) @ up) / (height * height / 2)
    return oval + np.clip(share - 0.4, 0, None)[:, None] * up * 0.16


def _features(shape: tuple[int, ...], points: FloatArray, width: float) -> BoolArray:
    grown = ((EYES, 0.030), (BROWS, 0.022), ((LIPS,), 0.012), (NOSTRILS, 0.004))
    excluded = np.zeros(shape[:2], bool)
    for polygons, margin in grown:
        for indices in polygons:
            hull = cv2.convexHull(points[list(indices)])[:, 0]
            _add_grown(excluded, np.rint(hull).astype(np.int32), disc(margin * width))
    return excluded


def _add_grown(mask: BoolArray, hull: NDArray[np.int32], element: Image) -> None:
    """Add a polygon, grown by an element, to a mask; only the pixels around it are looked at."""
    reach = len(element) // 2
    x0, y0 = np.maximum(hull.min(axis=0) - reach, 0).tolist()
    x1, y1 = np.maximum(hull.max(axis=0) + reach + 1, 0).tolist()
    place = mask[y0:y1, x0:x1]
    part = np.zeros(place.shape, np.uint8)
    if part.size:
        cv2.fillPoly(part, [hull], 1, offset=(-x0, -y0))
        place |= cv2.dilate(part, element).astype(bool)


def _around_oval(shape: tuple[int, ...], points: FloatArray, width: float) -> BoolArray:
    """Return the area where ears and neck may lie: beside the oval and below the chin."""
    down = points[CHIN] - points[FOREHEAD_TOP]
    down = down / max(float(np.linalg.norm(down)), 1.0)
    across = points[LEFT_SIDE] - points[RIGHT_SIDE]
    across = across / max(float(np.linalg.norm(across)), 1.0)
    left, right = points[LEFT_SIDE], points[RIGHT_SIDE]
    corners = [
        left + across * 0.14 * width - down * 0.12 * width,
        left + across * 0.14 * width + down * 0.35 * width,
        points[CHIN] + across * 0.42 * width + down * 0.45 * width,
        points[CHIN] - across * 0.42 * width + down * 0.45 * width,
        right - across * 0.14 * width + down * 0.35 * width,
        right - across * 0.14 * width - down * 0.12 * width,
    ]
    return _polygon(shape, np.array(corners, np.float32))


def _bare(
    shape: tuple[int, ...],
    points: FloatArray,
    width: float,
    alike: BoolArray,
    closely_alike: BoolArray,
) -> BoolArray:
    """Return a bald crown, neck and chest: skin beyond the mask that is no sample of hair."""
    axis = points[FOREHEAD_TOP] - points[CHIN]
    axis = axis / max(float(np.linalg.norm(axis)), 1.0)
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    right, down = xs - points[CHIN][0], ys - points[CHIN][1]
    column = np.abs(right * axis[1] - down * axis[0]) < 0.5 * width
    below = right * axis[0] + down * axis[1] < 0
    # Bright hair has patches of skin colour too, but only streaks of them.
    crown = opened(closely_alike & ~below, 0.10 * width)
    return np.asarray(column & np.where(below, alike, crown), bool)


def _skin_coloured(
    pixels: Image, points: FloatArray, width: float, tolerances: tuple[float, ...]
) -> list[BoolArray]:
    """Return where the colour is that of the face's own cheeks, nose and forehead.

    The colour ratios log(R/G) and log(G/B) hardly change with shading; redder is allowed further
    than other directions, since spots and flushed skin are redder. Each of `tolerances` scales all
    limits and gives a mask.
    """
    samples = _discs(pixels.shape, points[list(SAMPLES)], 0.03 * width)
    if samples.sum() < 16:
        return [np.ones(pixels.shape[:2], bool)] * len(tolerances)
    blurred = cv2.GaussianBlur(pixels, (0, 0), max(0.010 * width, 0.6)).astype(np.float32) + 8.0
    luma = np.log(blurred @ np.array([0.299, 0.587, 0.114], np.float32))
    redness = np.log(blurred[..., 0] / blurred[..., 1])
    yellowness = np.log(blurred[..., 1] / blurred[..., 2])
    texture = _texture(pixels, width)
    bright = np.percentile(luma[samples], 65)
    red, red_spread = _median_spread(redness[samples], 0.06)
    yellow, yellow_spread = _median_spread(yellowness[samples], 0.07)
    smooth = texture < 3.5 * max(float(np.median(texture[samples])), 1.0) + 4.0
    return [
        smooth
        & (redness > red - 3.0 * tolerance * red_spread)
        & (redness < red + 6.0 * tolerance * red_spread)
        & (np.abs(yellowness - yellow) < 4.0 * tolerance * yellow_spread)
        & (luma > bright - 0.85)
        & (luma < bright + 0.55 * tolerance)
        for tolerance in tolerances
    ]


def _texture(pixels: Image, width: float) -> FloatArray:
    """Return the local mean of |luma - blurred luma|: high in hair and beards, low on skin."""
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), max(0.008 * width, 1.0)))
    return np.asarray(cv2.GaussianBlur(detail, (0, 0), max(0.025 * width, 1.0)), np.float32)


def _discs(shape: tuple[int, ...], points: FloatArray, radius: float) -> BoolArray:
    canvas = np.zeros(shape[:2], np.uint8)
    for x, y in points:
        cv2.circle(canvas, (round(float(x)), round(float(y))), max(round(radius), 1), 1, -1)
    return canvas.astype(bool)


def _median_spread(values: FloatArray, least: float) -> tuple[float, float]:
    """Return median and 1.48 x median absolute deviation, the latter at least `least`."""
    median = float(np.median(values))
    return median, max(1.48 * float(np.median(np.abs(values - median))), least)


def _without_small_holes(mask: BoolArray, diameter: float) -> BoolArray:
    """Fill holes that a spot of `diameter` could make; larger ones are hair, eyes or glasses."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), None, 4)
    small = np.zeros(count, bool)
    small[1:] = stats[1:, cv2.CC_STAT_AREA] < 0.8 * diameter * diameter
    return np.asarray(mask | small[labels], bool)


def _connected_to_face(mask: BoolArray, points: FloatArray, width: float) -> BoolArray:
    """Keep the parts that hold a cheek or the nose: bright hair over the oval is a part apart."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), None, 4)
    central = _discs(mask.shape, points[list(CENTRAL)], 0.03 * width)
    kept = np.unique(labels[central & mask])
    return np.asarray(np.isin(labels, kept[kept > 0]), bool)
