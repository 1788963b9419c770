"""From layers and decisions back to a picture, in the whole photo or in any region of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from .layers import REMOVE, FaceLayers
from .tiles import Place, tile_spans

Pixels = NDArray[np.uint8]


def compose(
    pixels: Pixels,
    layers: Sequence[FaceLayers],
    strength: float,
    decisions: Mapping[int, str],
    keep_marks: bool = True,
) -> Pixels:
    """Return `pixels` (H, W, 3) with the chosen removals applied at `strength` 0..1.

    Only the face boxes are touched; `decisions` holds what people decided by mark id.
    """
    result = pixels.copy()
    for layer in layers:
        remove_marks(result, layer, removed_labels(layer, decisions, keep_marks), strength)
    return result


def removed_labels(
    layer: FaceLayers, decisions: Mapping[int, str], keep_marks: bool
) -> NDArray[np.bool_]:
    """Return by mark id (index) whether its removal is applied."""
    spans = tile_spans(layer.tiles, layer.labels.shape[1])
    largest = max((int(layer.labels[place].max()) for place in spans), default=0)
    removed = np.zeros(largest + 1, bool)
    for mark in layer.marks:
        decision = decisions.get(mark.id, mark.default_decision(keep_marks))
        if mark.id < len(removed):
            removed[mark.id] = decision == REMOVE
    return removed


def remove_marks(
    pixels: Pixels,
    layer: FaceLayers,
    removed: NDArray[np.bool_],
    strength: float,
    origin: tuple[int, int] = (0, 0),
) -> None:
    """Apply removals, in place, to a region (H, W, 3) of the photo that begins at `origin` x, y.

    removed: by mark id, see `removed_labels`.
    """
    common = overlap(layer, pixels.shape[:2], origin)
    if common is None or strength <= 0:
        return
    inside, target = common
    region, labels, edit = pixels[target], layer.labels[inside], layer.edit[inside]
    kept = ~removed
    kept[0] = False
    for span in tile_spans(layer.tiles, layer.labels.shape[1]):
        place = _within(span, inside)
        if place is not None:
            stays = kept.take(labels[place]) if kept.any() else None
            _apply(region[place], edit[place], stays, strength)


def _apply(pixels: Pixels, edit: Pixels, stays: NDArray[np.bool_] | None, strength: float) -> None:
    """Apply an edit modulo 256 to pixels (h, w, 3), in place, but where a pixel `stays` (h, w)."""
    change = edit
    if strength < 1:
        signed = (pixels + edit).astype(np.int16) - pixels
        change = np.rint(signed * np.float32(strength)).astype(np.int16).astype(np.uint8)
    if stays is not None:
        change = change * np.repeat(~stays, 3, axis=1).reshape(change.shape)
    # Sums of uint8 are modulo 256, as the edit is; beside the marks it is zero.
    pixels += change


def overlap(
    layer: FaceLayers, size: tuple[int, int], origin: tuple[int, int]
) -> tuple[Place, Place] | None:
    """Return what a layer's box and a region share: the slices in the box and in the region."""
    x0, y0, x1, y1 = layer.box
    left, top = max(x0, origin[0]), max(y0, origin[1])
    right, bottom = min(x1, origin[0] + size[1]), min(y1, origin[1] + size[0])
    if left >= right or top >= bottom:
        return None
    return (
        (slice(top - y0, bottom - y0), slice(left - x0, right - x0)),
        (slice(top - origin[1], bottom - origin[1]), slice(left - origin[0], right - origin[0])),
    )


def _within(place: Place, part: Place) -> Place | None:
    """Return a place of the box counted from a part of it; None where they do not meet."""
    cut = [
        slice(max(p.start - q.start, 0), min(p.stop, q.stop) - q.start)
        for p, q in zip(place, part, strict=True)
    ]
    return (cut[0], cut[1]) if all(s.start < s.stop for s in cut) else None
