"""A retoucher or any other method, judged on subjects."""

from collections.abc import Callable, Iterable

from retouch_engine.retoucher import Recipe, Retoucher, as_photo

from .measurement import Distance, Image, Measured, Subject, measure

Retouch = Callable[[Subject], Image]
REMOVE_ALL = Recipe(keep_marks=False)


def retouching(retoucher: Retoucher) -> Retouch:
    """Return a retoucher's whole way, every spot removed, from a subject to its result in sRGB."""

    def retouch(subject: Subject) -> Image:
        photo = as_photo(subject.source)
        return retoucher.render(photo, retoucher.analyse(photo), REMOVE_ALL).srgb

    return retouch


def judged(
    retouch: Retoucher | Retouch, subjects: Iterable[Subject], lpips: Distance | None = None
) -> list[Measured]:
    """Return each subject's row: the untouched source and the result, measured alike."""
    method = retouching(retouch) if isinstance(retouch, Retoucher) else retouch
    return [measure(subject, method(subject), lpips) for subject in subjects]
