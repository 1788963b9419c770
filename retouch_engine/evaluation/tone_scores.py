"""A tone checkpoint measured: bad light made good, and good light left alone.

Pairs are judged by their targets, as PPR10K does it; other photos are good portraits that are put
under seeded bad light. What lies in good light (targets, clean portraits) is measured too.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import FaceFinder
from retouch_engine.inference import TonePredictor
from retouch_engine.lighting import tone_of
from retouch_engine.synthesis.light import draw_light, with_light
from retouch_engine.tone import Tone, apply_tone

from .consistency import mask_of
from .metrics import (
    TONE_BANDS,
    delta_e,
    delta_e_hc,
    group_level_consistency,
    mean_chromaticity,
    psnr,
    psnr_hc,
    tone_band,
    tone_shift,
)
from .subjects import EvaluationPhoto, pixels_of, skin_of

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
LIGHT_SEED = 86_420
# PPR10K's reduced pictures have this short side.
REDUCED_SIDE = 360
SKIN = 0.5
NAN = float("nan")


@dataclass(frozen=True)
class TonedPicture:
    """Fidelity of one picture to its target; HC: people count more, NaN without people.

    chromaticity: mean a* and b*.
    """

    psnr: float
    delta_e: float
    psnr_hc: float
    delta_e_hc: float
    chromaticity: tuple[float, float]


@dataclass(frozen=True)
class ToneScore:
    """One photo: source, result and target; and what happened to it in good light.

    in_dead_zone: good light got exactly no change; kept_delta_e: its change; ita_shift: degrees, of
    its skin, NaN without skin; band: its skin's.
    """

    name: str
    group: str
    synthetic: bool
    band: str | None
    identity: TonedPicture
    result: TonedPicture
    target: TonedPicture
    in_dead_zone: bool
    kept_delta_e: float
    ita_shift: float


@dataclass(frozen=True)
class LitSubject:
    """A picture in bad light and as it should be, both sRGB (H, W, 3); people, skin: (H, W)."""

    photo: EvaluationPhoto
    source: Image
    target: Image
    people: NDArray[Any]
    skin: FloatArray


def lit_subjects(
    photos: Iterable[EvaluationPhoto],
    finder: FaceFinder,
    *,
    seed: int = LIGHT_SEED,
    short_side: int | None = REDUCED_SIDE,
) -> Iterator[LitSubject]:
    """Yield every photo under bad light, the n-th with the n-th seed; pairs as they are.

    short_side: pictures that are larger are reduced to it; None for their own size. Raises
    SubjectError for files that cannot be read and pairs of two sizes.
    """
    for index, photo in enumerate(photos):
        target, source = pixels_of(photo)
        target = _reduced(target, short_side)
        skin = skin_of(target, finder)
        if source is None:
            light = draw_light(np.random.default_rng((seed, index)))
            source = with_light(target, skin, light)
        else:
            source = _reduced(source, short_side)
        people = skin if photo.people is None else mask_of(photo.people, target)
        yield LitSubject(photo, source, target, people, skin)


def _reduced(pixels: Image, short_side: int | None) -> Image:
    scale = 1.0 if short_side is None else min(short_side / min(pixels.shape[:2]), 1.0)
    if scale == 1.0:
        return pixels
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def tone_scores(
    predictor: TonePredictor, subjects: Iterable[LitSubject], finder: FaceFinder
) -> list[ToneScore]:
    """Measure a tone checkpoint at full strength, by the way of a photo: dead zone, tone."""
    return [_score(predictor, subject, finder) for subject in subjects]


def _score(predictor: TonePredictor, subject: LitSubject, finder: FaceFinder) -> ToneScore:
    # Skin is found as it would be in a photo that nobody has seen in good light.
    source_tone = tone_of(predictor, subject.source, skin_of(subject.source, finder))
    kept_tone = tone_of(predictor, subject.target, subject.skin)
    result, kept = _toned(subject.source, source_tone), _toned(subject.target, kept_tone)
    shift = tone_shift(subject.target, kept, subject.skin > SKIN)
    return ToneScore(
        name=str(subject.photo.path),
        group=subject.photo.group,
        synthetic=subject.photo.synthetic,
        band=None if np.isnan(shift.reference_ita) else tone_band(shift.reference_ita),
        identity=_picture(subject.source, subject),
        result=_picture(result, subject),
        target=_picture(subject.target, subject),
        in_dead_zone=kept_tone is None,
        kept_delta_e=delta_e(kept, subject.target),
        ita_shift=shift.ita,
    )


def _toned(pixels: Image, tone: Tone | None) -> Image:
    return pixels if tone is None else apply_tone(pixels, tone)


def _picture(picture: Image, subject: LitSubject) -> TonedPicture:
    people, target = subject.people, subject.target
    shown = bool((people > 0).any())
    return TonedPicture(
        psnr=psnr(picture, target),
        delta_e=delta_e(picture, target),
        psnr_hc=psnr_hc(picture, target, people) if shown else NAN,
        delta_e_hc=delta_e_hc(picture, target, people) if shown else NAN,
        chromaticity=mean_chromaticity(picture),
    )


def tone_rows(scores: Sequence[ToneScore]) -> dict[str, dict[str, float]]:
    """Return {row: {metric: mean}}: identity and result of all, and of real and synthetic faces.

    m_glc where any group has two photos; a group of one then counts as 0, as published.
    """
    parts: dict[str, Sequence[ToneScore]] = {
        "all": scores,
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    rows = {}
    for part, chosen in parts.items():
        if chosen:
            rows[f"identity, {part}"] = _row(chosen, lambda score: score.identity)
            rows[f"tone, {part}"] = _row(chosen, lambda score: score.result)
    return rows


def _row(
    scores: Sequence[ToneScore], picture: Callable[[ToneScore], TonedPicture]
) -> dict[str, float]:
    row: dict[str, float] = {"photos": len(scores)}
    for metric in ("psnr", "delta_e", "psnr_hc", "delta_e_hc"):
        values = [getattr(picture(score), metric) for score in scores]
        finite = [min(value, 100.0) for value in values if not np.isnan(value)]
        row[metric] = float(np.mean(finite)) if finite else NAN
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for score in scores:
        if score.group:
            groups[score.group].append(picture(score).chromaticity)
    if any(len(group) > 1 for group in groups.values()):
        row["m_glc"] = group_level_consistency(groups.values())
    return row


def good_light_row(scores: Sequence[ToneScore]) -> dict[str, float]:
    """Return what happened to photos in good light: share in the dead zone, changes of the rest."""
    rest = [score.kept_delta_e for score in scores if not score.in_dead_zone]
    return {
        "photos": len(scores),
        "dead_zone_share": float(np.mean([score.in_dead_zone for score in scores])),
        "largest_delta_e": max(rest, default=0.0),
    }


def band_shifts(scores: Sequence[ToneScore]) -> dict[str, tuple[float, int]]:
    """Return the mean signed ITA shift (degrees) of good light by tone band, and its photos."""
    found = {
        band: [s.ita_shift for s in scores if s.band == band and not np.isnan(s.ita_shift)]
        for band in reversed(TONE_BANDS)
    }
    return {band: (float(np.mean(shifts)), len(shifts)) for band, shifts in found.items() if shifts}
