"""Shapes of the validation painter: level sets of noise, so outlines may lobe and break up."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def grid(half: int) -> tuple[FloatArray, FloatArray]:
    """Return x and y (each (2 half + 1)²) in pixels from the middle of a patch."""
    axis = np.arange(-half, half + 1, dtype=np.float32)
    return np.meshgrid(axis, axis)


def spectral_noise(
    shape: tuple[int, int], scale: float, exponent: float, rng: np.random.Generator
) -> FloatArray:
    """Return Gaussian noise of unit variance (H, W) that wraps around.

    Its amplitude falls as 1 / f^`exponent` over the frequency 1 / `scale` (pixels), flat below:
    the mottling of skin is a power law too, on every scale at once.
    """
    fy, fx = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    frequency = np.hypot(fy[:, None], fx[None, :])
    amplitude = (frequency**2 + max(scale, 1.0) ** -2) ** (-exponent / 2)
    amplitude[0, 0] = 0.0
    noise = np.fft.irfft2(np.fft.rfft2(rng.normal(size=shape)) * amplitude, s=shape)
    return np.asarray(noise / max(float(noise.std()), 1e-9), np.float32)


def level_set(
    half: int, radius: float, roughness: float, softness: float, rng: np.random.Generator
) -> FloatArray:
    """Return how much of a spot covers each pixel, 0..1, (2 half + 1)²; 0 at the patch's border.

    The spot is where an ellipse's falling cone plus `roughness` times noise is over zero, with a
    logistic edge of `softness` radii (at least a third of a pixel, as a lens would give).
    """
    x, y = grid(half)
    turn, stretch = rng.uniform(0, np.pi), float(np.exp(rng.normal(0.0, 0.18)))
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    distance = np.hypot(along / stretch, across * stretch) / radius
    noise = spectral_noise(x.shape, radius, 2.0, rng)
    level = 1.0 - distance + roughness * (noise - noise[half, half])
    # Noise alone would scatter islands over the whole patch.
    level -= 3.0 * np.maximum(distance - 1.7, 0.0)
    cover = 1.0 / (1.0 + np.exp(-np.clip(level / max(softness, 0.35 / radius), -30, 30)))
    return _ended(cover, x, y, half)


def stroke(half: int, length: float, width: float, rng: np.random.Generator) -> FloatArray:
    """Return a thin bent line of `length`, broken here and there, 0..1, (2 half + 1)²."""
    x, y = grid(half)
    turn, bend = rng.uniform(0, np.pi), rng.normal(0.0, 0.12) / max(length, 1.0)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    across = across - 4 * bend * along**2
    profile = np.exp(-0.5 * (across / max(width, 0.6)) ** 2)
    ends = 1.0 / (1.0 + np.exp(np.clip((np.abs(along) - length / 2) / (0.08 * length), -30, 30)))
    broken = np.clip(0.8 + 0.5 * spectral_noise(x.shape, length / 6, 1.5, rng), 0.0, 1.0)
    return _ended(profile * ends * broken, x, y, half)


def dome(half: int, radius: float) -> FloatArray:
    """Return the height of a smooth round bump, 1 in the middle, (2 half + 1)²."""
    x, y = grid(half)
    return np.asarray(np.exp(-(((x**2 + y**2) / radius**2) ** 1.4)), np.float32)


def shading(height: FloatArray, radius: float, light: float) -> FloatArray:
    """Return how a relief catches light from angle `light` (radians): about -1 dark to 1 lit."""
    down, right = np.gradient(height)
    return np.asarray(-radius * (right * np.cos(light) + down * np.sin(light)), np.float32)


def _ended(cover: NDArray[np.floating], x: FloatArray, y: FloatArray, half: int) -> FloatArray:
    border = np.clip((half - np.maximum(np.abs(x), np.abs(y))) / 2.0, 0.0, 1.0)
    return np.where(cover > 0.01, cover * border, 0.0).astype(np.float32)
