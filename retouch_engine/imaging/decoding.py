"""Decoding to upright pixels in the photo's own profile."""

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, JpegImagePlugin

from .errors import ImageError, ImageLimits
from .header import ImageHeader, open_image, orientation_of, read_header

Pixels = NDArray[np.uint8]
# What each EXIF orientation asks for, as Pillow's exif_transpose does.
TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class DecodedPhoto:
    """A decoded photo.

    pixels: uint8 (H, W, 3), upright, the decoder's own values in the photo's own profile; alpha:
    uint8 (H, W) or None; monochrome: the file holds one channel, replicated here; source: the
    file's bytes; notes: what had to be converted, for the report.
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


def decode(data: bytes, limits: ImageLimits | None = None) -> DecodedPhoto:
    """Decode a picture's bytes; raises ImageError, `truncated` where pixels are missing."""
    header = read_header(data, limits)
    image = open_image(io.BytesIO(data))
    orientation = orientation_of(image)
    exif, icc = image.info.get("exif"), image.info.get("icc_profile")
    tables, sampling = _jpeg_coding(image)
    depth_note = _depth_note(image)
    _load(image)
    image, icc, notes = _to_rgb(image, icc)
    if orientation in TRANSPOSE:
        image = image.transpose(TRANSPOSE[orientation])
    pixels, alpha, monochrome = _arrays(image)
    return DecodedPhoto(
        pixels=pixels,
        alpha=alpha,
        monochrome=monochrome,
        header=header,
        icc_profile=icc or None,
        exif=exif if isinstance(exif, bytes) else None,
        orientation=orientation,
        source=data,
        jpeg_tables=tables,
        jpeg_sampling=sampling,
        notes=(*depth_note, *notes),
    )


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


def _arrays(image: Image.Image) -> tuple[Pixels, Pixels | None, bool]:
    values: NDArray[Any] = np.asarray(image)
    if image.mode == "L":
        return np.repeat(values[..., None], 3, axis=2), None, True
    if image.mode == "LA":
        return np.repeat(values[..., :1], 3, axis=2), values[..., 1].copy(), True
    if image.mode == "RGBA":
        return np.ascontiguousarray(values[..., :3]), values[..., 3].copy(), False
    return np.ascontiguousarray(values), None, False
