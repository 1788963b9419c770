"""Photos that a person judged clean: what a retouch does to those that need none."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retouch_engine.retoucher import Recipe, Retoucher, srgb_pixels

from .concern_scores import face_box_mask
from .measurement import Subject
from .metrics import mean_error, psnr
from .protocol import Protocol
from .subjects import EvaluationPhoto, SubjectError

Image = NDArray[np.uint8]
# From here on nobody sees a difference.
UNCHANGED_PSNR = 48.0
# Equal pictures have no finite PSNR, but belong into means.
LARGEST_PSNR = 99.0


@dataclass(frozen=True)
class CleanScore:
    """A clean photo after the default recipe.

    psnr: dB of the whole result against the photo, at most 99; again_error: mean change (0..255) of
    the faces' boxes when the result is run through once more; spots_removed: marks that went.
    """

    photo: str
    synthetic: bool
    psnr: float
    again_error: float
    spots_removed: int


def read_clean_list(path: Path, photos: Iterable[EvaluationPhoto]) -> frozenset[str]:
    """Return the paths of the photos whose file names a CSV lists in its column `file`.

    Raises SubjectError for a file that is no such CSV, and for names that the photos lack.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = {row["file"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SubjectError(f"{path} cannot be read: {error}") from error
    except KeyError as error:
        raise SubjectError(f"{path} needs a column 'file' with the photos' file names") from error
    if not names:
        raise SubjectError(f"{path} lists no photo: give one file name a row below 'file'")
    known = {photo.path.name: str(photo.path) for photo in photos}
    missing = sorted(names - set(known))
    if missing:
        raise SubjectError(f"{path} lists {missing[0]}, which is not among the photos evaluated")
    return frozenset(known[name] for name in names)


def clean_score(retoucher: Retoucher, subject: Subject, protocol: Protocol) -> CleanScore:
    """Retouch a subject's unpainted photo by the default recipe, and its result once more."""
    once, removed = _default(retoucher, subject.truth, protocol)
    twice, _ = _default(retoucher, once, protocol)
    return CleanScore(
        photo=subject.name,
        synthetic=subject.synthetic,
        psnr=min(psnr(once, srgb_pixels(protocol.given(subject.truth))), LARGEST_PSNR),
        again_error=mean_error(twice, once, face_box_mask(subject)),
        spots_removed=removed,
    )


def _default(retoucher: Retoucher, pixels: Image, protocol: Protocol) -> tuple[Image, int]:
    photo = protocol.given(pixels)
    result = retoucher.render(photo, retoucher.analyse(photo), Recipe())
    return protocol.taken(result), result.report["spots_removed"]


@dataclass(frozen=True)
class CleanRow:
    """Clean photos together: share of at least 48 dB, least and mean PSNR (dB), mean and largest
    change by a second run (0..255), spots removed per photo."""

    faces: str
    photos: int
    unchanged_share: float
    psnr: float
    least_psnr: float
    again_error: float
    largest_again_error: float
    spots_removed: float


def clean_rows(scores: Sequence[CleanScore]) -> list[CleanRow]:
    """Return rows of all, real and synthetic photos; none for parts without photos."""
    parts = {
        "all": list(scores),
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    return [_row(faces, part) for faces, part in parts.items() if part]


def _row(faces: str, scores: Sequence[CleanScore]) -> CleanRow:
    decibels = np.array([score.psnr for score in scores])
    again = np.array([score.again_error for score in scores])
    return CleanRow(
        faces=faces,
        photos=len(scores),
        unchanged_share=float((decibels >= UNCHANGED_PSNR).mean()),
        psnr=float(decibels.mean()),
        least_psnr=float(decibels.min()),
        again_error=float(again.mean()),
        largest_again_error=float(again.max()),
        spots_removed=float(np.mean([score.spots_removed for score in scores])),
    )
