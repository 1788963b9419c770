"""Metrics of one retouched picture against its clean truth; all on 0..255 values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INSIDE_DENSITY = 0.04
OUTSIDE_DENSITY = 0.004


def psnr(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB over all pixels; infinite for equal pictures."""
    error = float(((result.astype(np.float64) - truth) ** 2).mean())
    return float("inf") if error == 0 else 10.0 * float(np.log10(255.0**2 / error))


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
    source: NDArray[np.uint8],
    result: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    density: NDArray[np.float32],
) -> EditScore:
    """Score `result` (H, W, 3) for painted `source` and clean `truth`; density (H, W) says where.

    Inside is |density| > 0.04, outside < 0.004. Raises ValueError on sizes that differ.
    """
    if not source.shape == result.shape == truth.shape:
        raise ValueError(f"sizes differ: {source.shape}, {result.shape}, {truth.shape}")
    inside, outside = density > INSIDE_DENSITY, density < OUTSIDE_DENSITY
    before = _squared(source[inside], truth[inside])
    after = _squared(result[inside], truth[inside])
    return EditScore(
        psnr=psnr(result, truth),
        identity_psnr=psnr(source, truth),
        fixed_share=1.0 - after / before if before > 0 else 0.0,
        inside_error=_mean_absolute(result[inside], truth[inside]),
        outside_error=_mean_absolute(result[outside], source[outside]),
    )


def _squared(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(((first.astype(np.float64) - second) ** 2).sum())


def _mean_absolute(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(np.float64) - second).mean()) if first.size else 0.0
