"""Two faces of one photo whose crops overlap."""

from dataclasses import replace

import numpy as np

from .layers import FaceLayers
from .recomposition import overlap


def without_overlap(layer: FaceLayers, earlier: list[FaceLayers]) -> FaceLayers:
    """Return a layer without what an earlier face edits already: no pixel is edited twice.

    The layer's arrays are changed in place.
    """
    for other in earlier:
        common = overlap(layer, other.labels.shape, other.box[:2])
        if common is None:
            continue
        ours, theirs = common
        twice = (layer.labels[ours] > 0) & (other.labels[theirs] > 0)
        layer.edit[ours][twice] = 0
        layer.labels[ours][twice] = 0
        _clear_skin(layer, other)
    if not earlier:
        return layer
    present = set(np.unique(layer.labels).tolist())
    return replace(layer, marks=tuple(mark for mark in layer.marks if mark.id in present))


def _clear_skin(layer: FaceLayers, other: FaceLayers) -> None:
    """Clear the cells of a skin mask whose middle lies on another face's skin, in place."""
    if layer.skin is None or other.skin is None:
        return
    places = []
    for axis, (start, stop) in enumerate(((1, 3), (0, 2))):
        cells, theirs = layer.skin.shape[axis], other.skin.shape[axis]
        middles = (np.arange(cells) + 0.5) * (layer.box[stop] - layer.box[start]) / cells
        share = (middles + layer.box[start] - other.box[start]) / (
            other.box[stop] - other.box[start]
        )
        places.append(np.floor(share * theirs).astype(np.intp))
    inside = [(p >= 0) & (p < size) for p, size in zip(places, other.skin.shape, strict=True)]
    region = np.ix_(*inside)
    beside = other.skin[np.ix_(places[0][inside[0]], places[1][inside[1]])] == 0
    layer.skin[region] *= beside
