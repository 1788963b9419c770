"""What looks a little like a blemish and must stay: hairs, stubble, wrinkles, glitter, face paint.

Painted on the clean picture and so part of source and target alike: hard negatives.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Image = NDArray[np.uint8]

# Of a picture, the places of its skin, the face's width and a generator.
Distractor = Callable[[Image, NDArray[np.intp], float, np.random.Generator], Image]

PROBABILITY = 0.09
# Positions of lines are drawn with so many binary digits behind the point.
SHIFT = 4


def paint_distractors(
    image: Image, skin: FloatArray, face_width: float, rng: np.random.Generator
) -> Image:
    """Paint each sort with a chance of `PROBABILITY` on a picture, uint8 sRGB (H, W, 3).

    skin: (H, W) 0..1; face_width: pixels. Returns the picture itself where nothing was painted.
    """
    places = np.flatnonzero(skin > 0.6)
    if len(places) == 0:
        return image
    for paint in DISTRACTORS:
        if rng.random() < PROBABILITY:
            image = paint(image, places, face_width, rng)
    return image


def _place(places: NDArray[np.intp], width: int, rng: np.random.Generator) -> FloatArray:
    y, x = divmod(int(places[rng.integers(len(places))]), width)
    return np.array([x, y], np.float32)


def _blend(image: Image, cover: FloatArray, colour: FloatArray) -> Image:
    """Cover a picture with a colour (3,) in 0..255 where `cover` (H, W) is over 0."""
    ys, xs = np.nonzero(cover)
    result = image.copy()
    under = result[ys, xs].astype(np.float32)
    result[ys, xs] = np.rint(under + cover[ys, xs, None] * (colour - under)).astype(np.uint8)
    return result


def _share(cover: Image) -> FloatArray:
    return cover.astype(np.float32) / np.float32(255)


def _curve(start: FloatArray, length: float, bend: float, rng: np.random.Generator) -> FloatArray:
    """Return the 12 points (12, 2) of a bent line."""
    angle = rng.uniform(0, 2 * np.pi)
    angles = angle + np.linspace(0, rng.normal(0, bend), 12)
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (length / 12)
    return np.asarray(start + np.cumsum(steps, axis=0), np.float32)


def _drawn(cover: Image, points: FloatArray, thickness: int, value: int) -> None:
    fixed = np.rint(points * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(cover, [fixed], False, value, thickness, cv2.LINE_AA, SHIFT)


def _hair_colour(rng: np.random.Generator) -> FloatArray:
    light = rng.uniform(0.05, 0.35) if rng.random() < 0.75 else rng.uniform(0.4, 0.85)
    return np.asarray(
        255 * light * np.array([1.0, rng.uniform(0.75, 0.97), rng.uniform(0.5, 0.95)])
    )


def _hairs(
    image: Image, places: NDArray[np.intp], face_width: float, rng: np.random.Generator
) -> Image:
    cover = np.zeros(image.shape[:2], np.uint8)
    thickness = max(round(face_width * rng.uniform(0.001, 0.005)), 1)
    for _ in range(int(rng.integers(1, 14))):
        start = _place(places, image.shape[1], rng)
        points = _curve(start, face_width * rng.uniform(0.05, 0.7), 1.2, rng)
        _drawn(cover, points, thickness, int(rng.integers(60, 240)))
    return _blend(image, _share(cover), _hair_colour(rng))


def _stubble(
    image: Image, places: NDArray[np.intp], face_width: float, rng: np.random.Generator
) -> Image:
    cover = np.zeros(image.shape[:2], np.uint8)
    centre = _place(places, image.shape[1], rng)
    spread = face_width * rng.uniform(0.05, 0.2)
    length = face_width * rng.uniform(0.002, 0.015)
    lean = rng.uniform(0, 2 * np.pi)
    for x, y in rng.normal(centre, spread, (int(rng.integers(60, 400)), 2)):
        angle = lean + rng.normal(0, 0.4)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        points = np.array([(x, y), end], np.float32)
        _drawn(cover, points, 1, int(rng.integers(40, 200)))
    return _blend(image, _share(cover), _hair_colour(rng))


def _wrinkles(
    image: Image, places: NDArray[np.intp], face_width: float, rng: np.random.Generator
) -> Image:
    cover = np.zeros(image.shape[:2], np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        start = _place(places, image.shape[1], rng)
        points = _curve(start, face_width * rng.uniform(0.05, 0.3), 0.6, rng)
        thickness = max(round(face_width * rng.uniform(0.002, 0.008)), 1)
        _drawn(cover, points, thickness, int(rng.integers(25, 90)))
    soft = cv2.GaussianBlur(_share(cover), (0, 0), max(0.003 * face_width, 0.6))
    colour = image.mean(axis=(0, 1)) * rng.uniform(0.2, 0.5)
    return _blend(image, np.asarray(soft, np.float32), np.asarray(colour, np.float32))


def _glitter(
    image: Image, places: NDArray[np.intp], face_width: float, rng: np.random.Generator
) -> Image:
    cover = np.zeros(image.shape[:2], np.uint8)
    for _ in range(int(rng.integers(4, 40))):
        x, y = _place(places, image.shape[1], rng)
        radius = face_width * rng.uniform(0.001, 0.006)
        centre = (round(float(x) * (1 << SHIFT)), round(float(y) * (1 << SHIFT)))
        cv2.circle(
            cover, centre, round(radius * (1 << SHIFT)), int(rng.integers(100, 256)), -1,
            cv2.LINE_AA, SHIFT,
        )  # fmt: skip
    return _blend(image, _share(cover), rng.uniform(200, 255, 3).astype(np.float32))


def _face_paint(
    image: Image, places: NDArray[np.intp], face_width: float, rng: np.random.Generator
) -> Image:
    cover = np.zeros(image.shape[:2], np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        start = _place(places, image.shape[1], rng)
        if rng.random() < 0.5:
            points = _curve(start, face_width * rng.uniform(0.05, 0.4), 1.5, rng)
            _drawn(cover, points, max(round(face_width * rng.uniform(0.008, 0.06)), 1), 255)
        else:
            axes = tuple(max(int(v), 1) for v in face_width * rng.uniform(0.008, 0.09, 2))
            centre = (int(start[0]), int(start[1]))
            cv2.ellipse(cover, centre, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    colour = cv2.cvtColor(
        np.array(
            [[[rng.integers(0, 180), rng.integers(90, 256), rng.integers(40, 256)]]], np.uint8
        ),
        cv2.COLOR_HSV2RGB,
    )[0, 0]
    if rng.random() < 0.25:
        colour = np.full(3, rng.choice([15, 235]), np.uint8)
    opaque = np.float32(rng.uniform(0.45, 1.0))
    return _blend(image, _share(cover) * opaque, colour.astype(np.float32))


DISTRACTORS: tuple[Distractor, ...] = (_hairs, _stubble, _wrinkles, _glitter, _face_paint)
