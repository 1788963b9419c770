"""Encoding back to a file: the source's JPEG coding, its profile, and the allowed metadata."""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from .decoding import STRIP_ROWS, DecodedPhoto
from .errors import ImageError
from .header import ORIENTATION
from .jpeg_coding import SAMPLINGS, coded_jpeg
from .jpeg_segments import with_exif, with_profile

Pixels = NDArray[np.uint8]
EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif"}
MAX_EXIF_BYTES = 60_000
GPS_IFD = ExifTags.IFD.GPSInfo
# XMP, IPTC and Photoshop's data, which may name the place and people too.
FOREIGN_TAGS = {0x02BC, 0x83BB, 0x8649}
# A maker's note, which may hold the owner's name and serial numbers, and what belongs to it.
PRIVATE_TAGS = {int(ExifTags.IFD.MakerNote), int(ExifTags.IFD.Interop)}
EXIF_ERRORS = (
    ValueError,
    OSError,
    SyntaxError,
    TypeError,
    KeyError,
    OverflowError,
    AttributeError,
    struct.error,
)
# What goes out of the source's metadata: all but the place, the place too, or nothing.
NO_GPS, KEEP_GPS, NONE = METADATA = ("no_gps", "keep_gps", "none")
# By what a file says that it holds XMP, which may name the place too.
XMP_MARKS = (b"XML:com.adobe.xmp", b"Raw profile type", b"XMP ", b"application/rdf+xml")
GREYS = bytes(value for grey in range(256) for value in (grey, grey, grey))


@dataclass(frozen=True)
class EncodedPhoto:
    """A file's bytes, its format, extension (with the dot) and content type."""

    data: bytes
    format: str
    extension: str
    content_type: str


def output_format(photo: DecodedPhoto, wanted: str = "original") -> str:
    """Return the format that will be written; HEIC originals become JPEG."""
    chosen = photo.header.format if wanted == "original" else wanted
    return "jpeg" if chosen == "heic" else chosen


def encode(
    photo: DecodedPhoto,
    pixels: Pixels,
    *,
    format: str = "original",  # noqa: A002
    quality: int | None = None,
    metadata: str = NO_GPS,
) -> EncodedPhoto:
    """Encode upright `pixels` (H, W, 3) as a sibling of `photo`: same profile, alpha, metadata.

    metadata: one of METADATA; XMP, IPTC and makers' notes never go out. A JPEG of a JPEG keeps its
    quantisation tables and sub-sampling unless `quality` is given. Where neither pixels nor format
    change, the coded data is copied. What is transparent is laid over white in a JPEG. Raises
    ImageError `not_encodable` where the format cannot hold the picture.
    """
    name = output_format(photo, format)
    exif = clean_exif(photo.exif, metadata)
    if _is_untouched(photo, pixels, name, quality):
        copied = _copied(photo, metadata)
        if copied is not None:
            return _encoded(copied, name)
    if name == "jpeg" and quality is None:
        coded = _coded_as_before(photo, pixels, exif)
        if coded is not None:
            return _encoded(coded, name)
    image = _image(photo, pixels, name)
    options: dict[str, Any] = {"icc_profile": photo.icc_profile, **_options(photo, name, quality)}
    if exif:
        options["exif"] = exif
    buffer = io.BytesIO()
    try:
        image.save(buffer, name.upper(), **options)
    except (ValueError, RuntimeError, OSError) as error:
        size = f"{image.width} x {image.height} pixels"
        reason = f"A {name.upper()} file cannot hold this picture of {size}: choose another format."
        raise ImageError("not_encodable", reason) from error
    return _encoded(buffer.getvalue(), name)


def _coded_as_before(photo: DecodedPhoto, pixels: Pixels, exif: bytes | None) -> bytes | None:
    """Return a colour JPEG with its own tables, where libjpeg-turbo has them; None elsewhere."""
    sampling = photo.jpeg_sampling
    if photo.jpeg_tables is None or photo.one_channel or sampling not in range(len(SAMPLINGS)):
        return None
    coded = coded_jpeg(pixels, photo.jpeg_tables, int(sampling or 0))
    return None if coded is None else with_exif(with_profile(coded, photo.icc_profile), exif)


def clean_exif(exif: bytes | None, metadata: str = NO_GPS, orientation: int = 1) -> bytes | None:
    """Return the EXIF that may go out, without thumbnail: it shows the face as it was."""
    if metadata == NONE or not exif or len(exif) > MAX_EXIF_BYTES:
        return _orientation_alone(orientation)
    tags = Image.Exif()
    own = {ORIENTATION, GPS_IFD, ExifTags.IFD.Exif, *FOREIGN_TAGS, *PRIVATE_TAGS}
    try:
        tags.load(exif)
        kept = Image.Exif()
        kept.update({tag: value for tag, value in tags.items() if tag not in own})
        camera = tags.get_ifd(ExifTags.IFD.Exif)
        kept.get_ifd(ExifTags.IFD.Exif).update(
            {tag: value for tag, value in camera.items() if tag not in PRIVATE_TAGS}
        )
        if metadata == KEEP_GPS:
            kept.get_ifd(GPS_IFD).update(tags.get_ifd(GPS_IFD))
        kept[ORIENTATION] = orientation
        return kept.tobytes()
    except EXIF_ERRORS:
        return _orientation_alone(orientation)


