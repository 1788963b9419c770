"""A comparison's numbers as JSON and as Markdown: quality of every method, and what it costs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .comparison import Standing, processor
from .measurement import Row
from .metrics import Interval
from .report import (
    ARTEFACTS,
    NOTHING,
    Column,
    finite,
    interval_json,
    interval_text,
    measured_json,
    rows_json,
)

QUALITY = (
    Column("PSNR dB", "psnr", 2, interval=True),
    Column("fixed %", "fixed_share", 1, 100.0, interval=True),
    Column("inside", "inside_error", 2, interval=True),
    Column("outside", "outside_error", 3, interval=True),
    Column("soft IoU", "soft_iou", 3, interval=True),
    Column("SSIM", "ssim", 4, interval=True),
    Column("texture", "texture_kept", 3, interval=True),
    Column("delta E", "tone_delta_e", 3, interval=True),
    Column("LPIPS", "lpips", 4, interval=True),
)


# PPR10K's measures, as `GroupMeasures` names them.
TONE = {
    "delta_e": "delta E ab",
    "psnr_hc": "PSNR^HC",
    "delta_e_hc": "delta E^HC",
    "m_glc": "M_GLC",
}


def tone_markdown(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Return PPR10K's measures of methods as a table; "" where the photos allow none.

    table: {method: {metric: Interval or number}}.
    """
    shown = [metric for metric in TONE if any(metric in row for row in table.values())]
    if not shown:
        return ""
    lines = [
        f"| method | {' | '.join(TONE[metric] for metric in shown)} |",
        f"|---|{'---|' * len(shown)}",
    ]
    for method, row in table.items():
        values = [row.get(metric) for metric in shown]
        cells = [
            interval_text(value, 2)
            if isinstance(value, Interval)
            else (NOTHING if value is None else f"{value:.3f}")
            for value in values
        ]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n" + "\n".join(lines) + "\n"


def comparison_json(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """Return one object per method: its rows, costs, artefacts, failures and every photo."""
    return [
        {
            "method": standing.contender.name,
            "description": standing.contender.description,
            "note": standing.note,
            "parameters": standing.contender.parameters,
            "samples_seen": standing.contender.samples,
            "training_seconds": standing.contender.training_seconds,
            "seconds_per_photo": finite(standing.median_seconds),
            "artefacts": {n: interval_json(share) for n, share in standing.artefacts.items()},
            "psnr_gain": interval_json(standing.overall.psnr_gain) if standing.overall else None,
            "rows": rows_json(standing.rows()) if standing.measured else [],
            "failures": standing.failures,
            "photos": measured_json(standing.measured),
        }
        for standing in standings
    ]


def comparison_markdown(standings: Sequence[Standing], title: str) -> str:
    """Return tables: what each method does to pictures, and what it costs; then what failed."""
    parts = [[f"## {title}"]]
    parts += [_markdown(*cells(standings)) for cells in (quality_cells, artefact_cells, cost_cells)]
    parts += [[run_time_note()], [f"- {line}" for line in failure_lines(standings)]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def run_time_note() -> str:
    """Return what the run times mean, and the machine they were taken on."""
    return (
        "Seconds per photo: the median, from the decoded photo to the retouched one, without "
        f"reading and writing files, on {processor()}."
    )


def failure_lines(standings: Sequence[Standing]) -> list[str]:
    """Return one line per photo that a method failed on, with the reason."""
    return [f"{s.contender.name} failed on {failure}" for s in standings for failure in s.failures]


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
    text = interval_text(row.psnr_gain, 2)
    return f"+{text}" if row.psnr_gain.mean >= 0 else text


def artefact_cells(standings: Sequence[Standing]) -> tuple[list[str], list[list[str]]]:
    """Return headings and, per method, the share of photos with each artefact in percent."""
    return ["photos with", *(f"{name} %" for name in ARTEFACTS)], [
        [s.contender.name, *(interval_text(share, 0, 100.0) for share in s.artefacts.values())]
        for s in standings
    ]


def cost_cells(standings: Sequence[Standing]) -> tuple[list[str], list[list[str]]]:
    """Return headings and, per method, run time, parameters, and what its training took."""
    headings = [
        "method",
        "seconds per photo",
        "parameters, millions",
        "samples seen",
        "minutes trained",
        "",
    ]
    return headings, [
        [
            standing.contender.name,
            _number(standing.median_seconds, 2),
            f"{standing.contender.parameters / 1e6:.2f}",
            f"{standing.contender.samples:,}",
            _number((standing.contender.training_seconds or math.nan) / 60, 1),
            standing.contender.description,
        ]
        for standing in standings
    ]


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if math.isfinite(value) else NOTHING


def _markdown(headings: list[str], rows: list[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
