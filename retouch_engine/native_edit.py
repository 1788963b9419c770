"""A face's edit at the photo's size, gathered from one or several working scales."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.composition import carried_edit, signed_edit
from retouch_engine.faces import FaceCrop, resize_to_photo
from retouch_engine.imaging import ColourTransform

Pixels = NDArray[np.uint8]


class NativeEdit:
    """The edit of a face's box at the photo's size and in its own profile, zero outside the marks.

    edit: modulo 256, uint8 (h, w, 3); labels: uint16 (h, w). Pages of both that no spot lies in are
    never written, and so take no memory.
    """

    def __init__(
        self, native: Pixels, srgb: Pixels, colours: ColourTransform, monochrome: bool
    ) -> None:
        self._native, self._srgb, self._colours = native, srgb, colours
        self._monochrome = monochrome
        self.edit = np.zeros(native.shape, np.uint8)
        self.labels = np.zeros(native.shape[:2], np.uint16)

    def add(
        self,
        crop: FaceCrop,
        working: Pixels,
        edit: NDArray[np.float32],
        labels: NDArray[np.integer],
    ) -> None:
        """Carry an edit and its labels from the crop's scale, where no mark is yet."""
        if self._monochrome:
            edit = np.repeat(edit.mean(axis=2, keepdims=True), 3, axis=2)
        labels = labels.astype(np.uint16)
        if crop.scale > 1:
            # The photo shows no more than this scale does: nothing has to be carried.
            edit, labels = resize_to_photo(edit.astype(np.float32), crop), _reduced(labels, crop)
            working = self._srgb
        for place, owners, retouched in carried_edit(self._srgb, working, edit, labels):
            owners = owners * (self.labels[place] == 0)
            change = signed_edit(self._native[place], self._in_profile(place, retouched))
            self.edit[place] += change * (owners > 0)[..., None]
            self.labels[place] += owners.astype(np.uint16)

    def _in_profile(self, place: tuple[slice, slice], retouched: Pixels) -> Pixels:
        if self._colours.is_identity:
            return retouched
        # The difference of two conversions: one conversion there and back is not exact.
        original = self._colours.from_srgb(np.ascontiguousarray(self._srgb[place]))
        change = (
            self._colours.from_srgb(np.ascontiguousarray(retouched)).astype(np.int16) - original
        )
        return np.clip(self._native[place] + change, 0, 255).astype(np.uint8)


def _reduced(labels: NDArray[np.integer], crop: FaceCrop) -> NDArray[np.uint16]:
    """Resample a label map to a smaller photo by nearest neighbour."""
    size = crop.photo_size
    return np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint16)
