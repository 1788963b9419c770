"""The curves of a training run, read from its log and drawn as SVG."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LOG_FILE = "log.jsonl"
# What people look at first comes first.
GROUPS = ("validation", "training")
WIDTH, HEIGHT = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 26, 24
MOST_POINTS = 400


@dataclass(frozen=True)
class Curve:
    """A logged number: points (samples, value) from the first to the last, at least one."""

    name: str
    points: tuple[tuple[int, float], ...]


def run_curves(folder: Path) -> list[Curve]:
    """Return the curves of a run's log, validation first; none where there is no log.

    A run that was killed and went on has logged some samples twice: the later line counts. Lines
    that were cut off and values that are not finite are left out.
    """
    values: dict[tuple[str, str], dict[int, float]] = {}
    for line in _lines(folder / LOG_FILE):
        for group in GROUPS:
            for name, value in line.get(group, {}).items():
                if isinstance(value, int | float) and math.isfinite(value):
                    values.setdefault((group, name), {})[int(line["samples"])] = float(value)
    ordered = sorted(values, key=lambda key: GROUPS.index(key[0]))
    return [
        Curve(f"{group}: {name}", tuple(sorted(values[group, name].items())))
        for group, name in ordered
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        texts = path.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line for line in map(_parsed, texts) if "samples" in line]


def _parsed(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def curves_svg(curves: list[Curve]) -> SafeString:
    """Return one small chart per curve; colours are those of the text around them."""
    return format_html_join(" ", "{}", ((_chart(curve),) for curve in curves))


def _chart(curve: Curve) -> SafeString:
    points = _thinned(curve.points)
    values = [value for _, value in points]
    low, high = min(values), max(values)
    last_samples = max(points[-1][0], 1)
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT

    def place(samples: int, value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        x = LEFT + (right - LEFT) * samples / last_samples
        return f"{x:.1f},{bottom - (bottom - TOP) * share:.1f}"

    line = " ".join(place(samples, value) for samples, value in points)
    x, y = place(*points[-1]).split(",")
    label = f"{curve.name}, now {values[-1]:.4g}, from {low:.4g} to {high:.4g}"
    return format_html(
        '<svg width="{}" height="{}" role="img" aria-label="{}" font-size="11" fill="currentColor">'
        '<text x="{}" y="14" font-weight="bold">{}</text>'
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
        '<text x="{}" y="{}">0</text><text x="{}" y="{}" text-anchor="end">{} samples</text>'
        '<path d="M{} {}V{}H{}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        '<circle cx="{}" cy="{}" r="2.5"/></svg>',
        WIDTH, HEIGHT, label,
        LEFT, f"{curve.name}: {values[-1]:.4g}",
        LEFT - 6, TOP + 4, f"{high:.4g}",
        LEFT - 6, bottom, f"{low:.4g}" if high > low else "",
        LEFT, HEIGHT - 8, right, HEIGHT - 8, f"{points[-1][0]:,}",
        LEFT, TOP, bottom, right,
        line, x, y,
    )  # fmt: skip


def _thinned(points: tuple[tuple[int, float], ...]) -> list[tuple[int, float]]:
    """Return every n-th point, the last one always."""
    step = math.ceil(len(points) / MOST_POINTS)
    return [*points[:-1:step], points[-1]]
