"""What every method of the comparison is: a picture and its skin in, a picture out."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

SKIN_THRESHOLD = 0.5
# Skin covers about this share of the square of a face's width.
SKIN_SHARE = 0.75


@runtime_checkable
class Method(Protocol):
    """A retouching method without state; equal input gives equal output."""

    @property
    def name(self) -> str:
        """Return the name in tables and on the command line."""

    @property
    def needs_truth(self) -> bool:
        """Return whether the method looks at the truth, so that only evaluation may use it."""

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return a new retouched picture of the same shape; where skin is 0 it is bit-equal.

        image: uint8 sRGB (H, W, 3); skin: float 0..1 (H, W), where skin may be retouched;
        face_width: pixels, estimated from the skin's area where absent; truth: float 0..1
        (H, W), above 0.5 on the pixels that are to go, read only by methods that need it. Raises
        ValueError where shapes or types do not fit, or where a needed truth is absent.
        """


def checked(image: Image, skin: FloatArray) -> None:
    """Raise ValueError unless image is uint8 (H, W, 3) and skin is a finite (H, W) in 0..1."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"the picture must be uint8 (height, width, 3), got {image.dtype} {image.shape}"
        )
    if skin.shape != image.shape[:2]:
        raise ValueError(
            f"the skin mask must have the picture's size {image.shape[:2]}, got {skin.shape}"
        )
    if skin.size and not (float(skin.min()) >= 0.0 and float(skin.max()) <= 1.0):
        raise ValueError("the skin mask must hold values from 0 to 1")


def face_width_or_estimate(skin: FloatArray, face_width: float | None) -> float:
    """Return `face_width`, else the width (px, at least 1) of a face with this much skin."""
    if face_width is not None:
        return max(float(face_width), 1.0)
    return max(float(np.sqrt(skin.sum(dtype=np.float64) / SKIN_SHARE)), 1.0)
