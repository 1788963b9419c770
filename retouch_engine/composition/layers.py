"""What is stored of a face: its edit, its marks, its smooth changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .tiles import occupied_tiles

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
REMOVE, KEEP = "remove", "keep"
PROTECTED_KINDS = ("mole", "freckle")


@dataclass(frozen=True)
class Mark:
    """One spot that could go: place and radius in photo pixels, kind, confidence 0..1."""

    id: int
    face: int
    x: float
    y: float
    radius: float
    kind: str
    confidence: float

    def default_decision(self, keep_marks: bool = True) -> str:
        """Return what happens to it when no person decided: moles and freckles are kept."""
        return KEEP if keep_marks and self.kind in PROTECTED_KINDS else REMOVE


@dataclass(frozen=True)
class FaceLayers:
    """The stored edit of one face.

    box: x0, y0, x1, y1 in the photo; edit: uint8 (h, w, 3), (retouched - photo) modulo 256 with
    every spot removed, zero outside marks; labels: uint16 (h, w), mark id per pixel; marks. skin:
    uint8 (h', w'), the mask at the working scale; concerns: smooth changes by name, each uint8
    (h'', w'', 3), see `stored_density`. Skin and concerns span the box. landmarks: float32 (n, 2)
    in photo pixels, of analyses that have them.
    """

    box: tuple[int, int, int, int]
    edit: Pixels
    labels: NDArray[np.uint16]
    marks: tuple[Mark, ...]
    skin: Pixels | None = None
    concerns: Mapping[str, Pixels] = field(default_factory=dict)
    landmarks: FloatArray | None = None

    @cached_property
    def tiles(self) -> list[int]:
        """Return the numbers of the box's tiles that hold a mark, see `tile_place`."""
        return occupied_tiles(self.labels)


def signed_edit(photo: Pixels, retouched: Pixels) -> Pixels:
    """Return (retouched - photo) modulo 256, which is exact; both uint8 (h, w, 3)."""
    # Differences of uint8 are modulo 256.
    return retouched - photo
