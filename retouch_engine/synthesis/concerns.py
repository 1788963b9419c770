"""Smooth faults of a face with their truth: uneven colour, shine, dark skin under the eyes.

Each is painted on its own and says which optical density takes it away again. All maps are a
factor 8 smaller than the picture, as the generator predicts them: nothing here is finer.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .density import CROSSTALK, HAEMOGLOBIN, MELANIN, to_density, to_image

FloatArray = NDArray[np.float32]
Image = NDArray[np.uint8]

CONCERNS = ("evenness", "shine", "under_eyes")
CELL = 8
PROBABILITY = 0.5
# Natural logarithms of how fine uneven colour is, as a share of the face's width.
FEATURES = (np.log(0.03), np.log(0.28))


@dataclass(frozen=True)
class PaintedConcerns:
    """image: uint8 (H, W, 3) sRGB; densities: float32 (9, H / 8, W / 8), what to add in red, green
    and blue to take each of `CONCERNS` away."""

    image: Image
    densities: FloatArray


def paint_concerns(
    image: Image,
    skin: FloatArray,
    under_eyes: FloatArray | None,
    face_width: float,
    rng: np.random.Generator,
    cell: int = CELL,
) -> PaintedConcerns:
    """Paint each concern with a chance of `PROBABILITY` on `image` (H, W, 3).

    skin: (H, W) 0..1; under_eyes: (H, W) 0..1, where the lower lids throw shadows, or None where
    nobody knows; face_width: pixels; cell: pixels to a side of the densities' cells, of which the
    picture's sides are multiples.
    """
    size = (image.shape[1] // cell, image.shape[0] // cell)
    cells = _reduced(skin, size)
    evenness, under, shine = (np.zeros((size[1], size[0], 3), np.float32) for _ in range(3))
    wanted = rng.random(3) < PROBABILITY
    if wanted[0]:
        evenness = _blotches(size, face_width / cell, rng)
    if wanted[1] and under_eyes is not None:
        under = _shadow(_reduced(under_eyes, size), rng)
    painted = image
    if evenness.any() or under.any():
        added = _enlarged(evenness + under, image) * skin[..., None]
        painted = to_image(to_density(image) + added)
    if wanted[2]:
        painted, shine = _shone(painted, skin, cells, face_width, rng, cell)
    known = (cells > 0.05)[..., None]
    parts = [-evenness * known, shine * known, -under * known]
    return PaintedConcerns(painted, np.concatenate(parts, axis=2).transpose(2, 0, 1).copy())


def _reduced(values: FloatArray, size: tuple[int, int]) -> FloatArray:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarged(cells: FloatArray, image: Image) -> FloatArray:
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _blotches(size: tuple[int, int], face_width: float, rng: np.random.Generator) -> FloatArray:
    """Return patches of too much, sometimes too little, blood and pigment; face_width in cells."""
    total = np.zeros((size[1], size[0], 3), np.float32)
    for direction, strongest in ((HAEMOGLOBIN, 0.24), (MELANIN, 0.20)):
        field = _noise(size, face_width * float(np.exp(rng.uniform(*FEATURES))), rng)
        patches = _patches(field, rng)
        strength = rng.uniform(0.03, strongest) * (-1.0 if rng.random() < 0.15 else 1.0)
        colour = direction * rng.normal(1.0, 0.1, 3).astype(np.float32)
        if direction is HAEMOGLOBIN:
            colour[0] += np.float32(rng.uniform(*CROSSTALK))
        total += np.float32(strength) * patches[..., None] * colour
    return total


def _patches(field: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return where smooth noise is high, 0..2: with peaks, or flat with more or less of an edge."""
    above = field - np.float32(rng.uniform(-0.5, 1.2))
    if rng.random() < 0.5:
        return np.asarray(np.clip(above, 0.0, 2.0), np.float32)
    step = np.clip(above / np.float32(rng.uniform(0.3, 1.5)) + 0.5, 0.0, 1.0)
    return np.asarray(step * step * (3.0 - 2.0 * step), np.float32)


