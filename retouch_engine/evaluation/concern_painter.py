"""A second painter of smooth faults: uneven colour, shine and dark skin under the eyes, in CIELAB.

Nothing is shared with `synthesis`, which paints in cells of 8 pixels, along pigments in optical
density, with Gaussian outlines. Here noise follows a power law, fields are full-size, places come
from named landmarks, and colours move in CIELAB. The truth of each is the picture before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .metrics import lab_to_srgb, srgb_to_lab
from .validation_shapes import spectral_noise

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Lab = NDArray[np.float64]

CONCERNS = ("evenness", "shine", "under_eyes")
# MediaPipe's landmarks: places that shine, with their weights.
GLOSSY = {
    "forehead": ((151, 9, 108, 337), 1.0),
    "nose": ((4, 5, 195), 1.0),
    "right_cheek": ((50, 101, 205), 0.6),
    "left_cheek": ((280, 330, 425), 0.6),
}
# The lower lids from the inner to the outer corner, right eye and left eye.
LIDS = (
    (133, 155, 154, 153, 145, 144, 163, 7, 33),
    (362, 382, 381, 380, 374, 373, 390, 249, 263),
)
CHIN, FOREHEAD = 152, 10


@dataclass(frozen=True)
class FaceToPaint:
    """A face region: uint8 sRGB (H, W, 3), its skin 0..1 (H, W), landmarks (468, 2) and the face's
    width in pixels of the region."""

    image: Image
    skin: FloatArray
    landmarks: FloatArray
    face_width: float


def paint_concern(concern: str, face: FaceToPaint, rng: np.random.Generator) -> Image:
    """Return the face with one concern of `CONCERNS` painted, uint8 (H, W, 3).

    Raises KeyError for another name.
    """
    lab = srgb_to_lab(face.image)
    changed = PAINTERS[concern](lab, face, rng)
    painted = face.image.astype(np.float64)
    touched = np.abs(changed - lab).max(axis=2) > 1e-6
    painted[touched] = lab_to_srgb(changed[touched])
    return np.rint(painted).astype(np.uint8)


def _uneven(lab: Lab, face: FaceToPaint, rng: np.random.Generator) -> Lab:
    """Return low-frequency blotches: some of blood, some of pigment, now and then too little."""
    shift = np.zeros_like(lab)
    for _ in range(2):
        scale = face.face_width * rng.uniform(0.10, 0.26)
        cover = _plateaus(face.skin.shape, scale, rng)
        shift += rng.uniform(0.6, 1.0) * cover[..., None] * _tint(lab, face.skin, rng)
    return _moved(lab, shift * face.skin[..., None])


def _plateaus(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> FloatArray:
    """Return patches with broad slopes, 0..1: noise of a power law without what is finer."""
    # Half-size, for speed: nothing in it is near as fine as two pixels.
    small = (shape[0] // 2 + 1, shape[1] // 2 + 1)
    noise = spectral_noise(small, scale / 2, 4.0, rng)
    patches = 1.0 / (1.0 + np.exp(-(noise - rng.uniform(0.1, 0.9)) / 0.35))
    large = cv2.resize(patches, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large, 0.0, 1.0), np.float32)


def _tint(lab: Lab, skin: FloatArray, rng: np.random.Generator) -> Lab:
    """Return a shift of ln L*, a* and b*: redness, less of it seen on dark skin, or pigment."""
    bare = skin > 0.6
    lightness = float(np.median(lab[..., 0][bare])) if bare.any() else 60.0
    if rng.random() < 0.6:
        blood = float(np.clip((lightness - 15.0) / 50.0, 0.3, 1.0))
        strength = rng.uniform(3.0, 9.0)
        tint = (-0.009 * strength - 0.02 * (1 - blood), strength * blood, 0.15 * strength)
    else:
        depth = rng.uniform(0.05, 0.16) * (-0.7 if rng.random() < 0.2 else 1.0)
        tint = (-depth, depth * rng.uniform(8, 20), depth * rng.uniform(5, 25))
    return np.array(tint)


def _shiny(lab: Lab, face: FaceToPaint, rng: np.random.Generator) -> Lab:
    """Return a specular gain on forehead, nose and cheeks: lighter, paler, coarser by the pores."""
    gain = np.zeros(face.skin.shape, np.float32)
    for indices, weight in GLOSSY.values():
        if rng.random() < 0.75:
            gain = np.maximum(gain, np.float32(weight) * _gloss(face, indices, rng))
    # Skin that faces the light already reflects more of it.
    smooth = cv2.GaussianBlur(lab[..., 0], (0, 0), max(0.03 * face.face_width, 1.0))
    reach = np.clip(smooth / max(float(np.percentile(smooth, 90)), 1.0), 0.3, 1.0)
    pores = 1.0 + 0.25 * spectral_noise(_size(gain), 0.006 * face.face_width, 1.2, rng)
    amount = np.clip(gain * reach * np.clip(pores, 0.3, 1.7), 0.0, 0.85) * face.skin
    lightness = lab[..., 0] + amount * (97.0 - lab[..., 0]).clip(0.0)
    chroma = (1.0 - 0.8 * amount)[..., None]
    return np.concatenate([lightness[..., None], lab[..., 1:] * chroma], axis=2)


def _gloss(face: FaceToPaint, indices: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Return one highlight, 0..0.7: a noisy level of the distance from a place."""
    points = face.landmarks[list(indices)].mean(axis=0)
    middle = points + rng.normal(0.0, 0.025 * face.face_width, 2)
    radius = face.face_width * rng.uniform(0.07, 0.15)
    ys, xs = np.mgrid[: face.skin.shape[0], : face.skin.shape[1]].astype(np.float32)
    stretch = np.float32(np.exp(rng.normal(0.0, 0.25)))
    distance = np.hypot((xs - middle[0]) / stretch, (ys - middle[1]) * stretch) / radius
    noise = spectral_noise(_size(face.skin), radius, 2.5, rng)
    level = (1.0 - distance + 0.25 * noise) / rng.uniform(0.25, 0.45)
    # Noise far from the place would make islands.
    level -= 4.0 * np.maximum(distance - 1.6, 0.0)
    cover = 1.0 / (1.0 + np.exp(-np.clip(level, -30, 30)))
    return np.asarray(np.where(cover > 0.01, rng.uniform(0.3, 0.7) * cover, 0.0), np.float32)


