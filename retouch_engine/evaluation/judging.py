"""A way to retouch, judged on pictures whose truth is known."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from retouch_engine.retoucher import Recipe, Retoucher, as_photo

from .measurement import Distance, Measured, Subject, measure

Image = NDArray[np.uint8]
Retouch = Callable[[Subject], Image]
REMOVE_ALL = Recipe(keep_marks=False)


def retouching(retoucher: Retoucher) -> Retouch:
    """Return the whole path of a photo, with every spot removed, moles and freckles too."""

    def retouch(subject: Subject) -> Image:
        photo = as_photo(subject.source)
        return retoucher.render(photo, retoucher.analyse(photo), REMOVE_ALL).srgb

    return retouch


def judged(
    retouch: Retouch,
    subjects: Iterable[Subject],
    lpips: Distance | None = None,
    observe: Callable[[Subject, Image], None] | None = None,
) -> list[Measured]:
    """Retouch every subject and measure the result beside the untouched source.

    `observe` gets each result before it is forgotten.
    """
    measured = []
    for subject in subjects:
        result = retouch(subject)
        measured.append(measure(subject, result, lpips))
        if observe is not None:
            observe(subject, result)
    return measured
