"""OpenRaster: a picture in layers that GIMP, Krita and MyPaint open."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
THUMBNAIL = 256
# Fast: the archive of a 24-megapixel photo takes seconds, and PNG gains little by more.
PNG_OPTIONS = (cv2.IMWRITE_PNG_COMPRESSION, 1)


@dataclass(frozen=True)
class RasterLayer:
    """A layer at `x`, `y` of the picture: uint8 (h, w, 4), red, green, blue, opacity."""

    name: str
    x: int
    y: int
    rgba: Pixels


def openraster(layers: Sequence[RasterLayer], merged: Pixels) -> bytes:
    """Return an OpenRaster file of `layers`, the lowest first, and what they merge to.

    merged: sRGB (H, W, 3). Format: OpenRaster baseline 0.0.3.
    """
    buffer = io.BytesIO()
    height, width = merged.shape[:2]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        # By the format, first and not compressed: programs know the file by its first bytes.
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", _stack(layers, width, height), zipfile.ZIP_DEFLATED)
        for number, layer in enumerate(layers):
            archive.writestr(_name(number), _png(layer.rgba))
        archive.writestr("mergedimage.png", _png(merged))
        scale = min(THUMBNAIL / max(width, height), 1.0)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = cv2.resize(merged, size, interpolation=cv2.INTER_AREA)
        archive.writestr("Thumbnails/thumbnail.png", _png(np.asarray(small, np.uint8)))
    return buffer.getvalue()


def _stack(layers: Sequence[RasterLayer], width: int, height: int) -> bytes:
    image = ElementTree.Element("image", version="0.0.3", w=str(width), h=str(height))
    stack = ElementTree.SubElement(image, "stack")
    # The first one is the uppermost.
    for number, layer in reversed(list(enumerate(layers))):
        ElementTree.SubElement(
            stack,
            "layer",
            {
                "name": layer.name,
                "src": _name(number),
                "x": str(layer.x),
                "y": str(layer.y),
                "opacity": "1.0",
                "visibility": "visible",
                "composite-op": "svg:src-over",
            },
        )
    return bytes(ElementTree.tostring(image, encoding="UTF-8", xml_declaration=True))


def _name(number: int) -> str:
    return f"data/layer{number}.png"


def _png(pixels: Pixels) -> bytes:
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    _, data = cv2.imencode(".png", cv2.cvtColor(pixels, order), PNG_OPTIONS)
    return bytes(data)
