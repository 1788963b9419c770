"""Decoding to upright pixels in the photo's own profile."""

import io
from dataclasses import dataclass, field

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageCms, JpegImagePlugin

from .errors import ImageError, ImageLimits
from .header import ImageHeader, open_image, orientation_of, read_header

Pixels = NDArray[np.uint8]
# What brings a picture of each EXIF orientation upright.
ROTATIONS = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    7: cv2.ROTATE_180,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
FLIPS = {2: 1, 4: 0}
TRANSPOSED = (5, 7)
STRIP_ROWS = 64


@dataclass(frozen=True)
class DecodedPhoto:
    """A decoded photo.

    pixels: uint8 (H, W, 3), upright, the decoder's own values in the photo's own profile; alpha:
    uint8 (H, W) or None; monochrome: red, green and blue are the same everywhere; one_channel: they
    are one channel in the file, replicated here; source: the file's bytes; notes: what had to be
    converted, for the report.
    """

    pixels: Pixels
    alpha: Pixels | None
    monochrome: bool
    header: ImageHeader
    icc_profile: bytes | None
    exif: bytes | None
    orientation: int
    source: bytes
    jpeg_tables: dict[int, list[int]] | None = None
    jpeg_sampling: int | None = None
    notes: tuple[str, ...] = field(default=())
    one_channel: bool = False


def decode(data: bytes, limits: ImageLimits | None = None) -> DecodedPhoto:
    """Decode a picture's bytes; raises ImageError, `truncated` where pixels are missing."""
    header = read_header(data, limits)
    image = open_image(io.BytesIO(data))
    orientation = orientation_of(image)
    exif, icc = image.info.get("exif"), image.info.get("icc_profile")
    tables, sampling = _jpeg_coding(image)
    depth_note = _depth_note(image)
    notes: list[str] = []
    values = _coded_jpeg(data, image)
    if values is None:
        _load(image)
        image, icc, notes = _to_rgb(image, icc)
        values = np.asarray(image)
    pixels, alpha, one_channel = _planes(_upright(values, orientation))
    return DecodedPhoto(
        pixels=pixels,
        alpha=alpha,
        monochrome=one_channel or _is_grey(pixels),
        header=header,
        icc_profile=icc or None,
        exif=exif if isinstance(exif, bytes) else None,
        orientation=orientation,
        source=data,
        jpeg_tables=tables,
        jpeg_sampling=sampling,
        notes=(*depth_note, *notes),
        one_channel=one_channel,
    )


def _coded_jpeg(data: bytes, image: Image.Image) -> Pixels | None:
    """Return a JPEG's values, (H, W) or (H, W, 3), straight from libjpeg-turbo.

    They are Pillow's own, without its copies of the whole picture: 2.5 times as fast, half the
    memory. None for what Pillow has to judge: other formats and colours, damaged files.
    """
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.mode not in ("RGB", "L"):
        return None
    try:
        # Where the two parsers see different sizes, the limits were not checked for this one.
        if simplejpeg.decode_jpeg_header(data)[:2] != (image.height, image.width):
            return None
        values: Pixels = simplejpeg.decode_jpeg(data, "GRAY" if image.mode == "L" else "RGB")
    except ValueError:
        return None
    return values[..., 0] if image.mode == "L" else values


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise ImageError(
            "truncated", "The file is damaged: part of the picture is missing."
        ) from error


def _jpeg_coding(image: Image.Image) -> tuple[dict[int, list[int]] | None, int | None]:
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or image.mode not in ("RGB", "L"):
        return None, None
    tables = {index: list(table) for index, table in image.quantization.items()}
    sampling = JpegImagePlugin.get_sampling(image)
    return tables, sampling if sampling >= 0 else None


def _depth_note(image: Image.Image) -> tuple[str, ...]:
    tiles = getattr(image, "tile", None)
    raw_mode = str(tiles[0].args) if tiles else ""
    if image.mode.startswith("I") or "16" in raw_mode:
        return ("16 bits per channel were reduced to 8",)
    return ()


def _to_rgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None, list[str]]:
    """Bring any mode to L, LA, RGB or RGBA, saying in a note what changed colours."""
    if image.mode in ("L", "RGB") and "transparency" in image.info:
        return image.convert({"L": "LA", "RGB": "RGBA"}[image.mode]), icc, []
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image, icc, []
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.float64)
        return Image.fromarray((values / 257).clip(0, 255).astype(np.uint8)), icc, []
    if image.mode == "CMYK":
        return _from_cmyk(image, icc), None, ["CMYK was converted to sRGB"]
    transparent = image.mode == "PA" or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB"), icc, []


def _from_cmyk(image: Image.Image, icc: bytes | None) -> Image.Image:
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError):
            pass
    return image.convert("RGB")


def _upright(values: Pixels, orientation: int) -> Pixels:
    if orientation in TRANSPOSED:
        values = np.asarray(cv2.transpose(values), np.uint8)
    if orientation in FLIPS:
        return np.asarray(cv2.flip(values, FLIPS[orientation]), np.uint8)
    if orientation in ROTATIONS:
        return np.asarray(cv2.rotate(values, ROTATIONS[orientation]), np.uint8)
    return values


def _is_grey(pixels: Pixels) -> bool:
    """Return whether all channels (H, W, 3) are the same; the first colour ends the search."""
    strips = (pixels[top : top + STRIP_ROWS] for top in range(0, len(pixels), STRIP_ROWS))
    return all(np.array_equal(s[..., 0], s[..., k]) for s in strips for k in (1, 2))


def _planes(values: Pixels) -> tuple[Pixels, Pixels | None, bool]:
    """Return colour (H, W, 3), alpha or None, and whether there was one channel of colour."""
    channels = 1 if values.ndim == 2 else values.shape[2]
    alpha = values[..., -1].copy() if channels in (2, 4) else None
    if channels < 3:
        grey = np.ascontiguousarray(values if channels == 1 else values[..., 0])
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8), alpha, True
    return np.ascontiguousarray(values[..., :3]), alpha, False