def _orientation_alone(orientation: int) -> bytes | None:
    """Return EXIF that says how the coded data is turned, None where it is upright."""
    if orientation == 1:
        return None
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags.tobytes()


def _is_untouched(photo: DecodedPhoto, pixels: Pixels, name: str, quality: int | None) -> bool:
    same_format = name == photo.header.format and quality is None
    return same_format and not photo.notes and _equal(pixels, photo.pixels)


def _equal(first: Pixels, second: Pixels) -> bool:
    """Compare pixels by strips: the first that differs ends it, and no whole mask is made."""
    if first.shape != second.shape:
        return False
    starts = range(0, len(first), STRIP_ROWS)
    return all(
        np.array_equal(first[y : y + STRIP_ROWS], second[y : y + STRIP_ROWS]) for y in starts
    )


def _copied(photo: DecodedPhoto, metadata: str) -> bytes | None:
    """Return the source's coded data with the allowed metadata; None where it must be encoded.

    A photo made of an array has no coded data.
    """
    if not photo.source:
        return None
    if photo.header.format == "jpeg":
        # The coded data is not upright where the tag turns it: the tag stays.
        exif = clean_exif(photo.exif, metadata, photo.orientation)
        return with_exif(photo.source, exif)
    return photo.source if _keeps_metadata(photo, metadata) else None


def _keeps_metadata(photo: DecodedPhoto, metadata: str) -> bool:
    """Return whether the source's own metadata may go out as it is."""
    if any(mark in photo.source for mark in XMP_MARKS):
        return False
    if not photo.exif:
        return True
    if metadata == NONE:
        return False
    tags = Image.Exif()
    try:
        tags.load(photo.exif)
        held = {*tags, *tags.get_ifd(ExifTags.IFD.Exif)}
        if held & (FOREIGN_TAGS | PRIVATE_TAGS):
            return False
        return metadata == KEEP_GPS or not tags.get_ifd(GPS_IFD)
    except EXIF_ERRORS:
        return False


def _image(photo: DecodedPhoto, pixels: Pixels, name: str) -> Image.Image:
    if photo.alpha is not None and name == "jpeg":
        pixels = _over_white(pixels, photo.alpha)
    values = pixels[..., 0] if photo.one_channel else pixels
    if name == "jpeg" and values.ndim == 3:
        # Pillow's own four bytes to a pixel: it reads them where they are.
        wide = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2RGBA), np.uint8)
        return Image.frombuffer("RGBX", values.shape[1::-1], wide, "raw", "RGBX", 0, 1)
    if photo.alpha is not None and name != "jpeg":
        values = np.dstack([values, photo.alpha])
    image = Image.fromarray(np.ascontiguousarray(values))
    return image.convert("RGBA") if image.mode == "LA" and name != "png" else image


def _over_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Return what shows of a picture (H, W, 3) over white, by strips; alpha: (H, W)."""
    shown = np.empty_like(pixels)
    for top in range(0, len(pixels), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        share = alpha[rows, :, None].astype(np.float32) / 255
        shown[rows] = np.rint(pixels[rows] * share + 255 * (1 - share))
    return shown


def _options(photo: DecodedPhoto, name: str, quality: int | None) -> dict[str, Any]:
    if name == "jpeg" and photo.jpeg_tables and quality is None:
        options: dict[str, Any] = {"qtables": photo.jpeg_tables}
        if photo.jpeg_sampling is not None and not photo.one_channel:
            options["subsampling"] = photo.jpeg_sampling
        return options
    if name == "jpeg":
        return {"quality": quality or 95, "subsampling": 0}
    if name == "png":
        return {"compress_level": 4}
    if name == "webp":
        return {"lossless": True} if quality is None else {"quality": quality}
    return {"quality": quality or 90, "subsampling": "4:4:4"}


def _encoded(data: bytes, name: str) -> EncodedPhoto:
    return EncodedPhoto(data, name, EXTENSIONS[name], f"image/{name}")


def thumbnail(pixels: Pixels, size: int) -> bytes:
    """Return a WebP of sRGB `pixels` (H, W, 3) whose long side is at most `size`, no metadata."""
    height, width = pixels.shape[:2]
    scale = min(size / max(height, width), 1.0)
    small = (max(round(width * scale), 1), max(round(height * scale), 1))
    reduced = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(reduced, np.uint8)).save(buffer, "WEBP", quality=85, method=2)
    return buffer.getvalue()


def encode_layer(array: NDArray[Any]) -> bytes:
    """Store an array without loss: uint8 (H, W, 3) as WebP, uint8 or uint16 (H, W) as PNG."""
    buffer = io.BytesIO()
    image = Image.fromarray(array)
    if array.ndim == 3:
        image.save(buffer, "WEBP", lossless=True, quality=20, method=0, exact=True)
        return buffer.getvalue()
    if array.dtype == np.uint8:
        # A palette of greys: no filters are tried, which takes half the time.
        image.putpalette(GREYS)
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def decode_layer(data: bytes) -> NDArray[Any]:
    """Return the array that `encode_layer` stored; raises OSError or ValueError."""
    if data[8:12] == b"WEBP":
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if pixels is None:
            raise ValueError("a stored layer is damaged")
        return np.asarray(pixels, np.uint8)
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        values = np.array(image)
    return values.astype(np.uint16) if values.dtype == np.int32 else values
