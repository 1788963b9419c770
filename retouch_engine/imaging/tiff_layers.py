"""Layers as the pages of a 16-bit TIFF, for programs that know no OpenRaster."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import tifffile

from .openraster import RasterLayer

PAGE_NAME, X_POSITION, Y_POSITION = 285, 286, 287
# Positions are told in inches: one pixel is one of so many parts.
DOTS = 72
# From one byte to two: 255 becomes 65535.
TO_16_BITS = 257
# A classic TIFF counts its bytes in 32 bits; what is not compressed is the most that it can be.
LARGEST_CLASSIC = 2**32 - 2**20


def tiff_layers(layers: Sequence[RasterLayer], icc_profile: bytes | None) -> bytes:
    """Return `layers`, the lowest first, as named pages of 16 bits per channel with opacity.

    Each page is as large as its layer and says where it lies; all are in `icc_profile`.
    """
    buffer = io.BytesIO()
    big = sum(2 * layer.rgba.size for layer in layers) > LARGEST_CLASSIC
    with tifffile.TiffWriter(buffer, bigtiff=big) as writer:
        for layer in layers:
            writer.write(
                layer.rgba.astype(np.uint16) * TO_16_BITS,
                photometric="rgb",
                extrasamples=["unassalpha"],
                compression="zlib",
                compressionargs={"level": 1},
                rowsperstrip=256,
                resolution=(DOTS, DOTS),
                resolutionunit="INCH",
                iccprofile=icc_profile,
                metadata=None,
                software=False,
                extratags=_tags(layer),
            )
    return buffer.getvalue()


def _tags(layer: RasterLayer) -> list[tuple[int, str, int, Any, bool]]:
    return [
        (PAGE_NAME, "s", 0, layer.name, True),
        (X_POSITION, "2I", 1, (layer.x, DOTS), True),
        (Y_POSITION, "2I", 1, (layer.y, DOTS), True),
    ]
