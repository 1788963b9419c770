"""How pictures go in and come out while they are measured: lossless, or as JPEG files."""

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from retouch_engine.retoucher import DecodedPhoto, Result, as_photo, decode, srgb_pixels

from .measurement import Subject

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Protocol:
    """scale: how many times photos are enlarged before they are painted; jpeg: the quality 1..100
    with which sources are encoded before the retouch, 4:2:0 as phones do it, None for lossless."""

    scale: int = 1
    jpeg: int | None = None

    def given(self, pixels: Image) -> DecodedPhoto:
        """Return sRGB pixels (H, W, 3) as the photo that is retouched."""
        return as_photo(pixels) if self.jpeg is None else decode(self._file(pixels))

    def taken(self, result: Result) -> Image:
        """Return the sRGB pixels (H, W, 3) of a retouched file, a JPEG's after encoding."""
        return result.srgb if self.jpeg is None else srgb_pixels(decode(result.encoded.data))

    def coded(self, pixels: Image) -> Image:
        """Return pixels (H, W, 3) after the way that a photo's take: encoded before and after."""
        if self.jpeg is None:
            return pixels
        once = decode(self._file(pixels)).pixels
        return decode(self._file(once)).pixels

    def subject(self, subject: Subject) -> Subject:
        """Return what a result is judged by: source and truths that went the same way."""
        if self.jpeg is None:
            return subject
        spots = subject.spots
        return replace(
            subject,
            source=self.coded(subject.source),
            truth=self.coded(subject.truth),
            spots=spots and replace(spots, kept=self.coded(spots.kept)),
        )

    def _file(self, pixels: Image) -> bytes:
        buffer = io.BytesIO()
        picture = PillowImage.fromarray(pixels)
        picture.save(buffer, "JPEG", quality=self.jpeg, subsampling="4:2:0")
        return buffer.getvalue()
