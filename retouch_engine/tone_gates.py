"""The gates of a tone checkpoint: pure functions from measured photos to verdicts."""

from collections.abc import Sequence

import numpy as np

from retouch_engine.evaluation.metrics import (
    UNPROVEN_BELOW,
    bootstrap_difference,
    bootstrap_reduction,
)
from retouch_engine.evaluation.tone_scores import ToneScore, band_shifts, good_light_row
from retouch_engine.promotion_gates import BEATS_IDENTITY, LEAST_REDUCTION, Verdict

# Of the mean PSNR, in dB, and of the mean delta E ab of bad light, what must be left at most.
LEAST_GAIN, MOST_DELTA_E_LEFT = 4.0, 0.5
# Of photos in good light so many get no change at all, and no other a larger one, delta E ab.
LEAST_DEAD_ZONE_SHARE, LARGEST_KEPT_DELTA_E = 0.8, 1.5
# Degrees of ITA, the mean of a tone band in good light.
LARGEST_ITA_SHIFT = 2.0


def tone_verdicts(
    candidate: Sequence[ToneScore], current: Sequence[ToneScore] | None
) -> list[Verdict]:
    """Return the verdicts on a candidate; current: the one that serves, None where none does.

    Raises ValueError where the two were not measured on the same photos.
    """
    verdicts = [
        gains_enough(candidate),
        halves_delta_e(candidate),
        leaves_good_light(candidate),
        lightens_nobody(candidate),
    ]
    if current is None:
        return verdicts
    if [score.name for score in candidate] != [score.name for score in current]:
        raise ValueError("candidate and current were measured on different photos")
    return [*verdicts, beats_current(candidate, current)]


def gains_enough(scores: Sequence[ToneScore]) -> Verdict:
    """Pass where the mean PSNR gain is 4 dB or more, its whole interval above zero."""
    gain = bootstrap_difference(
        [score.result.psnr for score in scores],
        [score.identity.psnr for score in scores],
        groups=[score.group for score in scores],
    )
    passed = gain.proven and gain.low > 0 and gain.mean >= LEAST_GAIN
    text = f"PSNR {gain.mean:+.2f} dB [{gain.low:+.2f}, {gain.high:+.2f}], +{LEAST_GAIN:g} wanted"
    figures = {"mean": gain.mean, "low": gain.low, "high": gain.high}
    return Verdict(BEATS_IDENTITY, passed, text, figures)


def halves_delta_e(scores: Sequence[ToneScore]) -> Verdict:
    """Pass where half or less of the mean delta E ab is left."""
    before = float(np.mean([score.identity.delta_e for score in scores]))
    after = float(np.mean([score.result.delta_e for score in scores]))
    text = f"delta E {before:.2f} -> {after:.2f}, at most {MOST_DELTA_E_LEFT * before:.2f} wanted"
    passed = after <= MOST_DELTA_E_LEFT * before
    return Verdict("halves delta E", passed, text, {"before": before, "after": after})


def leaves_good_light(scores: Sequence[ToneScore]) -> Verdict:
    """Pass where 80 % of well-lit photos get no change and the others at most delta E ab 1.5."""
    row = good_light_row(scores)
    share, largest = row["dead_zone_share"], row["largest_delta_e"]
    text = (
        f"{share:.0%} without any change, at least {LEAST_DEAD_ZONE_SHARE:.0%} wanted; "
        f"largest change of the others {largest:.2f}, at most {LARGEST_KEPT_DELTA_E:g} wanted"
    )
    passed = share >= LEAST_DEAD_ZONE_SHARE and largest <= LARGEST_KEPT_DELTA_E
    return Verdict("leaves good light", passed, text, row)


def lightens_nobody(scores: Sequence[ToneScore]) -> Verdict:
    """Pass where no tone band's well-lit skin moves by more than 2 degrees of ITA either way.

    Bands of fewer than 5 photos are named, and decide too: 0 is what is expected of each.
    """
    shifts = band_shifts(scores)
    texts = [
        f"{band} {shift:+.1f}" + (f" (n={count})" if count < UNPROVEN_BELOW else "")
        for band, (shift, count) in shifts.items()
    ]
    passed = all(abs(shift) <= LARGEST_ITA_SHIFT for shift, _ in shifts.values())
    figures: dict[str, float | int | None] = {band: shift for band, (shift, _) in shifts.items()}
    return Verdict("lightens nobody", passed, "ITA " + ", ".join(texts), figures)


def beats_current(candidate: Sequence[ToneScore], current: Sequence[ToneScore]) -> Verdict:
    """Pass where the mean delta E ab is lower by 3 % or more, its whole interval above zero."""
    reduction = bootstrap_reduction(
        [score.result.delta_e for score in current],
        [score.result.delta_e for score in candidate],
        groups=[score.group for score in candidate],
    )
    passed = reduction.proven and reduction.mean >= LEAST_REDUCTION and reduction.low > 0
    text = f"delta E {-100 * reduction.mean:+.1f} %, at most -3 % wanted"
    figures = {"mean": reduction.mean, "low": reduction.low, "high": reduction.high}
    return Verdict("beats the current one", passed, text, figures)
