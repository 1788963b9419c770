"""What a page needs to show any recipe at once: the small original and each face's layers, reduced.

One file: four bytes (little endian) say how long the JSON is that follows, and the rest are
pictures, whose places the JSON names as [offset, length] from its own end. All pictures are sRGB
and stored without loss. A page computes what `Retoucher.render` does, at this size:

1. `removed` = original + the edits of all marks that go; blemishes s: original + s (removed -
   original). A mark's edit lies in `atlas`, modulo 256: (original + edit) mod 256 is the pixel
   without that spot.
2. Per face, on its skin: (pixel + 1) exp(-skin x sum of strength x density) - 1, with density =
   (value - 128) / 256; both maps span the face's box and are read bilinearly.
3. Light, see `shown_tone`.
"""

import json
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import Analysis
from retouch_engine.composition import FaceLayers, Mark
from retouch_engine.imaging import ColourTransform, DecodedPhoto, encode_layer

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
LONGEST_SIDE = 2048
ATLAS_WIDTH = 1024
Place = tuple[slice, slice]


def page_layers(photo: DecodedPhoto, analysis: Analysis, longest_side: int = LONGEST_SIDE) -> bytes:
    """Return the file for a page; the original's long side has at most `longest_side` pixels."""
    height, width = photo.pixels.shape[:2]
    scale = min(longest_side / max(height, width), 1.0)
    size = (max(round(height * scale), 1), max(round(width * scale), 1))
    small = cv2.resize(photo.pixels, size[::-1], interpolation=cv2.INTER_AREA)
    original = ColourTransform(photo.icc_profile).to_srgb(np.asarray(small, np.uint8))
    blobs = _Blobs()
    header: dict[str, Any] = {"width": size[1], "height": size[0], "photo_width": width}
    header["original"] = blobs.add(original)
    patches = [patch for layer in analysis.layers for patch in _patches(photo, layer, original)]
    header["marks"], atlas = _packed(patches)
    header["atlas"] = blobs.add(atlas)
    header["faces"] = [
        _face(layer, (size[0] / height, size[1] / width), blobs) for layer in analysis.layers
    ]
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([struct.pack("<I", len(text)), text, *blobs.parts])


class _Blobs:
    """Pictures one after the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._length = 0

    def add(self, picture: Pixels) -> list[int]:
        """Append a picture; returns its place and length."""
        data = encode_layer(picture)
        self.parts.append(data)
        self._length += len(data)
        return [self._length - len(data), len(data)]


def _face(layer: FaceLayers, steps: tuple[float, float], blobs: _Blobs) -> dict[str, Any]:
    """Return a face's box in pixels of the page's picture, and where its maps are."""
    x0, y0, x1, y1 = layer.box
    face: dict[str, Any] = {
        "box": [x0 * steps[1], y0 * steps[0], x1 * steps[1], y1 * steps[0]],
        "skin": None,
        "concerns": {},
    }
    if layer.skin is not None:
        shown = (max(round((y1 - y0) * steps[0]), 1), max(round((x1 - x0) * steps[1]), 1))
        smaller = tuple(min(pair) for pair in zip(shown, layer.skin.shape, strict=True))
        skin = cv2.resize(layer.skin, smaller[::-1], interpolation=cv2.INTER_AREA)
        face["skin"] = blobs.add(np.asarray(skin, np.uint8))
        face["concerns"] = {name: blobs.add(values) for name, values in layer.concerns.items()}
    return face


Patch = tuple[Mark, int, int, Pixels]


def _patches(photo: DecodedPhoto, layer: FaceLayers, original: Pixels) -> list[Patch]:
    """Return each mark's place (x, y) on the page's picture and its edit there, modulo 256."""
    x0, y0 = layer.box[:2]
    colours = ColourTransform(photo.icc_profile)
    places = _places(layer)
    patches = []
    for mark in layer.marks:
        if mark.id not in places:
            continue
        inner = places[mark.id]
        native = (
            slice(inner[0].start + y0, inner[0].stop + y0),
            slice(inner[1].start + x0, inner[1].stop + x0),
        )
        before = np.ascontiguousarray(photo.pixels[native])
        after = before + layer.edit[inner] * (layer.labels[inner] == mark.id)[..., None]
        change = colours.to_srgb(after).astype(np.float32) - colours.to_srgb(before)
        rows, columns = (
            _covering(native[k], photo.pixels.shape[k], original.shape[k]) for k in (0, 1)
        )
        edit = np.einsum("ij,jkc,lk->ilc", rows[1], change, columns[1], optimize=True)
        shown = original[rows[0], columns[0]]
        target = np.clip(np.rint(shown + edit), 0, 255).astype(np.uint8)
        patches.append((mark, columns[0].start, rows[0].start, target - shown))
    return patches


def _places(layer: FaceLayers) -> dict[int, Place]:
    """Return the slices of the box that each mark's pixels lie in."""
    ys, xs = np.nonzero(layer.labels)
    if not len(ys):
        return {}
    owners = layer.labels[ys, xs].astype(np.intp)
    edges = np.zeros((4, int(owners.max()) + 1), np.intp)
    edges[:2] = max(layer.labels.shape)
    for row, (ufunc, values) in enumerate(
        ((np.minimum, ys), (np.minimum, xs), (np.maximum, ys), (np.maximum, xs))
    ):
        ufunc.at(edges[row], owners, values)
    return {
        int(mark): (
            slice(int(edges[0, mark]), int(edges[2, mark]) + 1),
            slice(int(edges[1, mark]), int(edges[3, mark]) + 1),
        )
        for mark in np.unique(owners)
    }


def _covering(native: slice, size: int, shown: int) -> tuple[slice, FloatArray]:
    """Return the pixels of the page's picture that a part of the photo lies under, and weights.

    weights: (pixels, part), the share of each pixel's area that each of the photo's covers.
    """
    step = size / shown
    first, last = int(native.start / step), min(int(np.ceil(native.stop / step)), shown)
    low = np.arange(first, last)[:, None] * step
    cells = np.arange(native.start, native.stop)[None, :]
    covered = np.minimum(low + step, cells + 1) - np.maximum(low, cells)
    return slice(first, last), np.clip(covered / step, 0, None).astype(np.float32)


def _packed(patches: list[Patch]) -> tuple[list[dict[str, int]], Pixels]:
    """Lay patches side by side on shelves; returns where each is, and the picture."""
    places, shelf, left, top = [], 0, 0, 0
    for mark, x, y, edit in sorted(patches, key=lambda patch: -patch[3].shape[0]):
        height, width = edit.shape[:2]
        if left and left + width > ATLAS_WIDTH:
            left, top, shelf = 0, top + shelf, 0
        shelf = max(shelf, height)
        places.append({"id": mark.id, "x": x, "y": y, "w": width, "h": height, "u": left, "v": top})
        left += width
    by_id = {mark.id: edit for mark, _, _, edit in patches}
    wide = max([ATLAS_WIDTH, *(place["w"] for place in places)])
    atlas = np.zeros((max(top + shelf, 1), wide, 3), np.uint8)
    for place in places:
        rows, columns = (
            slice(place[start], place[start] + place[length])
            for start, length in (("v", "h"), ("u", "w"))
        )
        atlas[rows, columns] = by_id[place["id"]]
    return places, atlas
