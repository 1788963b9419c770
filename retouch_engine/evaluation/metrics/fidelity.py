"""Full-reference fidelity of a picture: PSNR and SSIM."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Wang et al. 2004: an 11 x 11 Gaussian window of sigma 1.5; K1 0.01 and K2 0.03 at range 255.
RADIUS, SIGMA = 5, 1.5
C1, C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
SSIM_NOTE = "SSIM: Wang et al. 2004, 11 x 11 Gaussian, mean of the RGB channels, no resampling"


def mean_squared_error(result: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the mean squared difference over all pixels and channels; 0..255 in, 0..65025 out.

    Raises ValueError on sizes that differ.
    """
    require_equal_sizes(result, truth)
    return float(np.square(np.asarray(result, np.float64) - truth).mean())


def psnr(result: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the peak signal-to-noise ratio in dB over all pixels of pictures in 0..255.

    Infinite for equal pictures. Raises ValueError on sizes that differ.
    """
    error = mean_squared_error(result, truth)
    return float("inf") if error == 0 else 10.0 * float(np.log10(255.0**2 / error))


def ssim(result: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the mean structural similarity (-1..1) of pictures (H, W[, C]) in 0..255.

    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity",
    equation 13, where the whole window lies inside the picture; the mean over the channels. Raises
    ValueError on sizes that differ or under 11 pixels.
    """
    require_equal_sizes(result, truth)
    if min(truth.shape[:2]) < 2 * RADIUS + 1:
        raise ValueError(f"SSIM needs pictures of at least 11 x 11 pixels, not {truth.shape[:2]}")
    first = np.asarray(result, np.float64).reshape(*result.shape[:2], -1)
    second = np.asarray(truth, np.float64).reshape(*truth.shape[:2], -1)
    channels = range(first.shape[2])
    return float(np.mean([_channel_ssim(first[..., c], second[..., c]) for c in channels]))


def require_equal_sizes(*arrays: NDArray[Any]) -> None:
    """Raise ValueError unless all arrays have one shape."""
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(f"sizes differ: {', '.join(str(array.shape) for array in arrays)}")


def _channel_ssim(x: Array, y: Array) -> float:
    mean_x, mean_y = _smooth(x), _smooth(y)
    squares, product = mean_x**2 + mean_y**2, mean_x * mean_y
    variances = _smooth(x * x + y * y) - squares
    covariance = _smooth(x * y) - product
    numerator = (2 * product + C1) * (2 * covariance + C2)
    return float((numerator / ((squares + C1) * (variances + C2))).mean())


def _smooth(values: Array) -> Array:
    """Return the Gaussian mean wherever its window fits: (H, W) becomes (H - 10, W - 10)."""
    taps = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    taps /= taps.sum()
    smooth = cv2.sepFilter2D(values, cv2.CV_64F, taps, taps)
    return np.asarray(smooth[RADIUS:-RADIUS, RADIUS:-RADIUS], np.float64)
