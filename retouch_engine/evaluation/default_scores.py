"""The default recipe on painted photos: blemishes go, moles and freckles stay."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import FaceFinder

from .concern_scores import face_box_mask
from .measurement import SKIN_SHARE, Subject
from .metrics import (
    TONE_BANDS,
    Interval,
    bootstrap_difference,
    bootstrap_mean,
    fixed_share,
    mean_error,
    psnr,
    texture_kept,
    tone_shift,
)
from .spot_scores import default_regions

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class DefaultScore:
    """One picture against the photo that has its moles and freckles alone; NaN if not measured.

    psnr: dB; fixed_share (up to 1), inside_error (0..255): where blemishes are; outside_error,
    rest_error (0..255): change of the source elsewhere in the face's box, moles and freckles
    included, and in the rest of the photo. texture_kept: fine detail on skin outside the edit over
    the source's; tone_delta_e (CIEDE2000), tone_lightness (L*, positive is lightened): mean skin
    colour against the truth's. landmarks_moved: mean way of the largest face's landmarks in pixels;
    again_error (0..255): mean change of the faces' boxes when the result is run through once more;
    strength: what the guard left of 1.
    """

    psnr: float
    fixed_share: float
    inside_error: float
    outside_error: float
    rest_error: float
    texture_kept: float
    tone_delta_e: float
    tone_lightness: float
    landmarks_moved: float
    again_error: float
    strength: float


DEFAULT_METRICS = tuple(field.name for field in fields(DefaultScore))


@dataclass(frozen=True)
class DefaultScores:
    """One photo: the untouched source's score beside the result's; band: of its skin's tone; group:
    photos of one sitter share it."""

    synthetic: bool
    band: str | None
    identity: DefaultScore
    result: DefaultScore
    group: str = ""


def default_score(
    subject: Subject,
    result: Image,
    *,
    landmarks_moved: float = 0.0,
    again: Image | None = None,
    strength: float = 1.0,
) -> DefaultScore:
    """Score a result (H, W, 3) of a painted subject; again: the result of that result.

    Raises ValueError for a subject whose spots nobody knows.
    """
    regions = default_regions(subject)
    assert subject.spots is not None
    source, truth = subject.source, subject.spots.kept
    skin = subject.skin > SKIN_SHARE
    tone = tone_shift(truth, result, skin)
    boxes = face_box_mask(subject)
    return DefaultScore(
        psnr=psnr(result, truth),
        fixed_share=fixed_share(source, result, truth, regions.inside),
        inside_error=mean_error(result, truth, regions.inside),
        outside_error=mean_error(result, source, regions.outside),
        rest_error=mean_error(result, source, regions.rest),
        texture_kept=texture_kept(source, result, skin & regions.outside, subject.face_width),
        tone_delta_e=tone.delta_e,
        tone_lightness=tone.lightness,
        landmarks_moved=landmarks_moved,
        again_error=0.0 if again is None else mean_error(again, result, boxes),
        strength=strength,
    )


def landmarks_moved(finder: FaceFinder, source: Image, result: Image) -> float:
    """Return how far (pixels, mean) the largest face's landmarks lie apart in two pictures.

    NaN where the source has no face, infinite where the result lost it.
    """
    before, after = finder.find(source), finder.find(result)
    if not before:
        return float("nan")
    face = before[0].landmarks
    ways = [float(np.hypot(*(other.landmarks - face).T).mean()) for other in after]
    return min(ways, default=float("inf"))


@dataclass(frozen=True)
class DefaultRow:
    """One line: each metric's mean and interval, and PSNR less the untouched source's (dB)."""

    name: str
    photos: int
    metrics: dict[str, Interval]
    psnr_gain: Interval


def default_rows(scores: Sequence[DefaultScores]) -> list[DefaultRow]:
    """Return identity first, then all, real and synthetic photos, and the bands of skin tone."""
    parts = {
        "all": list(scores),
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    rows = [_row("identity", scores, identity=True)]
    rows += [_row(name, part) for name, part in parts.items() if part]
    for band in reversed(TONE_BANDS):
        rows.append(_row(f"skin {band}", [score for score in scores if score.band == band]))
    return rows


def _row(name: str, scores: Sequence[DefaultScores], identity: bool = False) -> DefaultRow:
    numbers = [score.identity if identity else score.result for score in scores]
    columns = {metric: [getattr(n, metric) for n in numbers] for metric in DEFAULT_METRICS}
    untouched = [score.identity.psnr for score in scores]
    groups = [score.group for score in scores]
    return DefaultRow(
        name=name,
        photos=len(scores),
        metrics={m: bootstrap_mean(column, groups=groups) for m, column in columns.items()},
        psnr_gain=bootstrap_difference(columns["psnr"], untouched, groups=groups),
    )
