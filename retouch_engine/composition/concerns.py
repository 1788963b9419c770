"""Smooth changes of a face: small maps of optical density, applied at any strength.

Evenness, shine and dark skin under the eyes have no fine detail, so their layers are kept eight
times smaller than the working crop and are enlarged when they are applied. The photo's own texture
passes, as light passes a filter: result = (photo + 1) exp(-strength x density) - 1.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .sampling import columns_enlarged, enlarged, part_of, rows_enlarged, sampling

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Place = tuple[slice, slice]

# A stored map holds density in such steps around `ZERO`.
STEPS, ZERO = 256.0, 128
# Rows that are computed at once: few enough for a processor's cache.
STRIP = 32


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


def gain_on_skin(density: FloatArray, skin: Pixels, within: Place | None = None) -> FloatArray:
    """Return exp(-density x skin), float32 (h', w', 3), on the grid of skin, uint8 (h', w') 0..255.

    density: (h, w, 3) of the same area, enlarged bilinearly. Exactly 1 beside the skin, where less
    than half a step of a stored map is left, and outside of `within`, slices of skin's grid.
    """
    rows, columns = (sampling(density.shape[k], skin.shape[k]) for k in (0, 1))
    gain = np.ones((*skin.shape, 3), np.float32)
    within = within or (slice(0, skin.shape[0]), slice(0, skin.shape[1]))
    ys, xs = (np.flatnonzero(skin[within].any(axis=axis)) for axis in (1, 0))
    if not len(ys):
        return gain
    place = (
        slice(within[0].start + ys[0], within[0].start + ys[-1] + 1),
        slice(within[1].start + xs[0], within[1].start + xs[-1] + 1),
    )
    change = enlarged(density, part_of(rows, place[0]), part_of(columns, place[1]))
    change *= skin[place][..., None] / np.float32(-255)
    change[np.abs(change) <= 0.5 / STEPS] = 0
    np.exp(change, out=gain[place])
    return gain


def with_gain(
    pixels: Pixels,
    gain: FloatArray,
    place: Place | None = None,
    size: tuple[int, int] | None = None,
) -> Pixels:
    """Return sRGB `pixels` (H, W, 3) as (pixels + 1) x gain - 1, gain (h, w, 3) enlarged to them.

    Where they are only a part of the area that the gain spans, `place` is that part as slices and
    `size` the area's (height, width). The same values come out in whatever parts.
    """
    size = size or (pixels.shape[0], pixels.shape[1])
    place = place or (slice(0, size[0]), slice(0, size[1]))
    result = pixels.copy()
    rows = part_of(sampling(gain.shape[0], size[0]), place[0])
    columns = part_of(sampling(gain.shape[1], size[1]), place[1])
    # The gain of these rows only, channels beside each other: long rows are quick to search.
    first, last = int(rows[0][0]), int(rows[1][-1]) + 1
    changes = gain[first:last].reshape(last - first, -1) != 1
    rows, touched = part_of(rows, slice(None), first), changes.any(axis=1)
    gain = gain[first:last]
    ys = np.flatnonzero(touched[rows[0]] | touched[rows[1]])
    touched = changes.any(axis=0).reshape(-1, 3).any(axis=1)
    xs = np.flatnonzero(touched[columns[0]] | touched[columns[1]])
    if not len(xs) or not len(ys):
        return result
    across = slice(int(xs[0]), int(xs[-1]) + 1)
    columns = part_of(columns, across)
    for top in range(int(ys[0]), int(ys[-1]) + 1, STRIP):
        down = slice(top, min(top + STRIP, int(ys[-1]) + 1))
        part = part_of(rows, down)
        first, last = int(part[0][0]), int(part[1][-1]) + 1
        wide = columns_enlarged(gain[first:last], columns)
        change = rows_enlarged(wide, part_of(part, slice(None), first))
        values = (result[down, across] + np.float32(1)) * change
        values -= np.float32(0.5)
        # Adding a half and cutting off rounds; 255.5 may not wrap around.
        result[down, across] = np.clip(values, 0, 255, out=values)
    return result


def with_density(pixels: Pixels, density: FloatArray, skin: Pixels) -> Pixels:
    """Return sRGB `pixels` (H, W, 3) with a density (h, w, 3) laid over their skin.

    skin: uint8 (h', w') 0..255. Both are enlarged bilinearly over the whole of `pixels`.
    """
    return with_gain(pixels, gain_on_skin(density, skin))
