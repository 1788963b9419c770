"""Filters that see skin alone, so that hair, eyes and background do not bleed into it."""

import cv2
import numpy as np

from .method import BoolArray, FloatArray

LEAST_WEIGHT = 1e-3


def blurred_skin(values: FloatArray, weight: FloatArray, sigma: float) -> FloatArray:
    """Return the Gaussian mean of `values` (H, W[, C]) over pixels of `weight` (H, W) > 0.

    Normalised convolution (Knutsson and Westin 1993): blur(weight values) / blur(weight), with
    `sigma` in pixels. Where no skin is near, the mean over all skin stands; without any skin, 0.
    """
    weight = weight.astype(np.float32)
    shaped = weight if values.ndim == 2 else weight[..., None]
    total = float(weight.sum(dtype=np.float64))
    mean = (values * shaped).sum(axis=(0, 1), dtype=np.float64) / max(total, 1.0)
    # Blurring differences from the mean keeps a picture of one colour exactly as it is.
    difference = (values - mean.astype(np.float32)) * shaped
    near = _blurred(weight, sigma)
    near = near if values.ndim == 2 else near[..., None]
    share = _blurred(difference, sigma) / np.maximum(near, LEAST_WEIGHT)
    return np.asarray(share + mean.astype(np.float32), np.float32)


def median_skin(values: FloatArray, skin: BoolArray, radius: float) -> FloatArray:
    """Return each channel's median of `values` (H, W, C) in squares of about 2 radius + 1 pixels.

    Outside of `skin` (H, W) the mean of the skin nearby stands in. Values are quantised to 255
    steps of their own range, which the caller's smoothing evens out again.
    """
    if not skin.any():
        return values.copy()
    near = blurred_skin(values, skin.astype(np.float32), radius)
    filled = np.where(skin[..., None], values, near)
    size = 2 * max(round(radius), 1) + 1
    return np.stack([_median(channel, size) for channel in np.moveaxis(filled, 2, 0)], axis=2)


def _median(channel: FloatArray, size: int) -> FloatArray:
    low, high = float(channel.min()), float(channel.max())
    if high <= low:
        return channel
    steps = np.rint((channel - low) * (255.0 / (high - low))).astype(np.uint8)
    median = cv2.medianBlur(steps, size)
    return np.asarray(median.astype(np.float32) * ((high - low) / 255.0) + low, np.float32)


def _blurred(values: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(sigma, 0.3)), np.float32)
