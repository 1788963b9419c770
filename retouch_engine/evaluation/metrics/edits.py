"""Where a picture should change, and how well a result changed it; all on 0..255 values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fidelity import psnr, require_equal_sizes

Image = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
Box = tuple[int, int, int, int]

# Of optical density, and of a painted change: 0.004 is about one grey value of 255.
INSIDE_DENSITY = 0.04
OUTSIDE_DENSITY = 0.004
# Of |source - target| in grey values, where the edit is a person's and its density unknown.
INSIDE_DIFFERENCE = 4.0
OUTSIDE_DIFFERENCE = 0.004 * 255.0


@dataclass(frozen=True)
class EditRegions:
    """Three masks (H, W): `inside` the true edit; `outside` it within the face box; the `rest`.

    Pixels of the face box between inside and outside belong to none of them: there the edit fades.
    """

    inside: BoolArray
    outside: BoolArray
    rest: BoolArray


def painted_regions(density: NDArray[np.float32], face_box: Box | None = None) -> EditRegions:
    """Return the regions of a painted picture from its change of optical density (H, W), signed.

    Inside |density| > 0.04, outside < 0.004 within `face_box` (x0, y0, x1, y1, exclusive), the
    rest is what lies outside the box; without a box everything counts as face.
    """
    return _regions(np.abs(density), INSIDE_DENSITY, OUTSIDE_DENSITY, face_box)


def paired_regions(source: Image, target: Image, face_box: Box | None = None) -> EditRegions:
    """Return the regions of a real pair, uint8 (H, W, 3), from its largest channel difference.

    Inside |source - target| > 4/255, outside < 0.004 (at most one grey value) within `face_box`.
    Raises ValueError on sizes that differ.
    """
    require_equal_sizes(source, target)
    return _regions(change_map(source, target), INSIDE_DIFFERENCE, OUTSIDE_DIFFERENCE, face_box)


def _regions(
    amount: NDArray[np.float32], inside: float, outside: float, face_box: Box | None
) -> EditRegions:
    face = np.ones(amount.shape, bool)
    if face_box is not None:
        x0, y0, x1, y1 = (max(value, 0) for value in face_box)
        face[:] = False
        face[y0:y1, x0:x1] = True
    return EditRegions(amount > inside, (amount < outside) & face, ~face)


def change_map(source: Image, result: Image) -> NDArray[np.float32]:
    """Return how much each pixel changed, float32 (H, W) in 0..255: the largest channel."""
    difference = np.abs(result.astype(np.int16) - source.astype(np.int16))
    return np.asarray(difference.max(axis=2), np.float32)


def fixed_share(source: Image, result: Image, truth: Image, where: BoolArray) -> float:
    """Return the share of the squared error on the pixels of `where` (H, W) that is gone.

    1 all of it, 0 none, negative if made worse; NaN where there was no error to begin with.
    """
    before = _squared(source[where], truth[where])
    return 1.0 - _squared(result[where], truth[where]) / before if before > 0 else float("nan")


def mean_error(result: Image, truth: Image, where: BoolArray) -> float:
    """Return mean |result - truth| (0..255) on the pixels of `where` (H, W); NaN if there are none.

    With the source for `truth` it is the error outside the edit.
    """
    return _mean_absolute(result[where], truth[where]) if where.any() else float("nan")


def soft_iou(source: Image, result: Image, truth: Image) -> float:
    """Return the Soft-IoU (0..1) of the change made and the change wanted.

    Both are maps of |change| (`change_map`); Soft-IoU = sum min / sum max, the Jaccard index of
    fuzzy sets (Ruzicka). 1 for the truth itself, 0 for doing nothing; changes beside the edit and
    changes too strong lower it. The product form (Rahman and Wang 2016) gives a perfect map of grey
    values less than 1, and equals this one on binary maps. NaN if nothing was wanted or made.
    """
    require_equal_sizes(source, result, truth)
    made, wanted = change_map(source, result), change_map(source, truth)
    union = float(np.maximum(made, wanted).sum(dtype=np.float64))
    shared = float(np.minimum(made, wanted).sum(dtype=np.float64))
    return shared / union if union > 0 else float("nan")


@dataclass(frozen=True)
class EditScore:
    """How well one painted picture was cleaned.

    psnr, identity_psnr: dB; fixed_share: share of the squared error inside the edits that is gone
    (1 all, 0 none, negative if made worse); outside_error: mean |result - source| (0..255) where
    nothing was painted; inside_error: mean |result - truth| inside the edits.
    """

    psnr: float
    identity_psnr: float
    fixed_share: float
    inside_error: float
    outside_error: float


def edit_score(
    source: Image, result: Image, truth: Image, density: NDArray[np.float32]
) -> EditScore:
    """Score `result` (H, W, 3) for painted `source` and clean `truth`; density (H, W) says where.

    Inside is |density| > 0.04, outside < 0.004; a share or error of no pixels is 0. Raises
    ValueError on sizes that differ.
    """
    require_equal_sizes(source, result, truth)
    regions = painted_regions(density)
    share = fixed_share(source, result, truth, regions.inside)
    return EditScore(
        psnr=psnr(result, truth),
        identity_psnr=psnr(source, truth),
        fixed_share=0.0 if np.isnan(share) else share,
        inside_error=_mean_absolute(result[regions.inside], truth[regions.inside]),
        outside_error=_mean_absolute(result[regions.outside], source[regions.outside]),
    )


def _squared(first: Image, second: Image) -> float:
    return float(np.square(first.astype(np.float64) - second).sum())


def _mean_absolute(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(np.float64) - second).mean()) if first.size else 0.0
