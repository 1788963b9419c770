"""Small pictures for grids, and when a photo was taken."""

import io
import re
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from .header import UNREADABLE

Pixels = NDArray[np.uint8]

# Short sides in pixels: a grid's square cell on an ordinary and on a dense screen.
GRID_SIZES = (512, 256)
# AVIF needs about half of what WebP needs to look as good; old browsers take WebP.
GRID_FORMATS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 55, "speed": 8, "max_threads": 1},
    "webp": {"quality": 78, "method": 2},
}
GRID_PICTURES = tuple(f"{size}.{kind}" for size in GRID_SIZES for kind in GRID_FORMATS)
# A panorama's long side is at most so many short sides.
LONGEST = 2.5
TAKEN_TAGS = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
)


def grid_pictures(pixels: Pixels) -> dict[str, bytes]:
    """Return small files of sRGB `pixels` (H, W, 3), by name such as `256.avif`; no metadata."""
    files = {}
    for size in GRID_SIZES:
        pixels = _covering(pixels, size)
        picture = Image.fromarray(pixels)
        for kind, options in GRID_FORMATS.items():
            buffer = io.BytesIO()
            picture.save(buffer, kind.upper(), **options)
            files[f"{size}.{kind}"] = buffer.getvalue()
    return files


def _covering(pixels: Pixels, size: int) -> Pixels:
    """Reduce until the short side is `size`, never enlarging."""
    height, width = pixels.shape[:2]
    short, long = min(height, width), max(height, width)
    scale = min(size / short, size * LONGEST / long, 1.0)
    small = (max(round(width * scale), 1), max(round(height * scale), 1))
    return np.asarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA), np.uint8)


def taken_at(exif: bytes | None) -> datetime | None:
    """Return when EXIF says that a photo was taken; a time without a zone is read as UTC."""
    try:
        tags = Image.Exif()
        tags.load(exif or b"")
        details = tags.get_ifd(ExifTags.IFD.Exif)
    except (*UNREADABLE, TypeError, KeyError):
        return None
    for time_tag, zone_tag in TAKEN_TAGS:
        found = _time(details.get(time_tag), details.get(zone_tag))
        if found is not None:
            return found
    return None


def _time(text: object, zone: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    offset = zone.strip("\0 ") if isinstance(zone, str) else ""
    offset = offset if re.fullmatch(r"[+-]\d\d:\d\d", offset) else "+00:00"
    try:
        parsed = datetime.strptime(f"{text.strip(chr(0) + ' ')}{offset}", "%Y:%m:%d %H:%M:%S%z")
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
