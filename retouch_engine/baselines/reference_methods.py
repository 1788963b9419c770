"""The two ends of the scale: nothing done, and holes filled where the truth says."""

from dataclasses import dataclass

import cv2
import numpy as np

from .method import SKIN_THRESHOLD, FloatArray, Image, checked, face_width_or_estimate
from .smoothing import blurred_skin

TRUTH_THRESHOLD = 0.5
LEAST_RADIUS = 2.0


@dataclass(frozen=True)
class Identity:
    """The untouched picture: the row beside which every figure stands."""

    name: str = "identity"
    needs_truth: bool = False

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return a copy of the picture."""
        checked(image, skin)
        return image.copy()


@dataclass(frozen=True)
class OracleInpainting:
    """Inpainting of exactly the pixels that were painted: only evaluation may use it.

    It knows where every spot lies, which no method for users does: the bound of "find the spots,
    then fill them from around". A method that keeps what shows through a spot can pass it. Filled
    along isophotes (Bertalmio, Bertozzi, Sapiro 2001, "Navier-Stokes, fluid dynamics, and image and
    video inpainting") over `radius` of the face's width, from skin alone: in place of hair, eyes
    and background stands the mean of the skin nearby (Gaussian, `border`).
    """

    radius: float = 0.008
    border: float = 0.02
    name: str = "oracle_inpainting"
    needs_truth: bool = True

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return the picture filled where truth > 0.5 and skin > 0; bit-equal everywhere else."""
        checked(image, skin)
        if truth is None:
            raise ValueError("oracle_inpainting needs the truth mask: use it in evaluation alone")
        if truth.shape != skin.shape:
            raise ValueError(f"the truth mask must have the size {skin.shape}, got {truth.shape}")
        width = face_width_or_estimate(skin, face_width)
        holes = (truth > TRUTH_THRESHOLD) & (skin > 0)
        if not holes.any():
            return image.copy()
        known = ((skin > SKIN_THRESHOLD) & ~holes).astype(np.float32)
        if not known.any():
            return image.copy()
        around = blurred_skin(image.astype(np.float32), known, self.border * width)
        skin_alone = np.where(known[..., None] > 0, image, np.rint(around).astype(np.uint8))
        radius = max(self.radius * width, LEAST_RADIUS)
        filled = cv2.inpaint(skin_alone, holes.astype(np.uint8), radius, cv2.INPAINT_NS)
        return np.where(holes[..., None], filled, image)
