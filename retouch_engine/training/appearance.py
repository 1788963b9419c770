"""What light and cameras make of a training crop: skin tones, noise and JPEG artefacts."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.synthesis import to_density, to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]


def tone_table(rng: np.random.Generator) -> Image | None:
    """Draw a shift of melanin and haemoglobin density and of exposure, to widen skin tones.

    Returns what becomes of each level, uint8 (256, 3), or None for no shift. Four crops in ten
    become clearly darker, as dark skin is rare among portraits.
    """
    kind = rng.random()
    if kind < 0.3:
        return None
    melanin = rng.uniform(0.15, 0.95) if kind > 0.6 else rng.normal(0, 0.18)
    shift = melanin * MELANIN + rng.normal(0, 0.06) * HAEMOGLOBIN
    table = to_density(np.arange(256, dtype=np.uint8))[:, None] * rng.uniform(0.85, 1.15)
    return to_image(np.clip(table + shift.astype(np.float32), 0, None))


def vary_tone(image: Image, tones: Image | None) -> Image:
    """Give each level of a crop what `tone_table` drew for it."""
    return image if tones is None else np.asarray(cv2.LUT(image, tones[:, None]), np.uint8)


def degrade(
    painted: Image, clean: Image, edited: FloatArray, rng: np.random.Generator
) -> tuple[Image, Image]:
    """Give source and target the same camera noise, and JPEG artefacts to both.

    Outside the edits the target is the degraded source itself: the generator is to remove spots,
    never to denoise.
    """
    if rng.random() < 0.5:
        strength = np.float32(rng.uniform(0.5, 4.0))
        noise = rng.standard_normal(painted.shape, np.float32) * strength
        painted, clean = added(painted, noise), added(clean, noise)
    if rng.random() < 0.5:
        quality = int(rng.integers(60, 97))
        painted, clean = _jpeg(painted, quality), _jpeg(clean, quality)
    target = painted.copy()
    inside = edited > 0
    change = clean[inside].astype(np.float32) - painted[inside]
    share = np.minimum(edited[inside] * 2.0, 1.0)[:, None]
    target[inside] = np.rint(painted[inside] + share * change).astype(np.uint8)
    return painted, target


def added(image: Image, noise: FloatArray) -> Image:
    """Return a picture, uint8, with float noise of its shape."""
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def _jpeg(image: Image, quality: int) -> Image:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
