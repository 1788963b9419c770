"""Frequency separation, the photographers' method."""

from dataclasses import dataclass

import numpy as np

from .method import SKIN_THRESHOLD, FloatArray, Image, checked, face_width_or_estimate
from .smoothing import blurred_skin, median_skin


@dataclass(frozen=True)
class FrequencySeparation:
    """Colour evened in the low frequencies, texture kept in the high ones.

    low = Gaussian(image, `split`), high = image - low
    low' = Gaussian(median(low, `median_radius`), `smoothing`)
    result = image + strength x skin x (low' - low), which is low' + high where both are 1

    This is the layer stack of the trade (a blurred layer for colour and tone, the difference above
    it for texture, blended as "linear light"), with a median on the blurred layer instead of a
    brush. It knows nothing of spots: it evens all skin alike. Lengths are fractions of the face's
    width; the filters see skin alone.
    """

    split: float = 0.004
    median_radius: float = 0.02
    smoothing: float = 0.004
    strength: float = 1.0
    name: str = "frequency_separation"
    needs_truth: bool = False

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return the picture with evened skin colour; bit-equal where skin is 0."""
        checked(image, skin)
        width = face_width_or_estimate(skin, face_width)
        inside = skin > SKIN_THRESHOLD
        if not inside.any():
            return image.copy()
        values, weight = image.astype(np.float32), inside.astype(np.float32)
        low = blurred_skin(values, weight, self.split * width)
        median = median_skin(low, inside, self.median_radius * width)
        evened = blurred_skin(median, weight, self.smoothing * width)
        change = self.strength * skin[..., None] * (evened - low)
        return np.clip(np.rint(values + change), 0, 255).astype(np.uint8)