def _noise(size: tuple[int, int], sigma: float, rng: np.random.Generator) -> FloatArray:
    """Return smooth noise (h, w) of mean 0 and deviation 1 with features of about `sigma` cells."""
    margin = int(np.ceil(3 * sigma)) + 1
    white = rng.standard_normal((size[1] + 2 * margin, size[0] + 2 * margin), np.float32)
    smooth = cv2.GaussianBlur(white, (0, 0), max(sigma, 0.5))
    # The deviation that blurring leaves in theory: a crop's own would follow its few features.
    smooth *= np.float32(2.0 * np.sqrt(np.pi) * max(sigma, 0.5))
    return np.asarray(smooth[margin:-margin, margin:-margin], np.float32)


def _shadow(region: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return bluish to brown darkness below the lower lids, one eye perhaps more than the other."""
    slope = np.linspace(-1, 1, region.shape[1], dtype=np.float32) * np.float32(rng.normal(0, 0.3))
    shape = cv2.GaussianBlur(region, (0, 0), rng.uniform(0.4, 1.5)) ** rng.uniform(0.7, 1.6)
    weights = rng.dirichlet((1.0, 1.0, 0.7)).astype(np.float32)
    colour = weights[0] * HAEMOGLOBIN + weights[1] * MELANIN + weights[2]
    strength = np.float32(rng.uniform(0.06, 0.42))
    return np.asarray((strength * shape * np.clip(1 + slope, 0.3, 1.7))[..., None] * colour)


def _shone(
    image: Image,
    skin: FloatArray,
    cells: FloatArray,
    face_width: float,
    rng: np.random.Generator,
    cell: int,
) -> tuple[Image, FloatArray]:
    """Add light that skin reflects like a mirror; return the picture and the density against it."""
    size = (cells.shape[1], cells.shape[0])
    places = np.flatnonzero(cells > 0.6)
    if len(places) == 0:
        return image, np.zeros((*cells.shape, 3), np.float32)
    dark = np.ones_like(cells)
    for _ in range(int(rng.integers(1, 6))):
        y, x = divmod(int(places[rng.integers(len(places))]), size[0])
        glow = _ellipse(size, (x, y), face_width / cell * rng.uniform(0.025, 0.18), rng)
        dark *= 1.0 - np.float32(rng.uniform(0.06, 0.75)) * glow
    gloss = np.clip(_enlarged(1.0 - dark, image), 0.0, 0.9)
    if rng.random() < 0.5:
        gloss *= _facing(image, face_width)
    grain = cv2.GaussianBlur(
        rng.standard_normal(skin.shape, np.float32), (0, 0), max(0.004 * face_width, 0.7)
    )
    gloss *= skin * np.clip(1.0 + grain * np.float32(rng.uniform(0.0, 0.6)), 0.4, 1.6)
    colour = np.array([255.0, 252.0, 244.0], np.float32) * np.float32(rng.uniform(0.85, 1.0))
    light = np.maximum(colour - image, 0.0) * gloss[..., None]
    shiny = np.clip(np.rint(image + light), 0, 255).astype(np.uint8)
    against = to_density(image) - to_density(shiny)
    return shiny, _reduced(against, size)


def _facing(image: Image, face_width: float) -> FloatArray:
    """Return how much of the light each place throws back, 0.3..1 (H, W): bright skin faces it."""
    grey = cv2.GaussianBlur(image.max(axis=2), (0, 0), max(0.03 * face_width, 1.0))
    brightest = max(float(np.percentile(grey, 90)), 1.0)
    return np.asarray(np.clip(grey / np.float32(brightest), 0.3, 1.0), np.float32)


def _ellipse(
    size: tuple[int, int], centre: tuple[int, int], sigma: float, rng: np.random.Generator
) -> FloatArray:
    ys, xs = np.mgrid[: size[1], : size[0]].astype(np.float32)
    angle, longer = rng.uniform(0, np.pi), rng.uniform(1.0, 2.4)
    dx, dy = xs - centre[0], ys - centre[1]
    along = (dx * np.cos(angle) + dy * np.sin(angle)) / (sigma * longer)
    across = (dy * np.cos(angle) - dx * np.sin(angle)) / sigma
    return np.asarray(np.exp(-0.5 * (along**2 + across**2) ** rng.uniform(0.8, 2.2)), np.float32)
