"""Each smooth concern by its own truth: painted alone, removed alone at strength 1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import face_crop
from retouch_engine.retoucher import Recipe, Retoucher

from .concern_painter import CONCERNS, FaceToPaint, paint_concern
from .measurement import Subject
from .metrics import Interval, bootstrap_mean, fixed_share, mean_error, psnr
from .protocol import Protocol
from .subjects import face_region

Image = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
ALONE = {
    "evenness": Recipe(blemishes=0.0, evenness=1.0),
    "shine": Recipe(blemishes=0.0, shine=1.0),
    "under_eyes": Recipe(blemishes=0.0, under_eyes=1.0),
}


@dataclass(frozen=True)
class ConcernScore:
    """One concern on one photo, against the unpainted photo; NaN where nothing was to measure.

    fixed_share: share of the painted squared error that is gone, up to 1; difference_gone: the
    same between the results of painted and unpainted photo, which leaves out what the face itself
    has of the concern; outside_error: mean change (0..255) of the face's box where nothing was
    painted; unpainted_error: of the whole box on the unpainted photo; psnr_gain: dB of the photo.
    """

    fixed_share: float
    difference_gone: float
    outside_error: float
    unpainted_error: float
    psnr_gain: float


@dataclass(frozen=True)
class ConcernScores:
    """One photo's scores by concern, for the painted photo as it is and for the results.

    Only the concerns that the checkpoint knows. group: photos of one sitter share it.
    """

    synthetic: bool
    identity: dict[str, ConcernScore]
    result: dict[str, ConcernScore]
    group: str = ""


Region = tuple[tuple[slice, slice], FaceToPaint]


def faces_to_paint(subject: Subject) -> list[Region]:
    """Return where each face of a subject's clean photo lies, and the face; no pixel is in two."""
    taken = np.zeros(subject.truth.shape[:2], bool)
    regions: list[Region] = []
    for face in subject.faces:
        place, skin = face_region(subject.truth, face)
        region = FaceToPaint(
            image=np.ascontiguousarray(subject.truth[place]),
            skin=skin * ~taken[place],
            landmarks=face.landmarks - np.array([place[1].start, place[0].start], np.float32),
            face_width=face.box[2] - face.box[0],
        )
        regions.append((place, region))
        taken[place] |= skin > 0
    return regions


def painted_concern(
    concern: str, clean: Image, regions: Sequence[Region], rng: np.random.Generator
) -> Image:
    """Return a clean photo, uint8 (H, W, 3), with one concern painted on all its faces."""
    painted = clean.copy()
    for place, region in regions:
        result = paint_concern(concern, region, rng)
        changed = (result != region.image).any(axis=2)
        painted[place][changed] = result[changed]
    return painted


def concern_scores(
    retoucher: Retoucher, subject: Subject, protocol: Protocol, seed: Sequence[int]
) -> ConcernScores:
    """Paint, retouch and score every concern on an unpainted subject's photo.

    seed: of this photo; each concern is painted with its own.
    """
    known = [name for name in CONCERNS if name in retoucher.predictor.card.concerns]
    face_box = face_box_mask(subject)
    clean = protocol.coded(subject.truth)
    untouched = dict(_alone(retoucher, subject.truth, protocol, known))
    regions = faces_to_paint(subject) if known else []
    identity, result = {}, {}
    for number, concern in enumerate(CONCERNS):
        if concern not in known:
            continue
        rng = np.random.default_rng((*seed, number))
        painted = painted_concern(concern, subject.truth, regions, rng)
        where = (painted != subject.truth).any(axis=2)
        source = protocol.coded(painted)
        identity[concern] = _score(source, source, clean, clean, where, face_box)
        for _, made in _alone(retoucher, painted, protocol, [concern]):
            result[concern] = _score(source, made, clean, untouched[concern], where, face_box)
    return ConcernScores(subject.synthetic, identity, result, subject.group)


def _alone(
    retoucher: Retoucher, pixels: Image, protocol: Protocol, concerns: Sequence[str]
) -> Iterator[tuple[str, Image]]:
    """Yield the result of each concern at strength 1, the others and blemishes at 0."""
    if not concerns:
        return
    photo = protocol.given(pixels)
    analysis = retoucher.analyse(photo)
    for concern in concerns:
        yield concern, protocol.taken(retoucher.render(photo, analysis, ALONE[concern]))


def _score(
    source: Image,
    result: Image,
    clean: Image,
    clean_result: Image,
    where: BoolArray,
    face_box: BoolArray,
) -> ConcernScore:
    return ConcernScore(
        fixed_share=fixed_share(source, result, clean, where),
        difference_gone=_difference_gone(source, result, clean, clean_result, where),
        outside_error=mean_error(result, source, face_box & ~where),
        unpainted_error=mean_error(clean_result, clean, face_box),
        psnr_gain=psnr(result, clean) - psnr(source, clean) if where.any() else float("nan"),
    )


def _difference_gone(
    source: Image, result: Image, clean: Image, clean_result: Image, where: BoolArray
) -> float:
    before, after = (
        float(np.square(painted[where].astype(np.float64) - bare[where]).sum())
        for painted, bare in ((source, clean), (result, clean_result))
    )
    return 1.0 - after / before if before > 0 else float("nan")


def face_box_mask(subject: Subject) -> BoolArray:
    """Return the crops of all faces, (H, W); everything of a photo without a face."""
    height, width = subject.truth.shape[:2]
    mask = np.full((height, width), not subject.faces)
    for face in subject.faces:
        crop = face_crop(face, (width, height))
        mask[crop.y0 : crop.y1, crop.x0 : crop.x1] = True
    return mask


@dataclass(frozen=True)
class ConcernRow:
    """One concern over many photos; metrics: those of `ConcernScore`, none if not installed."""

    faces: str
    concern: str
    photos: int
    metrics: dict[str, Interval]


def concern_rows(scores: Sequence[ConcernScores]) -> list[ConcernRow]:
    """Return identity first, then all, real and synthetic photos, each concern a row."""
    parts = {
        "all": list(scores),
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    known = [name for name in CONCERNS if any(name in score.result for score in scores)]
    rows = [_row("identity", name, scores, identity=True) for name in known]
    for faces, part in parts.items():
        # That a concern is not installed is said once.
        names = CONCERNS if faces == "all" else known
        rows += [_row(faces, name, part) for name in names if part or faces == "all"]
    return rows


def _row(
    faces: str, concern: str, scores: Sequence[ConcernScores], identity: bool = False
) -> ConcernRow:
    known = [score for score in scores if concern in score.result]
    groups = [score.group for score in known]
    numbers = [(score.identity if identity else score.result)[concern] for score in known]
    columns = {f.name: [getattr(n, f.name) for n in numbers] for f in fields(ConcernScore)}
    metrics = {name: bootstrap_mean(column, groups=groups) for name, column in columns.items()}
    return ConcernRow(faces, concern, len(known), metrics if known else {})
