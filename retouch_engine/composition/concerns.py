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
    if not density.any():
        return result
    across = _bilinear(density.shape[1], width).T
    skin_across = _bilinear(skin.shape[1], width).T
    down, skin_down = _bilinear(density.shape[0], height), _bilinear(skin.shape[0], height)
    cover_cells = skin.astype(np.float32) / np.float32(255)
    for top in range(0, height, STRIP):
        part = slice(top, min(top + STRIP, height))
        cover = skin_down[part] @ cover_cells @ skin_across
        for channel in range(3):
            change = (down[part] @ density[..., channel] @ across) * cover
            # Where nothing changes the stored zeros stay exact: exp(0) (p + 1) - 1 = p.
            change[np.abs(change) <= 0.5 / STEPS] = 0.0
            np.exp(np.negative(change, out=change), out=change)
            change *= result[part, :, channel] + np.float32(1)
            result[part, :, channel] = np.clip(np.rint(change - 1), 0, 255)
    return result


def _bilinear(small: int, large: int) -> FloatArray:
    """Return the weights (large, small) that enlarge by a product: a BLAS call, not a gather.

    Centres on centres, as resampling libraries do; beyond the outermost centres the cell repeats.
    """
    place = np.clip((np.arange(large) + 0.5) * small / large - 0.5, 0, small - 1)
    low = np.floor(place).astype(np.intp)
    high, share = np.minimum(low + 1, small - 1), (place - low).astype(np.float32)
    weights = np.zeros((large, small), np.float32)
    weights[np.arange(large), low] = 1 - share
    weights[np.arange(large), high] += share
    return weights
