"""What must stay on skin: its texture and its tone."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .colour import delta_e_2000, ita, srgb_to_lab
from .fidelity import require_equal_sizes

Image = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

# Pores and fine lines are finer than 1/64 of the face's width.
DETAILS_PER_FACE = 64


def texture_kept(
    reference: Image, result: Image, where: BoolArray, face_width: float | None = None
) -> float:
    """Return how much fine detail of `reference` stays in `result` on the pixels of `where`.

    The ratio of the root mean square of high-frequency luma, (R + 2 G + B) / 4 less its mean over a
    square of 1/64 of `face_width` (pixels, at least 3 x 3, which is the guard's measure and what
    None means). 1 all, under 1 smoothed, over 1 noise or sharpening was added; NaN if there is no
    skin or no detail. Shapes (H, W, 3) and (H, W); raises ValueError on sizes that differ.
    """
    require_equal_sizes(reference, result)
    side = 3 if face_width is None else _odd(face_width / DETAILS_PER_FACE)
    before, after = (_detail_energy(image, where, side) for image in (reference, result))
    return float(np.sqrt(after / before)) if before > 0 else float("nan")


def _odd(size: float) -> int:
    return max(2 * round((size - 1) / 2) + 1, 3)


def _detail_energy(image: Image, where: BoolArray, side: int) -> float:
    if not where.any():
        return 0.0
    values = image.astype(np.float64)
    luma = (values[..., 0] + 2 * values[..., 1] + values[..., 2]) / 4
    return float(np.square((luma - box_mean(luma, side))[where]).mean())


def box_mean(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return the mean over a square of odd `side` around each pixel (H, W), edges repeated."""
    mean = cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(mean, np.float64)


@dataclass(frozen=True)
class ToneShift:
    """How the mean colour of skin moved from reference to result.

    delta_e: CIEDE2000; lightness: L* of the result less that of the reference, so positive is
    lightened; ita: degrees, the same way; reference_ita: of the reference, which names its band.
    """

    delta_e: float
    lightness: float
    ita: float
    reference_ita: float


def tone_shift(reference: Image, result: Image, where: BoolArray) -> ToneShift:
    """Return how the mean CIELAB colour of the pixels of `where` (H, W) moved; NaN without pixels.

    With the clean truth as reference a perfect result scores 0 and the identity row shows what the
    blemishes themselves are worth. Raises ValueError on sizes that differ.
    """
    require_equal_sizes(reference, result)
    if not where.any():
        return ToneShift(*[float("nan")] * 4)
    before, after = (srgb_to_lab(image[where]).mean(axis=0) for image in (reference, result))
    angle = float(ita(before))
    return ToneShift(
        delta_e=float(delta_e_2000(before, after)),
        lightness=float(after[0] - before[0]),
        ita=float(ita(after)) - angle,
        reference_ita=angle,
    )
