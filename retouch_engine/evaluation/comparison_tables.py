"""A comparison's numbers as JSON and as Markdown: quality of every method, and what it costs."""

import math
from collections.abc import Sequence
from typing import Any

from .comparison import Standing
from .measurement import Row
from .report import NOTHING, Column, finite, interval_json, measured_json, rows_json

QUALITY = (
    Column("PSNR dB", "psnr", 2, interval=True),
    Column("fixed %", "fixed_share", 1, 100.0, interval=True),
    Column("inside", "inside_error", 2),
    Column("outside", "outside_error", 3),
    Column("soft IoU", "soft_iou", 3),
    Column("SSIM", "ssim", 4),
    Column("texture", "texture_kept", 3),
    Column("delta E", "tone_delta_e", 3),
    Column("LPIPS", "lpips", 4),
)
ARTEFACTS = ("droplet", "noise", "checkerboard", "seam")


def comparison_json(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """Return one object per method: its rows, costs, artefacts, failures and every photo."""
    return [
        {
            "method": standing.contender.name,
            "description": standing.contender.description,
            "note": standing.note,
            "parameters": standing.contender.parameters,
            "samples_seen": standing.contender.samples,
            "seconds_per_photo": finite(standing.median_seconds),
            "artefacts": {name: finite(standing.artefact_share(name)) for name in ARTEFACTS},
            "psnr_gain": interval_json(standing.overall.psnr_gain) if standing.overall else None,
            "rows": rows_json(standing.rows()) if standing.measured else [],
            "failures": standing.failures,
            "photos": measured_json(standing.measured),
        }
        for standing in standings
    ]


def comparison_markdown(standings: Sequence[Standing], title: str) -> str:
    """Return two tables: what each method does to pictures, and what it costs."""
    return "\n".join(
        [
            f"## {title}",
            "",
            *_quality(standings),
            "",
            *_artefacts(standings),
            "",
            *_costs(standings),
            "",
        ]
    )


def quality_cells(standings: Sequence[Standing]) -> tuple[list[str], list[list[str]]]:
    """Return headings and one list of cells per method, its note last."""
    shown = [column for column in QUALITY if _is_measured(column, standings)]
    headings = ["method", "photos", *(column.heading for column in shown), "PSNR gain dB", ""]
    return headings, [_quality_row(standing, shown) for standing in standings]


def _is_measured(column: Column, standings: Sequence[Standing]) -> bool:
    rows = [standing.overall for standing in standings]
    return any(row is not None and row.metrics[column.metric].count for row in rows)


def _quality_row(standing: Standing, columns: Sequence[Column]) -> list[str]:
    row = standing.overall
    if row is None:
        return [standing.contender.name, "0", *[NOTHING] * (len(columns) + 1), "failed"]
    cells = [column.text(row) for column in columns]
    return [standing.contender.name, str(row.photos), *cells, _gain(row), standing.note]


def _gain(row: Row) -> str:
    gain = row.psnr_gain
    return f"{gain.mean:+.2f}" if math.isfinite(gain.mean) else NOTHING


def artefact_cells(standings: Sequence[Standing]) -> tuple[list[str], list[list[str]]]:
    """Return headings and, per method, the share of photos with each artefact in percent."""
    return ["photos with", *(f"{name} %" for name in ARTEFACTS)], [
        [s.contender.name, *(_percent(s.artefact_share(name)) for name in ARTEFACTS)]
        for s in standings
    ]


def cost_cells(standings: Sequence[Standing]) -> tuple[list[str], list[list[str]]]:
    """Return headings and, per method, run time, parameters and samples seen in training."""
    headings = ["method", "seconds per photo", "parameters, millions", "samples seen", ""]
    return headings, [
        [
            standing.contender.name,
            f"{standing.median_seconds:.2f}",
            f"{standing.contender.parameters / 1e6:.2f}",
            f"{standing.contender.samples:,}",
            standing.contender.description,
        ]
        for standing in standings
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if math.isfinite(share) else NOTHING


def _quality(standings: Sequence[Standing]) -> list[str]:
    return _markdown(*quality_cells(standings))


def _artefacts(standings: Sequence[Standing]) -> list[str]:
    return _markdown(*artefact_cells(standings))


def _costs(standings: Sequence[Standing]) -> list[str]:
    return _markdown(*cost_cells(standings))


def _markdown(headings: list[str], rows: list[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
