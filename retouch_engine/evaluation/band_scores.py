"""Whether all skin tones are served alike: the worst band beside the best."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .metrics import TONE_BANDS, Interval


@dataclass(frozen=True)
class BandScores:
    """Bands of skin tone with photos enough (5), darkest first; each value by band.

    fixed_share: up to 1; tone_delta_e: CIEDE2000; tone_lightness: L*, positive is lightened.
    """

    fixed_share: dict[str, float]
    tone_delta_e: dict[str, float]
    tone_lightness: dict[str, float]

    @property
    def worst(self) -> str | None:
        """Return the band where the least is fixed; None without bands."""
        return min(self.fixed_share, key=lambda b: self.fixed_share[b], default=None)

    @property
    def best(self) -> str | None:
        """Return the band where the most is fixed; None without bands."""
        return max(self.fixed_share, key=lambda b: self.fixed_share[b], default=None)

    @property
    def ratio(self) -> float:
        """Return the worst band's fixed share over the best's; NaN without two bands."""
        if self.worst is None or self.best is None or len(self.fixed_share) < 2:
            return float("nan")
        best = self.fixed_share[self.best]
        return self.fixed_share[self.worst] / best if best > 0 else float("nan")


def band_scores(rows: Mapping[str, Mapping[str, Interval]]) -> BandScores:
    """Return the bands of a table's rows, {row's name: {metric: mean and interval}}."""
    found = {
        band: metrics
        for band in TONE_BANDS
        if (metrics := rows.get(f"skin {band}")) is not None
        and metrics["fixed_share"].proven
        and math.isfinite(metrics["fixed_share"].mean)
    }
    fixed, delta_e, lightness = (
        {band: metrics[name].mean for band, metrics in found.items()}
        for name in ("fixed_share", "tone_delta_e", "tone_lightness")
    )
    return BandScores(fixed, delta_e, lightness)
