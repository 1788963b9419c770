"""The two ends of the scale: nothing done, and holes filled where the truth says."""

from dataclasses import dataclass

import cv2
import numpy as np

from .method import FloatArray, Image, checked, face_width_or_estimate


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

    It knows where every spot lies, which no method for users does, and so bounds what finding
    spots and filling them from around can reach. Filled by fast marching (Telea 2004, "An image
    inpainting technique based on the fast marching method") over `radius` of the face's width.
    """

    radius: float = 0.008
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
        """Return the picture filled where truth > 0 and skin > 0; bit-equal everywhere else."""
        checked(image, skin)
        if truth is None:
            raise ValueError("oracle_inpainting needs the truth mask: use it in evaluation alone")
        if truth.shape != skin.shape:
            raise ValueError(f"the truth mask must have the size {skin.shape}, got {truth.shape}")
        holes = (truth > 0) & (skin > 0)
        if not holes.any() or holes.all():
            return image.copy()
        radius = max(self.radius * face_width_or_estimate(skin, face_width), 2.0)
        filled = cv2.inpaint(image, holes.astype(np.uint8), radius, cv2.INPAINT_TELEA)
        return np.where(holes[..., None], filled, image)