def _shadowed(lab: Lab, face: FaceToPaint, rng: np.random.Generator) -> Lab:
    """Return darkness below the lower lids, bluish to brown, strongest near the nose."""
    cover = np.zeros(face.skin.shape, np.float32)
    for lid in LIDS:
        cover = np.maximum(cover, np.float32(rng.uniform(0.75, 1.0)) * _trough(face, lid, rng))
    mottle = spectral_noise(_size(cover), 0.02 * face.face_width, 2.0, rng)
    cover = cover * np.clip(1.0 + 0.1 * mottle, 0.5, 1.5) * face.skin
    tint = np.array([-rng.uniform(0.12, 0.36), rng.uniform(-1.0, 4.0), rng.uniform(-6.0, 3.0)])
    return _moved(lab, cover[..., None] * tint)


def _trough(face: FaceToPaint, lid: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Return how dark it is below one lid, 0..1, by how far along the lid and how far below."""
    points = face.landmarks[list(lid)]
    along = points[-1] - points[0]
    width = max(float(np.linalg.norm(along)), 1.0)
    along = along / width
    down = np.array([-along[1], along[0]])
    down *= np.sign(down @ (face.landmarks[CHIN] - face.landmarks[FOREHEAD])) or 1.0
    ys, xs = np.mgrid[: face.skin.shape[0], : face.skin.shape[1]].astype(np.float32)
    aside = ((xs - points[0][0]) * along[0] + (ys - points[0][1]) * along[1]) / width
    below = ((xs - points[0][0]) * down[0] + (ys - points[0][1]) * down[1]) / width
    known = (points - points[0]) @ np.stack([along, down], axis=1) / width
    depth = below - np.interp(aside, *known[np.argsort(known[:, 0])].T)
    end = rng.uniform(0.32, 0.55)
    rise = 1.0 / (1.0 + np.exp(-(depth - 0.08) / 0.02))
    fall = 1.0 / (1.0 + np.exp((depth - end) / 0.07))
    # From beside the inner corner to before the outer one.
    middle, reach = rng.uniform(0.36, 0.48), rng.uniform(0.55, 0.7)
    bell = np.maximum(np.cos(np.clip((aside - middle) / reach, -1.0, 1.0) * np.pi / 2), 0.0) ** 1.5
    cover = rise * fall * bell
    return np.asarray(np.where(cover > 0.01, cover, 0.0), np.float32)


def _size(values: FloatArray) -> tuple[int, int]:
    return values.shape[0], values.shape[1]


def _moved(lab: Lab, shift: Lab) -> Lab:
    """Return CIELAB (H, W, 3) moved by shifts of ln L*, a* and b*."""
    lightness = np.minimum(lab[..., :1] * np.exp(shift[..., :1]), 100.0)
    return np.concatenate([lightness, lab[..., 1:] + shift[..., 1:]], axis=2)


PAINTERS: dict[str, Callable[[Lab, FaceToPaint, np.random.Generator], Lab]] = {
    "evenness": _uneven,
    "shine": _shiny,
    "under_eyes": _shadowed,
}
