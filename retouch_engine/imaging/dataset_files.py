"""Files of training data sets: TIFF and 16 bits per channel beside what can be uploaded."""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from .colour import ColourTransform
from .decoding import decode
from .errors import ImageError
from .header import OPENED, orientation_of

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
DATASET_FORMATS = [*OPENED, "TIFF"]
TOP_ROWS = 16
DEEP_TO_EIGHT = 257.0
MAX_PIXELS = 200_000_000
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_DEPTH = 24
_BITS_PER_SAMPLE = 258
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, struct.error, zlib.error)


def open_dataset_image(data: bytes) -> Image.Image:
    """Open a picture of a data set without decoding it; raises ImageError."""
    if not data:
        raise ImageError("empty_file", "the file is empty")
    try:
        image = Image.open(io.BytesIO(data), formats=DATASET_FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError, *_DAMAGED) as error:
        raise ImageError("not_an_image", "not a picture, or cut off or damaged") from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageError("too_many_pixels", f"more than {MAX_PIXELS // 1_000_000} megapixels")
    return image


def upright_size(data: bytes) -> tuple[int, int]:
    """Return a picture's (width, height) in pixels, upright, from its header; raises ImageError."""
    image = open_dataset_image(data)
    width, height = image.size
    # Pillow itself turns a TIFF, and would decode a whole PNG to look for an orientation.
    if image.format == "PNG":
        orientation = _png_orientation(data)
    else:
        orientation = 1 if image.format == "TIFF" else orientation_of(image)
    return (height, width) if orientation >= 5 else (width, height)


def _png_orientation(data: bytes) -> int:
    exif = Image.Exif()
    for kind, body in _png_chunks(data):
        if kind == b"eXIf":
            exif.load(b"Exif\0\0" + bytes(body))
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def check_dataset_image(data: bytes) -> Image.Image:
    """Find cut-off and damaged files and return the picture; raises ImageError `truncated`.

    A PNG is checked by the checksums of its chunks, which takes a thirtieth of decoding it, and
    comes undecoded; every other format comes decoded.
    """
    image = open_dataset_image(data)
    try:
        if image.format != "PNG":
            image.load()
            return image
        image.verify()
    except _DAMAGED as error:
        raise ImageError("truncated", "the file is cut off or damaged") from error
    return open_dataset_image(data)


def top_rows(image: Image.Image, data: bytes) -> NDArray[np.uint8]:
    """Return the first TOP_ROWS rows as stored, uint8 RGB (rows, W, 3), to find equal pictures.

    image: what check_dataset_image returned for `data`. Of a PNG that is not interlaced only these
    rows are decoded. Raises ImageError.
    """
    try:
        if isinstance(image, PngImagePlugin.PngImageFile) and not image.info.get("interlace"):
            image = Image.open(io.BytesIO(_png_top(data)), formats=["PNG"])
        rows = image.crop((0, 0, image.width, min(TOP_ROWS, image.height)))
        return np.asarray(rows.convert("RGB"), np.uint8)
    except _DAMAGED as error:
        raise ImageError("truncated", "the file is cut off or damaged") from error


def _png_top(data: bytes) -> bytes:
    """Return a PNG of the first rows alone; a row's filters refer only to rows above it."""
    chunks = list(_png_chunks(data))
    header = bytes(next(body for kind, body in chunks if kind == b"IHDR"))
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    rows = min(TOP_ROWS, height)
    needed = rows * (1 + (width * _PNG_CHANNELS[colour] * depth + 7) // 8)
    parts = [(b"IHDR", struct.pack(">II", width, rows) + header[8:])]
    parts += [(kind, bytes(body)) for kind, body in chunks if kind in (b"PLTE", b"tRNS")]
    packed = (body for kind, body in chunks if kind == b"IDAT")
    parts += [(b"IDAT", zlib.compress(_inflate(packed, needed), 0)), (b"IEND", b"")]
    return data[:8] + b"".join(_png_chunk(kind, body) for kind, body in parts)


def _inflate(packed: Iterable[memoryview], needed: int) -> bytes:
    """Return the first `needed` bytes of a zlib stream that comes in pieces."""
    stream, found = zlib.decompressobj(), b""
    for piece in packed:
        found += stream.decompress(piece, needed - len(found))
        if len(found) >= needed:
            break
    return found


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, place = memoryview(data), 8
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", view[place : place + 8])
        yield kind, view[place + 8 : place + 8 + length]
        place += 12 + length


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def read_dataset_image(path: Path) -> Pixels:
    """Return a training picture's pixels: RGB (H, W, 3), upright, values as stored.

    uint16 for files with 16 bits per channel (PPR10K's source TIFFs; LZW, deflated or plain),
    uint8 for all others. Grey is replicated, alpha is dropped, a colour profile is not applied.
    Raises ImageError.
    """
    data = path.read_bytes()
    return _stored_pixels(open_dataset_image(data), data)


def read_dataset_srgb(path: Path) -> NDArray[np.uint8]:
    """Return a data set's picture as upright sRGB, uint8 (H, W, 3), as training sees it.

    16 bits per channel are rounded to 8, then the colour profile is applied. Raises ImageError, or
    OSError where the file is gone.
    """
    data = path.read_bytes()
    image = open_dataset_image(data)
    if image.format != "TIFF" and not _has_16_bits(image, data):
        photo = decode(data)
        return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)
    pixels = _eight_bits(_stored_pixels(image, data))
    return ColourTransform(image.info.get("icc_profile")).to_srgb(pixels)


def _eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    return np.rint(pixels.astype(np.float32) / DEEP_TO_EIGHT).astype(np.uint8)


def _stored_pixels(image: Image.Image, data: bytes) -> Pixels:
    if _has_16_bits(image, data):
        return _decode_deep(data)
    try:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"), np.uint8)
    except _DAMAGED as error:
        raise ImageError("truncated", "the file is cut off or damaged") from error


def _has_16_bits(image: Image.Image, data: bytes) -> bool:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))) == 16
    return image.format == "PNG" and data[_PNG_DEPTH] == 16


def _decode_deep(data: bytes) -> Pixels:
    """Decode, upright, with OpenCV: Pillow reduces 16-bit colour to 8 bits."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.dtype != np.uint16:
        raise ImageError("truncated", "the file is cut off or damaged")
    return np.ascontiguousarray(pixels[..., ::-1])
