"""A made skin of known pigments, with light from one side and pores."""

from dataclasses import dataclass

import cv2
import numpy as np

from retouch_engine.synthesis import to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN

SIZE = 320
FACE_WIDTH = 320.0
BASE = np.array([0.22, 0.50, 0.62], np.float32)


@dataclass(frozen=True)
class Skin:
    """image: uint8 (H, W, 3); mask: skin 0..1; spot: where the density of a spot was added."""

    image: np.ndarray
    clean: np.ndarray
    mask: np.ndarray
    spot: np.ndarray


def disc(x: float, y: float, radius: float) -> np.ndarray:
    ys, xs = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    return np.clip((radius - np.hypot(xs - x, ys - y)) / 2 + 0.5, 0, 1)


def skin(red: float = 0.35, brown: float = 0.0, seed: int = 0) -> Skin:
    """Return skin with a melanin gradient, freckles, flush, pores, and one spot in its middle."""
    rng = np.random.default_rng(seed)
    melanin = np.linspace(0, 0.4, SIZE, dtype=np.float32)[None, :] * np.ones((SIZE, 1), np.float32)
    flush = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(25):
        melanin = melanin + rng.uniform(0.02, 0.1) * disc(*rng.uniform(30, 290, 2), 3)
        flush = flush + rng.uniform(0.02, 0.1) * disc(*rng.uniform(30, 290, 2), 3)
    light = np.linspace(0.25, 0, SIZE, dtype=np.float32)[:, None]
    pores = cv2.GaussianBlur(rng.normal(0, 0.05, (SIZE, SIZE)).astype(np.float32), (0, 0), 0.8)
    spot = disc(160, 160, 7)
    clear = 1 - disc(160, 160, 20)
    density = BASE + (light + pores)[..., None] + (flush * clear)[..., None] * HAEMOGLOBIN
    gradient = np.linspace(0, 0.4, SIZE, dtype=np.float32)[None, :]
    density = density + (gradient + (melanin - gradient) * clear)[..., None] * MELANIN
    added = spot[..., None] * (red * HAEMOGLOBIN + brown * MELANIN)
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[20:-20, 20:-20] = 1.0
    return Skin(to_image(density + added), to_image(density), mask, spot)
