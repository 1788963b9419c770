"""From a photo's own colour profile to sRGB and back, through LittleCMS."""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from .cores import usable_cores

Pixels = NDArray[np.uint8]
STRIP_ROWS = 128


class ColourTransform:
    """Converts uint8 RGB between a photo's profile and sRGB; identity without a usable profile.

    Relative colorimetric, no black-point compensation. A profile that cannot be read, or is not of
    RGB, counts as sRGB; `note` says so.
    """

    def __init__(self, icc_profile: bytes | None) -> None:
        self.note: str | None = None
        self._forward: ImageCms.ImageCmsTransform | None = None
        self._backward: ImageCms.ImageCmsTransform | None = None
        if icc_profile:
            try:
                self._forward, self._backward = _transforms(icc_profile)
            except (ImageCms.PyCMSError, OSError, ValueError):
                self.note = "the colour profile could not be read: treated as sRGB"

    @property
    def is_identity(self) -> bool:
        """Return whether pixels pass unchanged."""
        return self._forward is None

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """Convert (H, W, 3) from the photo's profile to sRGB."""
        return pixels if self._forward is None else _apply(pixels, self._forward)

    def from_srgb(self, pixels: Pixels) -> Pixels:
        """Convert (H, W, 3) from sRGB to the photo's profile."""
        return pixels if self._backward is None else _apply(pixels, self._backward)


@lru_cache(maxsize=16)
def _transforms(
    icc_profile: bytes,
) -> tuple[ImageCms.ImageCmsTransform | None, ImageCms.ImageCmsTransform | None]:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    if profile.profile.xcolor_space.strip() != "RGB":
        # A grey profile: its pixels are replicated, which no RGB transform fits.
        return None, None
    if "srgb" in (profile.profile.profile_description or "").lower():
        return None, None
    srgb = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return (
        ImageCms.buildTransform(profile, srgb, "RGB", "RGB", renderingIntent=intent),
        ImageCms.buildTransform(srgb, profile, "RGB", "RGB", renderingIntent=intent),
    )


def _apply(pixels: Pixels, transform: ImageCms.ImageCmsTransform) -> Pixels:
    """Convert by strips on all cores: LittleCMS works without the interpreter's lock."""
    converted = np.empty(pixels.shape, np.uint8)

    def convert(y: int) -> None:
        image = Image.fromarray(np.ascontiguousarray(pixels[y : y + STRIP_ROWS]))
        ImageCms.applyTransform(image, transform, inPlace=True)
        converted[y : y + STRIP_ROWS] = np.asarray(image)

    if len(pixels) <= STRIP_ROWS:
        convert(0)
        return converted
    with ThreadPoolExecutor(usable_cores()) as threads:
        list(threads.map(convert, range(0, len(pixels), STRIP_ROWS)))
    return converted
