"""Smooth changes of a face: small maps of optical density, applied at any strength.

Evenness, shine and dark skin under the eyes have no fine detail, so their layers are kept eight
times smaller than the working crop and are enlarged when they are applied. The photo's own texture
passes, as light passes a filter: result = (photo + 1) exp(-strength x density) - 1.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

# A stored map holds density in such steps around `ZERO`.
STEPS, ZERO = 256.0, 128
# Rows that are computed at once: a face may fill a photo of 100 megapixels.
STRIP = 256


def stored_density(density: FloatArray) -> Pixels:
    """Return a density (h, w, 3) as uint8, in steps of 1/256 around 128; limits to -0.5 .. 0.49."""
    return np.clip(np.rint(density * STEPS) + ZERO, 0, 255).astype(np.uint8)


def total_density(concerns: Mapping[str, Pixels], strengths: Mapping[str, float]) -> FloatArray:
    """Return the sum (h, w, 3) of stored maps, each times its strength 0..1 (0 where none is)."""
    parts = [
        (concerns[name].astype(np.float32) - ZERO) * np.float32(strengths.get(name, 0.0) / STEPS)
        for name in concerns
    ]
    return np.asarray(sum(parts), np.float32)


def with_density(pixels: Pixels, density: FloatArray, skin: Pixels) -> Pixels:
    """Return sRGB `pixels` (H, W, 3) with a density (h, w, 3) laid over their skin.

    skin: uint8 (h', w') 0..255. Both are enlarged bilinearly over the whole of `pixels`.
    """
    height, width = pixels.shape[:2]
    result = pixels.copy()
    columns = _sampling(density.shape[1], width)
    skin_columns = _sampling(skin.shape[1], width)
    rows, skin_rows = _sampling(density.shape[0], height), _sampling(skin.shape[0], height)
    for top in range(0, height, STRIP):
        part = slice(top, min(top + STRIP, height))
        cover = _enlarged(skin, _part(skin_rows, part), skin_columns) / np.float32(255)
        change = _enlarged(density, _part(rows, part), columns) * cover[..., None]
        # Most of a crop is no skin, or skin that stays as it is: exact zeros are left alone.
        ys, xs = np.nonzero(np.abs(change).max(axis=2) > 0.5 / STEPS)
        values = pixels[part][ys, xs].astype(np.float32)
        changed = (values + 1) * np.exp(-change[ys, xs]) - 1
        result[part][ys, xs] = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return result


Sampling = tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]


def _sampling(small: int, large: int) -> Sampling:
    """Return for each of `large` pixels the two of `small` cells around it and the second's share.

    Centres on centres, as resampling libraries do; beyond the outermost centres the cell repeats.
    """
    place = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
    low = np.floor(place).astype(np.intp)
    high = np.minimum(low + 1, small - 1)
    return low, high, (place - low).astype(np.float32)


def _part(sampling: Sampling, part: slice) -> Sampling:
    low, high, share = sampling
    return low[part], high[part], share[part]


def _enlarged(small: NDArray[np.generic], rows: Sampling, columns: Sampling) -> FloatArray:
    trailing = (1,) * (small.ndim - 2)
    low, high, share = rows
    values = np.asarray(small, np.float32)
    share = share.reshape(-1, 1, *trailing)
    strip = values[low] + (values[high] - values[low]) * share
    low, high, share = columns
    share = share.reshape(1, -1, *trailing)
    left = strip[:, low]
    return np.asarray(left + (strip[:, high] - left) * share, np.float32)
