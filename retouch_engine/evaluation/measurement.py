"""Everything that is measured of one retouched picture, and of many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from retouch_engine.composition.artefacts import Artefacts, find_artefacts
from retouch_engine.faces import Face

from .metrics import (
    TONE_BANDS,
    EditRegions,
    Interval,
    bootstrap_difference,
    bootstrap_mean,
    fixed_share,
    mean_error,
    mean_squared_error,
    psnr,
    soft_iou,
    ssim,
    texture_kept,
    tone_band,
    tone_shift,
)
from .metrics.fidelity import require_equal_sizes
from .spot_truth import SpotTruth

Box = tuple[int, int, int, int]
Image = NDArray[np.uint8]
Distance = Callable[[Image, Image], float]
SKIN_SHARE = 0.5
BEHIND = "behind identity"


@dataclass(frozen=True)
class Measurement:
    """One picture's numbers; NaN where there was nothing to measure.

    psnr (dB), ssim, mse (0..65025): of the whole picture against the truth. fixed_share (up to 1)
    and inside_error (0..255): against the truth inside the edit. outside_error, rest_error
    (0..255): change of the source outside the edit within the face box, and in the rest of the
    photo. soft_iou (0..1): change made and wanted. texture_kept: fine detail on skin outside the
    edit over the source's; texture_inside: inside the edit over the truth's. tone_delta_e
    (CIEDE2000), tone_lightness (L*, positive is lightened), tone_ita (degrees): mean skin colour
    against the truth's. droplet, noise, checkerboard, seam: 0..255, see `composition.artefacts`.
    lpips: only with the user's weights.
    """

    psnr: float
    ssim: float
    mse: float
    fixed_share: float
    inside_error: float
    outside_error: float
    rest_error: float
    soft_iou: float
    texture_kept: float
    texture_inside: float
    tone_delta_e: float
    tone_lightness: float
    tone_ita: float
    droplet: float
    noise: float
    checkerboard: float
    seam: float
    lpips: float


METRICS = tuple(field.name for field in fields(Measurement))


@dataclass(frozen=True)
class Subject:
    """A picture to retouch with its truth: sRGB uint8 (H, W, 3), skin 0..1 (H, W), face in pixels.

    `synthetic` says that nobody is depicted; `group`: photos of one sitter share it, "" for a photo
    that is alone. spots: what was painted, None for real pairs and painters that do not tell;
    faces: those found before anything was painted, largest first; box: the largest one's crop,
    x0, y0, x1, y1.
    """

    name: str
    source: Image
    truth: Image
    regions: EditRegions
    skin: NDArray[np.float32]
    face_width: float
    synthetic: bool = False
    group: str = ""
    spots: SpotTruth | None = None
    faces: tuple[Face, ...] = ()
    box: Box = (0, 0, 0, 0)


@dataclass(frozen=True)
class Measured:
    """One picture's row: the untouched source beside the result, and what the photo shows.

    group: photos of one sitter share it, see `Subject`.
    """

    name: str
    synthetic: bool
    band: str | None
    identity: Measurement
    result: Measurement
    artefacts: tuple[str, ...] = ()
    group: str = ""


def measure(
    subject: Subject,
    result: Image,
    lpips: Distance | None = None,
    identity: Measurement | None = None,
) -> Measured:
    """Measure a result (H, W, 3) and, by the same protocol, the untouched source.

    identity: the untouched source's numbers, where they are known. The tone band is that of the
    truth's skin; None without skin. Raises ValueError on sizes that differ.
    """
    require_equal_sizes(subject.source, subject.truth, result)
    skin = subject.skin > SKIN_SHARE
    angle = tone_shift(subject.truth, subject.truth, skin).reference_ita
    found = find_artefacts(subject.source, result, subject.truth, subject.face_width)
    return Measured(
        name=subject.name,
        synthetic=subject.synthetic,
        band=None if np.isnan(angle) else tone_band(angle),
        identity=identity or _numbers(subject, subject.source, skin, None, lpips),
        result=_numbers(subject, result, skin, found, lpips),
        artefacts=found.found,
        group=subject.group,
    )


def _numbers(
    subject: Subject,
    result: Image,
    skin: NDArray[np.bool_],
    artefacts: Artefacts | None,
    lpips: Distance | None,
) -> Measurement:
    source, truth, regions = subject.source, subject.truth, subject.regions
    width = subject.face_width
    tone = tone_shift(truth, result, skin)
    return Measurement(
        psnr=psnr(result, truth),
        ssim=ssim(result, truth),
        mse=mean_squared_error(result, truth),
        fixed_share=fixed_share(source, result, truth, regions.inside),
        inside_error=mean_error(result, truth, regions.inside),
        outside_error=mean_error(result, source, regions.outside),
        rest_error=mean_error(result, source, regions.rest),
        soft_iou=soft_iou(source, result, truth),
        texture_kept=texture_kept(source, result, skin & regions.outside, width),
        texture_inside=texture_kept(truth, result, regions.inside, width),
        tone_delta_e=tone.delta_e,
        tone_lightness=tone.lightness,
        tone_ita=tone.ita,
        droplet=artefacts.droplet.strength if artefacts else 0.0,
        noise=artefacts.noise.strength if artefacts else 0.0,
        checkerboard=artefacts.checkerboard.strength if artefacts else 0.0,
        seam=artefacts.seam.strength if artefacts else 0.0,
        lpips=lpips(result, truth) if lpips else float("nan"),
    )


@dataclass(frozen=True)
class Row:
    """One line of the table: photos, each metric's mean and interval, and the gain on identity.

    psnr_gain: PSNR less that of the untouched source, paired by photo (dB).
    """

    name: str
    photos: int
    metrics: dict[str, Interval]
    psnr_gain: Interval

    @property
    def note(self) -> str:
        """Return "unproven" (under 5 sitters), "behind identity", "not ahead of identity" or ""."""
        if not self.psnr_gain.proven:
            return "unproven"
        if self.psnr_gain.high < 0:
            return BEHIND
        return "" if self.psnr_gain.low > 0 or self.name == "identity" else "not ahead of identity"


def table_rows(measured: Sequence[Measured], seed: int = 0) -> list[Row]:
    """Return the rows of a method: identity first, then all, real, synthetic, and the tone bands.

    Rows without photos are left out, but for bands, which are listed to say that they are unproven.
    """
    real = [m for m in measured if not m.synthetic]
    synthetic = [m for m in measured if m.synthetic]
    rows = [_row("identity", measured, seed, identity=True), _row("all", measured, seed)]
    parts = (("real", real), ("synthetic", synthetic))
    rows += [_row(name, part, seed) for name, part in parts if part]
    for band in reversed(TONE_BANDS):
        rows.append(_row(f"skin {band}", [m for m in measured if m.band == band], seed))
    return rows


def _row(name: str, measured: Sequence[Measured], seed: int, identity: bool = False) -> Row:
    numbers = [m.identity if identity else m.result for m in measured]
    columns = {metric: [getattr(n, metric) for n in numbers] for metric in METRICS}
    groups = [m.group for m in measured]
    return Row(
        name=name,
        photos=len(measured),
        metrics={
            metric: bootstrap_mean(column, groups=groups, seed=seed)
            for metric, column in columns.items()
        },
        psnr_gain=bootstrap_difference(
            columns["psnr"], [m.identity.psnr for m in measured], groups=groups, seed=seed
        ),
    )
