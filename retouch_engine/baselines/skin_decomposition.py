"""Skin decomposition into melanin and haemoglobin, and lesions flattened in both."""

from dataclasses import dataclass

import cv2
import numpy as np

from retouch_engine.synthesis import to_density, to_image

from .method import (
    SKIN_THRESHOLD,
    BoolArray,
    FloatArray,
    Image,
    checked,
    face_width_or_estimate,
)
from .pigments import Pigments, find_pigments
from .smoothing import blurred_skin, median_skin

# A channel outside of these values is cut off by the sensor and says nothing about absorption.
DARKEST, BRIGHTEST = 6, 252


@dataclass(frozen=True)
class SkinDecomposition:
    """Lesion suppression in pigment maps; lengths are fractions of the face's width.

    1. Optical density, its pigments by ICA with shade removed (`pigments`; Tsumura et al. 2003,
       "Image-based skin color and texture analysis/synthesis by extracting hemoglobin and melanin
       information in the skin"; Xu et al. 2008, "Automatic skin decomposition based on single
       image", Computer Vision and Image Understanding 110:1).
    2. Each pigment map p is split into a base layer b, the median over `base_radius`, and a spot
       layer p - b, smoothed by `detail`.
    3. A lesion is a connected region where either spot layer is above `threshold` robust standard
       deviations, and somewhere above `certain` of them; and no longer than a spot: its area is at
       most `longest` times that of its inner circle. Large patches are part of the base layer.
    4. There p becomes b: p' = p - w (p - b), w fading over `feather` at the lesion's edge.
    5. Recomposed, with the shade untouched: d' = d + melanin (m' - m) + haemoglobin (h' - h).

    What is no pigment stays: the shine on a pimple, the shadow beside it, a scar's relief. Moles
    and freckles are melanin spots like any other and go.
    """

    base_radius: float = 0.03
    detail: float = 0.003
    threshold: float = 3.0
    certain: float = 5.0
    longest: float = 3.0
    feather: float = 0.004
    name: str = "skin_decomposition"
    needs_truth: bool = False

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return the picture without lesions; bit-equal off the skin and where there is none."""
        checked(image, skin)
        width = face_width_or_estimate(skin, face_width)
        inside = skin > SKIN_THRESHOLD
        if not inside.any():
            return image.copy()
        density = to_density(image)
        pigments = self._pigments(image, density, inside, width)
        if pigments is None:
            return image.copy()
        spots = self._spots(pigments.amounts(density), inside, width)
        lesions = self._lesions(spots, inside, width)
        weight = _feathered(lesions, self.feather * width) * skin
        recomposed = to_image(density - pigments.density(spots * weight[..., None]))
        return np.where(weight[..., None] > 0, recomposed, image)

    def _pigments(
        self, image: Image, density: FloatArray, inside: BoolArray, width: float
    ) -> Pigments | None:
        weight = inside.astype(np.float32)
        fine = blurred_skin(density, weight, self.detail * width)
        variation = fine - blurred_skin(density, weight, self.base_radius * width)
        exposed = (image.min(axis=2) >= DARKEST) & (image.max(axis=2) <= BRIGHTEST)
        return find_pigments(variation[inside & exposed])

    def _spots(self, amounts: FloatArray, inside: BoolArray, width: float) -> FloatArray:
        """Return the spot layers (H, W, 2) of the pigment maps."""
        radius = self.base_radius * width
        weight = inside.astype(np.float32)
        base = blurred_skin(median_skin(amounts, inside, radius), weight, radius / 3)
        return amounts - base

    def _lesions(self, spots: FloatArray, inside: BoolArray, width: float) -> BoolArray:
        smooth = blurred_skin(spots, inside.astype(np.float32), self.detail * width)
        strongest = np.zeros(inside.shape, np.float32)
        for layer in np.moveaxis(smooth, 2, 0):
            middle = float(np.median(layer[inside]))
            spread = 1.4826 * float(np.median(np.abs(layer[inside] - middle)))
            if spread > 0:
                strongest = np.maximum(strongest, (layer - middle) / spread)
        return _regions(
            (strongest > self.threshold) & inside,
            (strongest > self.certain) & inside,
            self.longest,
        )


def _regions(possible: BoolArray, certain: BoolArray, longest: float) -> BoolArray:
    """Return the connected regions of `possible` that hold a certain pixel and are compact.

    Wrinkles, edges of shadows and the rim of lips have colours of their own too, but are long.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(possible.astype(np.uint8), None, 8)
    inner = np.zeros(count, np.float32)
    depth = cv2.distanceTransform(possible.astype(np.uint8), cv2.DIST_L2, 5)
    np.maximum.at(inner, labels[possible], depth[possible])
    kept = stats[:, cv2.CC_STAT_AREA] <= longest * np.pi * inner**2
    kept &= np.isin(np.arange(count), labels[certain])
    kept[0] = False
    return np.asarray(kept[labels], bool)


def _feathered(lesions: BoolArray, feather: float) -> FloatArray:
    """Return 1 on lesions, falling to 0 over about `feather` pixels around them."""
    distance = cv2.distanceTransform((~lesions).astype(np.uint8), cv2.DIST_L2, 5)
    weight = 1.0 - distance / (max(feather, 1.0) + 1.0)
    return np.asarray(np.clip(weight, 0.0, 1.0), np.float32)
