"""Frequency separation, the photographers' method."""

from dataclasses import dataclass

import numpy as np

from .method import (
    SKIN_THRESHOLD,
    FloatArray,
    Image,
    checked,
    face_width_or_estimate,
)
from .smoothing import blurred_skin, median_skin


@dataclass(frozen=True)
class FrequencySeparation:
    """Colour evened in the low frequencies, texture kept in the high ones.

    low = Gaussian(image, `split`), high = image - low; low' = median(low, `median_radius`),
    smoothed; result = image + strength x skin x (low' - low), so that high is kept as it is. This
    is the layer stack of the trade (a blurred layer for colour and tone, the difference above it
    for texture, in "linear light"), with a median on the blurred layer instead of a hand's brush.
    Lengths are fractions of the face's width; filters see skin alone.
    """

    split: float = 0.006
    median_radius: float = 0.03
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
        values, weight = image.astype(np.float32), inside.astype(np.float32)
        low = blurred_skin(values, weight, self.split * width)
        radius = self.median_radius * width
        channels = [median_skin(np.ascontiguousarray(c), inside, radius) for c in np.moveaxis(low, 2, 0)]
        evened = blurred_skin(np.stack(channels, axis=2), weight, radius / 2)
        change = self.strength * (skin * inside)[..., None] * (evened - low)
        return np.clip(np.rint(values + change), 0, 255).astype(np.uint8)
