"""A tone checkpoint's measurements as a readable table and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from .report import NOTHING, finite
from .tone_scores import ToneScore, band_shifts, good_light_row, tone_rows

COLUMNS = {
    "photos": ("photos", 0),
    "psnr": ("PSNR dB", 2),
    "delta_e": ("delta E", 2),
    "psnr_hc": ("PSNR^HC", 2),
    "delta_e_hc": ("delta E^HC", 2),
    "m_glc": ("M_GLC", 2),
}


def tone_text(scores: Sequence[ToneScore]) -> str:
    """Return the table, identity first, and two lines on photos in good light."""
    lines = [f"{'':22}" + "".join(f"{heading:>12}" for heading, _ in COLUMNS.values())]
    lines += [f"{name:22}" + _cells(row) for name, row in tone_rows(scores).items()]
    good = good_light_row(scores)
    lines.append(
        f"in good light: {good['dead_zone_share']:.1%} of {good['photos']} photos unchanged to the "
        f"bit, largest change of the others delta E {good['largest_delta_e']:.2f}"
    )
    shifts = [f"{band} {shift:+.2f} (n={n})" for band, (shift, n) in band_shifts(scores).items()]
    lines.append(f"skin's ITA in good light, degrees: {', '.join(shifts) or NOTHING}")
    return "\n".join(lines)


def _cells(row: Mapping[str, float]) -> str:
    texts = []
    for metric, (_, decimals) in COLUMNS.items():
        value = finite(row.get(metric, float("nan")))
        texts.append(NOTHING if value is None else f"{value:.{decimals}f}")
    return "".join(f"{text:>12}" for text in texts)


def tone_json(scores: Sequence[ToneScore]) -> dict[str, Any]:
    """Return rows, good light, bands and every photo; what is no finite number becomes None."""
    return {
        "rows": {name: _finite(row) for name, row in tone_rows(scores).items()},
        "good_light": good_light_row(scores),
        "ita_shift": {band: shift for band, (shift, _) in band_shifts(scores).items()},
        "photos": [_finite(asdict(score)) for score in scores],
    }


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _finite(value)
        if isinstance(value, Mapping)
        else (finite(value) if isinstance(value, float) else value)
        for name, value in values.items()
    }
