"""What the validation painter painted, spot by spot, so that each sort can be counted by itself."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retouch_engine.synthesis import Painted

from .validation_spots import FRECKLE, MOLE, SPOTS

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
Place = tuple[slice, slice]

SORTS = tuple(SPOTS)
PROTECTED = (MOLE, FRECKLE)
PROTECTED_SORTS = ("mole", "freckle")
# A mole that nobody could take for anything else.
PROMINENT_PEAK, PROMINENT_WIDTH = 0.6, 0.01
ROUND_ASPECT, SHARP_EDGE = 1.6, 1.1


@dataclass(frozen=True)
class PaintedSpot:
    """One spot: a sort of `SORTS`, its kind (index into KINDS), and where it lies in the picture.

    density: float32 (h, w), by how much it alone changes the clean picture's optical density, the
    largest channel, 0 where there is no skin.
    """

    sort: str
    kind: int
    place: Place
    density: FloatArray

    @property
    def peak(self) -> float:
        """Return the largest change of optical density."""
        return float(self.density.max(initial=0.0))

    @property
    def core(self) -> BoolArray:
        """Return the pixels (h, w) of at least half the peak."""
        return (self.density >= 0.5 * self.peak) & (self.density > 0)

    @property
    def width(self) -> float:
        """Return the diameter in pixels of a disc of the core's area."""
        return 2.0 * float(np.sqrt(self.core.sum() / np.pi))

    def moved(self, down: int, right: int) -> "PaintedSpot":
        """Return the spot as it lies in a larger picture."""
        rows, columns = self.place
        place = (
            slice(rows.start + down, rows.stop + down),
            slice(columns.start + right, columns.stop + right),
        )
        return replace(self, place=place)

    def is_prominent(self, face_width: float) -> bool:
        """Return whether it is a mole that must be kept: dark, not tiny, round and sharp.

        Peak density at least 0.6, at least 1 % of the face's width (px) wide, the core's axes
        within a factor of 1.6, and from a quarter to three quarters of the peak at most 1.1 times
        the core's area (a disc whose edge takes half its radius has 1.0).
        """
        wide = self.width >= PROMINENT_WIDTH * face_width
        if self.kind != MOLE or self.peak < PROMINENT_PEAK or not wide:
            return False
        edge = (self.density > 0.25 * self.peak) & (self.density < 0.75 * self.peak)
        is_sharp = edge.sum() <= SHARP_EDGE * self.core.sum()
        return bool(is_sharp) and _aspect(self.core) <= ROUND_ASPECT


def _aspect(core: BoolArray) -> float:
    """Return the ratio of a shape's axes, at least 1, from its second moments."""
    ys, xs = np.nonzero(core)
    # A pixel is a square of variance 1/12 itself: without it a single row has no width.
    covariance = np.cov(np.stack([ys, xs]), ddof=0) + np.eye(2) / 12.0
    low, high = np.linalg.eigvalsh(covariance)
    return float(np.sqrt(high / low))


@dataclass(frozen=True)
class SpotTruth:
    """kept: uint8 (H, W, 3), the picture with its moles and freckles alone painted, which is what
    the default recipe should give; sorts: uint8 (H, W), one more than the place in `SORTS` of the
    spot that changes a pixel most, 0 where none does; spots: all of them."""

    kept: Image
    sorts: NDArray[np.uint8]
    spots: tuple[PaintedSpot, ...]

    @classmethod
    def nothing(cls, clean: Image) -> "SpotTruth":
        """Return that nothing was painted."""
        return cls(clean.copy(), np.zeros(clean.shape[:2], np.uint8), ())

    def with_face(self, painted: "PaintedSpots", place: Place) -> "SpotTruth":
        """Return this with a face region added, painted where no other face is."""
        touched = painted.density > 0
        self.kept[place][touched] = painted.truth.kept[touched]
        self.sorts[place][touched] = painted.truth.sorts[touched]
        moved = [s.moved(place[0].start, place[1].start) for s in painted.truth.spots]
        return replace(self, spots=(*self.spots, *moved))


@dataclass(frozen=True)
class PaintedSpots(Painted):
    """A painted picture that also knows its spots."""

    truth: SpotTruth
