"""Bytes to pixels and back: safe decoding, orientation, colour profile, metadata, encoding."""

from .colour import ColourTransform
from .cores import usable_cores
from .decoding import DecodedPhoto, decode
from .encoding import METADATA, EncodedPhoto, decode_layer, encode, encode_layer, thumbnail
from .errors import ImageError, ImageLimits
from .header import ImageHeader, read_header
from .metadata import without_metadata
from .openraster import RasterLayer, openraster
from .thumbnails import GRID_PICTURES, grid_pictures, taken_at
from .tiff_layers import tiff_layers
from .tiling import TileLevel, tile_levels

__all__ = [
    "GRID_PICTURES",
    "METADATA",
    "ColourTransform",
    "DecodedPhoto",
    "EncodedPhoto",
    "ImageError",
    "ImageHeader",
    "ImageLimits",
    "RasterLayer",
    "TileLevel",
    "decode",
    "decode_layer",
    "encode",
    "encode_layer",
    "grid_pictures",
    "openraster",
    "read_header",
    "taken_at",
    "thumbnail",
    "tiff_layers",
    "tile_levels",
    "usable_cores",
    "without_metadata",
]
