"""Reading a picture's header: what it is and how large, before any pixel is decoded."""

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pi_heif
from PIL import ExifTags, Image, UnidentifiedImageError

from .errors import ImageError, ImageLimits

# Pillow's own guard; our limits are checked first, from the header.
Image.MAX_IMAGE_PIXELS = 200_000_000
pi_heif.register_heif_opener()

FORMATS = {
    "JPEG": "jpeg",
    "MPO": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "AVIF": "avif",
    "HEIF": "heic",
}
# Pillow opens MPO, which phones write, through its JPEG plugin.
OPENED = [name for name in FORMATS if name != "MPO"]
# What decoders raise for files that are damaged at the start.
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error)
ORIENTATION = ExifTags.Base.Orientation
TEXT_STARTS = (b"<svg", b"<?xml", b"<!doc", b"<html", b"%pdf", b"{", b"<")
OTHER_PICTURES = (b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00", b"\xff\x0a")


@dataclass(frozen=True)
class ImageHeader:
    """Format (`jpeg`, `png`, `webp`, `avif`, `heic`) and upright size in pixels."""

    format: str
    width: int
    height: int


def read_header(source: bytes | Path | BinaryIO, limits: ImageLimits | None = None) -> ImageHeader:
    """Return the header of a picture; raises ImageError for everything that cannot be retouched."""
    limits = limits or ImageLimits()
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return _read(stream, limits)
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), limits)
    return _read(source, limits)


def _read(stream: BinaryIO, limits: ImageLimits) -> ImageHeader:
    stream.seek(0, io.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    if size == 0:
        raise ImageError("empty_file", "The file is empty.")
    if size > limits.max_bytes:
        megabytes = limits.max_bytes // (1024 * 1024)
        raise ImageError("too_large", f"The file is larger than {megabytes} MB.")
    image = open_image(stream)
    width, height = image.size
    if width * height > limits.max_pixels:
        raise ImageError(
            "too_many_pixels",
            f"{width} x {height} pixels are more than {limits.max_pixels // 1_000_000} megapixels.",
        )
    name = FORMATS[str(image.format)]
    if orientation_of(image) >= 5:
        width, height = height, width
    return ImageHeader(name, width, height)


def open_image(stream: BinaryIO) -> Image.Image:
    """Open, without decoding, a still picture of an allowed format; raises ImageError."""
    start = stream.read(64)
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(stream, formats=OPENED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError("too_many_pixels", "The picture has far too many pixels.") from error
    except (*UNREADABLE, UnidentifiedImageError) as error:
        raise _unreadable(start) from error
    if image.format == "PNG" and "exif" not in image.info:
        # Asked for EXIF that it has not met, Pillow would decode the whole picture to look on.
        image.info["exif"] = _late_png_exif(stream)
    frames = int(getattr(image, "n_frames", 1))
    if frames > 1 and image.format in ("PNG", "WEBP", "AVIF"):
        raise ImageError("animated", "The picture is animated; send a still picture.")
    return image


def _late_png_exif(stream: BinaryIO) -> bytes:
    """Return the EXIF block that a PNG may carry after its pixels, empty where there is none."""
    place, position = 8, stream.tell()
    exif = b""
    while True:
        stream.seek(place)
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            break
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"eXIf":
            exif = b"Exif\0\0" + stream.read(length)
            break
        place += 12 + length
    stream.seek(position)
    return exif


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation 1..8; 1 where there is none or the decoder applied it."""
    if image.format == "HEIF":
        return 1
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except (*UNREADABLE, TypeError):
        return 1
    return int(value) if isinstance(value, int) and 1 <= value <= 8 else 1


def _unreadable(start: bytes) -> ImageError:
    if start.startswith(OTHER_PICTURES) or start.lstrip().lower().startswith(TEXT_STARTS):
        return ImageError(
            "unsupported_format",
            "This kind of file is not supported: use JPEG, PNG, WebP, AVIF or HEIC.",
        )
    return ImageError("not_an_image", "The file is not a picture, or it is damaged at the start.")
