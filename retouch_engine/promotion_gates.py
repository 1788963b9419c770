"""The gates of a promotion: pure functions from measured photos to verdicts.

Candidate and current are measured on the same photos in the same order. All intervals are paired
bootstrap intervals over sitters, see `evaluation.metrics.statistics`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retouch_engine.evaluation import Measured
from retouch_engine.evaluation.metrics import (
    TONE_BANDS,
    Interval,
    bootstrap_difference,
    bootstrap_reduction,
)

# By which share the mean squared error must be lower than the current checkpoint's.
LEAST_REDUCTION = 0.03
# The largest difference between torch and ONNX, of values in 0..1.
LARGEST_DIFFERENCE = 1e-3

BEATS_IDENTITY = "beats identity"


@dataclass(frozen=True)
class Verdict:
    """What a gate says; text: the figures in words; figures: the same as numbers, None for none."""

    gate: str
    passed: bool
    text: str
    figures: Mapping[str, float | int | None] = field(default_factory=dict)


def quality_verdicts(candidate: Sequence[Measured], current: Sequence[Measured]) -> list[Verdict]:
    """Return the verdicts of the gates that look at pictures.

    Raises ValueError where the two were not measured on the same photos.
    """
    if [m.name for m in candidate] != [m.name for m in current]:
        raise ValueError("candidate and current were measured on different photos")
    return [
        beats_identity(candidate),
        beats_current(candidate, current),
        no_band_regresses(candidate, current),
        free_of_artefacts(candidate),
    ]


def beats_identity(candidate: Sequence[Measured]) -> Verdict:
    """Pass where the whole interval of the PSNR gain (dB) on the untouched photos is above zero."""
    gain = bootstrap_difference(
        [m.result.psnr for m in candidate],
        [m.identity.psnr for m in candidate],
        groups=[m.group for m in candidate],
    )
    text = f"PSNR {gain.mean:+.2f} dB [{gain.low:+.2f}, {gain.high:+.2f}]{_photos(gain)}"
    return Verdict(BEATS_IDENTITY, gain.proven and gain.low > 0, text, _figures(gain))


def beats_current(candidate: Sequence[Measured], current: Sequence[Measured]) -> Verdict:
    """Pass where the mean squared error is lower by 3 % or more, its whole interval above zero."""
    reduction = _reduction(candidate, current)
    passed = reduction.proven and reduction.mean >= LEAST_REDUCTION and reduction.low > 0
    text = f"mean squared error {_percent(reduction)}, at most -3 % wanted{_photos(reduction)}"
    return Verdict("beats the current one", passed, text, _figures(reduction))


def no_band_regresses(candidate: Sequence[Measured], current: Sequence[Measured]) -> Verdict:
    """Pass where no tone band of 5 sitters or more has a larger mean squared error than before.

    Smaller bands prove nothing: they are named, and do not decide. Where none is large enough the
    gate passes, and says so.
    """
    texts, figures, regressed = [], {}, []
    for band in reversed(TONE_BANDS):
        chosen = [index for index, m in enumerate(candidate) if m.band == band]
        reduction = _reduction([candidate[i] for i in chosen], [current[i] for i in chosen])
        figures[band] = _number(reduction.mean)
        if reduction.proven:
            texts.append(f"{band} {_percent(reduction)}")
        else:
            texts.append(f"{band} unproven (n={reduction.groups})")
        # Nothing to compare by (no error before, and some now) is a regression too.
        if reduction.proven and not reduction.mean >= 0 and _error(candidate, chosen) > 0:
            regressed.append(band)
    verb = f"{', '.join(regressed)} regressed; " if regressed else ""
    return Verdict("no tone band regresses", not regressed, verb + ", ".join(texts), figures)


def free_of_artefacts(candidate: Sequence[Measured]) -> Verdict:
    """Pass where no result has a droplet, a patch of noise, a checkerboard or a seam."""
    found = [m for m in candidate if m.artefacts]
    names = sorted({artefact for m in found for artefact in m.artefacts})
    text = f"none in {len(candidate)} photos"
    if found:
        text = f"{', '.join(names)} in {len(found)} of {len(candidate)}, first {found[0].name}"
    return Verdict("droplet-free", not found, text, {"photos": len(found)})


def runtimes_agree(difference: float) -> Verdict:
    """Pass where torch and ONNX differ by at most 1e-3 of values in 0..1; NaN does not pass."""
    text = f"torch and ONNX differ by {difference:.1e}, at most {LARGEST_DIFFERENCE:.0e} wanted"
    passed = difference <= LARGEST_DIFFERENCE
    return Verdict("ONNX parity", passed, text, {"difference": _number(difference)})


def _reduction(candidate: Sequence[Measured], current: Sequence[Measured]) -> Interval:
    return bootstrap_reduction(
        [m.result.mse for m in current],
        [m.result.mse for m in candidate],
        groups=[m.group for m in candidate],
    )


def _error(measured: Sequence[Measured], chosen: list[int]) -> float:
    return sum(measured[index].result.mse for index in chosen)


def _percent(reduction: Interval) -> str:
    """Return a reduction as the change that it is, ends in order: 0.03 is -3.0 %."""
    mean, best, worst = (-100 * x for x in (reduction.mean, reduction.high, reduction.low))
    return f"{mean:+.1f} % [{best:+.1f}, {worst:+.1f}]"


def _photos(interval: Interval) -> str:
    unproven = "" if interval.proven else ": unproven, 5 are needed"
    shared = f" of {interval.groups} sitters" if interval.groups < interval.count else ""
    return f", {interval.count} photo{'s' * (interval.count != 1)}{shared}{unproven}"


def _figures(interval: Interval) -> dict[str, float | int | None]:
    ends = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    counts = {"photos": interval.count, "sitters": interval.groups}
    return {**{name: _number(value) for name, value in ends.items()}, **counts}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
