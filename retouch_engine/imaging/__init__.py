"""Bytes to pixels and back: safe decoding, orientation, colour profile, metadata, encoding."""

from .colour import ColourTransform
from .cores import usable_cores
from .decoding import DecodedPhoto, decode
from .encoding import EncodedPhoto, decode_layer, encode, encode_layer, thumbnail
from .errors import ImageError, ImageLimits
from .header import ImageHeader, read_header
from .metadata import without_metadata
from .thumbnails import GRID_PICTURES, grid_pictures, taken_at

__all__ = [
    "GRID_PICTURES",
    "ColourTransform",
    "DecodedPhoto",
    "EncodedPhoto",
    "ImageError",
    "ImageHeader",
    "ImageLimits",
    "decode",
    "decode_layer",
    "encode",
    "encode_layer",
    "grid_pictures",
    "read_header",
    "taken_at",
    "thumbnail",
    "usable_cores",
    "without_metadata",
]
