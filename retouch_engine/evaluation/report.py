"""Measurements as a readable table and as JSON."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .measurement import Measured, Row
from .metrics import Interval, bootstrap_mean

NOTHING = "-"
ARTEFACTS = ("droplet", "noise", "checkerboard", "seam")


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, the metric, decimals and what values are multiplied by."""

    heading: str
    metric: str
    decimals: int
    factor: float = 1.0
    interval: bool = False

    @property
    def width(self) -> int:
        """Return how many characters the column takes."""
        return 23 if self.interval else max(len(self.heading), 8) + 2

    def text(self, row: Row) -> str:
        """Return a row's value, with its interval where the column shows it."""
        return interval_text(
            row.metrics[self.metric], self.decimals, self.factor, ends=self.interval
        )


EDIT_COLUMNS = (
    Column("PSNR dB", "psnr", 2, interval=True),
    Column("fixed %", "fixed_share", 1, 100.0, interval=True),
    Column("inside", "inside_error", 2),
    Column("outside", "outside_error", 3),
    Column("rest", "rest_error", 3),
)
PICTURE_COLUMNS = (
    Column("SSIM", "ssim", 4),
    Column("soft IoU", "soft_iou", 3),
    Column("texture", "texture_kept", 3),
    Column("delta E", "tone_delta_e", 3),
    Column("L*", "tone_lightness", 3),
    Column("ITA", "tone_ita", 2),
    Column("LPIPS", "lpips", 4),
)


def interval_text(value: Interval, decimals: int, factor: float = 1.0, *, ends: bool = True) -> str:
    """Return `mean (low to high)`, or the mean alone; a dash where there is nothing."""
    if not math.isfinite(value.mean):
        return NOTHING
    mean, low, high = (f"{factor * v:.{decimals}f}" for v in (value.mean, value.low, value.high))
    return f"{mean} ({low}..{high})" if ends and value.groups > 1 else mean


def text_tables(rows: Sequence[Row]) -> str:
    """Return two tables below one another, at most 100 characters wide."""
    shown = [c for c in PICTURE_COLUMNS if any(r.metrics[c.metric].count for r in rows)]
    return f"{_table(rows, EDIT_COLUMNS, notes=True)}\n\n{_table(rows, shown)}"


def _table(rows: Sequence[Row], columns: Sequence[Column], *, notes: bool = False) -> str:
    lines = [_line("row", "photos", [column.heading for column in columns], columns)]
    for row in rows:
        line = _line(row.name, str(row.photos), [column.text(row) for column in columns], columns)
        lines.append(line)
        if notes and row.note and row.photos and row.name != "identity":
            lines.append(f"  {row.name}: {row.note}")
    return "\n".join(line.rstrip() for line in lines)


def _line(name: str, photos: str, cells: Sequence[str], columns: Sequence[Column]) -> str:
    aligned = (f"{cell:>{column.width}}" for cell, column in zip(cells, columns, strict=True))
    return f"{name:<18}{photos:>6}{''.join(aligned)}"


def artefact_shares(measured: Sequence[Measured]) -> dict[str, Interval]:
    """Return the share of results with each artefact, 0..1; NaN without photos."""
    return {
        name: bootstrap_mean(
            [float(name in one.artefacts) for one in measured],
            groups=[one.group for one in measured],
        )
        for name in ARTEFACTS
    }


def artefacts_text(measured: Sequence[Measured]) -> str:
    """Return one line that says on how many photos in a hundred an artefact was added."""
    shares = artefact_shares(measured).items()
    parts = (f"{name} {interval_text(share, 0, 100.0, ends=False)} %" for name, share in shares)
    return f"photos with artefacts: {', '.join(parts)}"


def rows_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON values; what was not measured is null."""
    return [
        {
            "row": row.name,
            "photos": row.photos,
            "note": row.note,
            "psnr_gain": interval_json(row.psnr_gain),
            **{metric: interval_json(value) for metric, value in row.metrics.items()},
        }
        for row in rows
    ]


def interval_json(value: Interval) -> dict[str, float | int | None]:
    """Return {mean, low, high, count, groups}; null for numbers that are not finite."""
    return {key: finite(number) for key, number in asdict(value).items()}


def measured_json(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """Return one object per photo with the untouched source's numbers beside the result's."""
    return [
        {
            "photo": one.name,
            "group": one.group,
            "synthetic": one.synthetic,
            "band": one.band,
            "artefacts": list(one.artefacts),
            "identity": {key: finite(value) for key, value in asdict(one.identity).items()},
            "result": {key: finite(value) for key, value in asdict(one.result).items()},
        }
        for one in measured
    ]


def finite(value: Any) -> Any:
    """Return a value as JSON allows it: NaN and infinity become None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def groups_text(table: dict[str, dict[str, Any]]) -> str:
    """Return PPR10K's measures as lines, "" where the data set has neither groups nor masks."""
    lines = []
    for name, values in table.items():
        parts = [f"{key} {_group_value(value)}" for key, value in values.items()]
        lines.append(f"{name:<18}{'   '.join(parts)}")
    return "\n".join(["", *lines]) if lines else ""


def _group_value(value: Interval | float) -> str:
    return interval_text(value, 3) if isinstance(value, Interval) else f"{value:.4g}"


def groups_json(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return PPR10K's measures as JSON values."""
    return {
        name: {
            key: interval_json(value) if isinstance(value, Interval) else finite(value)
            for key, value in values.items()
        }
        for name, values in table.items()
    }
