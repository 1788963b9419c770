"""Irregular outlines and textures of single spots, as small square patches."""

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def polar_grid(half: int, offset: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Return radius and angle (each (2 half + 1)²) around the patch centre moved by `offset`."""
    axis = np.arange(-half, half + 1, dtype=np.float32)
    dx, dy = axis[None, :] - offset[0], axis[:, None] - offset[1]
    return np.hypot(dx, dy), np.arctan2(dy, dx)


def irregular_radius(
    angle: FloatArray, radius: float, irregularity: float, rng: np.random.Generator
) -> FloatArray:
    """Return the outline's radius at each angle: an ellipse with four random harmonics."""
    outline = np.ones_like(angle)
    for harmonic in range(2, 6):
        amplitude = irregularity * rng.normal() / harmonic
        outline += amplitude * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    return radius * np.clip(outline, 0.5, 1.6)


def blob(
    half: int, radius: float, softness: float, irregularity: float, rng: np.random.Generator
) -> FloatArray:
    """Return a filled spot, 1 inside, 0 outside, smooth over `softness` times its radius.

    The array is (2 half + 1)². `softness` 0.2 looks sharp, 1.0 fades from the centre on.
    """
    distance, angle = polar_grid(half, (rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)))
    edge = irregular_radius(angle, radius, irregularity, rng)
    # At least one pixel of ramp, as a lens would give.
    ramp = max(softness * radius, 1.0)
    step = np.clip((edge - distance) / ramp + 0.5, 0.0, 1.0)
    return step * step * (3.0 - 2.0 * step)


def texture(half: int, grain: float, strength: float, rng: np.random.Generator) -> FloatArray:
    """Return smooth multiplicative noise around 1 with features of about `grain` pixels."""
    size = 2 * half + 1
    coarse = max(2, int(np.ceil(size / max(grain, 1.0))))
    noise = rng.normal(0.0, strength, (coarse, coarse)).astype(np.float32)
    return np.clip(1.0 + cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC), 0.2, 2.0)


def relief(distance: FloatArray, angle: FloatArray, radius: float, light: float) -> FloatArray:
    """Return the shading of a bump lit from angle `light`: -1 shadow side .. 1 lit side."""
    profile = (distance / radius) * np.exp(0.5 - 0.5 * (distance / radius) ** 2)
    return (profile * np.cos(angle - light)).astype(np.float32)
