"""Irregular outlines and textures of single spots, as small square patches."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
# An outline is a table of radii at so many angles: many times as fast as cosines at every pixel.
ANGLES = 128
LOBES, ROUGHNESS = np.arange(2, 6), np.arange(6, 16)
ORDERS = np.concatenate([LOBES, ROUGHNESS])
TURNS: FloatArray = np.outer(ORDERS, np.arange(ANGLES) * (2 * np.pi / ANGLES)).astype(np.float32)


def polar_grid(half: int, offset: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Return radius and angle (each (2 half + 1)²) around the patch centre moved by `offset`."""
    axis = np.arange(-half, half + 1, dtype=np.float32)
    dx, dy = axis[None, :] - offset[0], axis[:, None] - offset[1]
    return np.hypot(dx, dy), np.arctan2(dy, dx)


def irregular_radius(
    radius: float, irregularity: float, roughness: float, rng: np.random.Generator
) -> FloatArray:
    """Return the outline's radius at `ANGLES` angles from 0: an ellipse with random harmonics.

    irregularity: how lobed it is; roughness: how ragged, both about 0..1.
    """
    # Ragged edges have self-similar teeth, lobes die away.
    heights = np.concatenate([irregularity / LOBES, 0.6 * roughness / ROUGHNESS])
    heights = (heights * rng.normal(size=len(ORDERS))).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, (len(ORDERS), 1)).astype(np.float32)
    outline = 1.0 + heights @ np.cos(TURNS + phases)
    return np.asarray(radius * np.clip(outline, 0.35, 1.7), np.float32)


def blob(
    half: int,
    radius: float,
    softness: float,
    irregularity: float,
    rng: np.random.Generator,
    roughness: float = 0.0,
) -> FloatArray:
    """Return a filled spot, 1 inside, 0 outside, smooth over `softness` times its radius.

    The array is (2 half + 1)². `softness` 0.2 looks sharp, 1.0 fades from the centre on;
    `roughness` 1 frays the edge, tears islands off and holes into the spot.
    """
    distance, sectors = _distances(half)
    if roughness > 0:
        distance = distance + _displacement(half, radius, roughness, rng)
    edge = irregular_radius(radius, irregularity, 0.5 * roughness, rng)[sectors]
    # At least one pixel of ramp, as a lens would give.
    ramp = max(softness * radius, 1.0)
    step = np.clip((edge - distance) / ramp + rng.uniform(0.35, 0.65), 0.0, 1.0)
    return step * step * (3.0 - 2.0 * step)


def lobed(
    half: int, radius: float, softness: float, rng: np.random.Generator, lobes: int = 4
) -> FloatArray:
    """Return a spot that has grown together out of some round ones, 0..1, (2 half + 1)².

    Their bells add up before the edge is drawn, as metaballs' do (Blinn 1982, "A generalization of
    algebraic surface drawing").
    """
    axis = np.arange(-half, half + 1, dtype=np.float32)
    field = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for _ in range(lobes):
        size = radius * rng.uniform(0.35, 0.8)
        x, y = rng.normal(0.0, 0.5 * radius, 2).clip(-radius, radius)
        columns, rows = (np.exp(-(((axis - middle) / size) ** 2)) for middle in (x, y))
        field += rows[:, None] * columns[None, :]
    field /= max(float(field.max()), 1e-6)
    level = rng.uniform(0.25, 0.45)
    # An edge of at least a pixel, across which the field falls by about 1 / radius; far away there
    # is nothing of the spot, however soft it is.
    ramp = min(max(softness, 1.5 / radius, 0.1), 2.0 * level - 0.02)
    step = np.clip((field - level) / ramp + 0.5, 0.0, 1.0)
    return np.asarray(step * step * (3.0 - 2.0 * step), np.float32)


@lru_cache(maxsize=256)
def _distances(half: int) -> tuple[FloatArray, NDArray[np.intp]]:
    distance, angle = polar_grid(half, (0.0, 0.0))
    return distance, np.rint(angle * (ANGLES / (2 * np.pi))).astype(np.intp) % ANGLES


def _displacement(
    half: int, radius: float, roughness: float, rng: np.random.Generator
) -> FloatArray:
    """Return how far each pixel (2 half + 1)² is read from elsewhere along its ray, in pixels."""
    moved = noise(half, max(radius * rng.uniform(0.15, 0.7), 1.5), rng)
    return np.asarray(moved * np.float32(0.45 * roughness * radius), np.float32)


def noise(half: int, grain: float, rng: np.random.Generator) -> FloatArray:
    """Return smooth noise (2 half + 1)² of mean 0 with features of about `grain` pixels."""
    size = 2 * half + 1
    coarse = max(2, int(np.ceil(size / max(grain, 1.0))))
    values = rng.standard_normal((coarse, coarse), np.float32)
    enlarged = cv2.resize(values, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, np.float32)


def texture(half: int, grain: float, strength: float, rng: np.random.Generator) -> FloatArray:
    """Return multiplicative noise (2 half + 1)² around 1, of about `grain` pixels and of finer."""
    rough = noise(half, grain, rng)
    if rng.random() < 0.5:
        rough = 0.8 * rough + rng.uniform(0.3, 0.8) * noise(half, 0.35 * grain, rng)
    return np.clip(1.0 + strength * rough, 0.1, 2.2)


def relief(distance: FloatArray, angle: FloatArray, radius: float, light: float) -> FloatArray:
    """Return the shading of a bump lit from angle `light`: -1 shadow side .. 1 lit side."""
    profile = (distance / radius) * np.exp(0.5 - 0.5 * (distance / radius) ** 2)
    return (profile * np.cos(angle - light)).astype(np.float32)
