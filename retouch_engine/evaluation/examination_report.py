"""What an examination found, as tables of at most 100 characters and as JSON values."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .band_scores import BandScores, band_scores
from .clean_portraits import CleanRow, clean_rows
from .concern_scores import ConcernRow, ConcernScore, concern_rows
from .default_scores import DefaultRow, default_rows
from .examination import Examined
from .measurement import table_rows
from .metrics import Interval
from .report import finite, interval_json, interval_text
from .spot_rows import KeptRow, SortRow, kept_rows, sort_rows

NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class ExaminationRows:
    """All rows of an examination; bands: by what was done with the spots. Empty without photos."""

    default: list[DefaultRow]
    kept: list[KeptRow]
    sorts: list[SortRow]
    concerns: list[ConcernRow]
    clean: list[CleanRow]
    bands: dict[str, BandScores]


def examination_rows(examined: Sequence[Examined]) -> ExaminationRows:
    """Return the rows of photos whose spots are known; none of pairs but their bands."""
    default = [one.default for one in examined if one.default is not None]
    spots = [one.spots for one in examined if one.spots is not None]
    concerns = [one.concerns for one in examined if one.concerns is not None]
    rows = default_rows(default) if default else []
    removed = {row.name: row.metrics for row in table_rows([one.removed for one in examined])}
    bands = {"all removed": band_scores(removed)}
    if rows:
        bands["default"] = band_scores({row.name: row.metrics for row in rows})
    return ExaminationRows(
        default=rows,
        kept=kept_rows(spots),
        sorts=sort_rows(spots),
        concerns=concern_rows(concerns) if concerns else [],
        clean=clean_rows([one.clean for one in examined if one.clean is not None]),
        bands=bands,
    )


def examination_text(rows: ExaminationRows) -> str:
    """Return all tables that have rows, each under its title."""
    tables = (
        ("default recipe: blemishes go, moles and freckles stay", _default_table(rows.default)),
        ("default recipe: what stays as it was", _guard_table(rows.default)),
        ("moles and freckles: kept by default; their error gone when flipped", _kept(rows.kept)),
        ("sorts of spots (left: of all error that is left with everything removed)",
         _sorts(rows.sorts)),
        ("concerns, each painted alone and removed alone at strength 1", _concerns(rows.concerns)),
        ("clean photos by the default recipe", _clean(rows.clean)),
        ("bands of skin tone with 5 photos or more", _bands(rows.bands)),
    )  # fmt: skip
    return "".join(f"\n\n{title}\n{_aligned(lines)}" for title, lines in tables if len(lines) > 1)


Lines = list[list[str]]


def _default_table(rows: Sequence[DefaultRow]) -> Lines:
    lines = [["row", "photos", "PSNR dB", "gain dB", "fixed %", "inside", "outside", "rest"]]
    for row in rows:
        m = row.metrics
        lines.append(
            [
                row.name,
                str(row.photos),
                _mean(m["psnr"], 2),
                interval_text(row.psnr_gain, 2),
                interval_text(m["fixed_share"], 1, 100.0),
                _mean(m["inside_error"], 2),
                _mean(m["outside_error"], 3),
                _mean(m["rest_error"], 3),
            ]
        )
    return lines


def _guard_table(rows: Sequence[DefaultRow]) -> Lines:
    titles = ["row", "texture", "delta E", "L*", "landmarks px", "second run", "strength"]
    metrics = (
        ("texture_kept", 3), ("tone_delta_e", 3), ("tone_lightness", 3), ("landmarks_moved", 2),
        ("again_error", 3), ("strength", 3),
    )  # fmt: skip
    lines = [[row.name, *[_mean(row.metrics[n], d) for n, d in metrics]] for row in rows]
    return [titles, *lines]


def _kept(rows: Sequence[KeptRow]) -> Lines:
    lines = [["faces", "plain moles", "kept %", "moles", "kept %", "freckles", "kept %",
              "moles gone %", "freckles gone %"]]  # fmt: skip
    for row in rows:
        lines.append(
            [
                row.faces,
                *(str(row.prominent), _percent(row.prominent_kept)),
                *(str(row.moles), _percent(row.moles_kept)),
                *(str(row.freckles), _percent(row.freckles_kept)),
                *(_percent(row.moles_flipped), _percent(row.freckles_flipped)),
            ]
        )
    return lines


def _sorts(rows: Sequence[SortRow]) -> Lines:
    lines = [["faces", "sort", "spots", "found %", "fixed %", "fixed %, all removed", "left %"]]
    for row in rows:
        shares = (row.found_share, row.fixed_default, row.fixed_all, row.left_share)
        lines.append([row.faces, row.sort, str(row.spots), *map(_percent, shares)])
    return lines


def _concerns(rows: Sequence[ConcernRow]) -> Lines:
    lines = [["faces", "concern", "photos", "gone %", "painting gone %", "outside", "unpainted",
              "gain dB"]]  # fmt: skip
    for row in rows:
        m = row.metrics
        values = [
            interval_text(m["fixed_share"], 1, 100.0),
            interval_text(m["difference_gone"], 1, 100.0, ends=False),
            *(_mean(m["outside_error"], 3), _mean(m["unpainted_error"], 3)),
            _mean(m["psnr_gain"], 2),
        ] if m else [NOT_INSTALLED, "", "", "", ""]  # fmt: skip
        lines.append([row.faces, row.concern, str(row.photos), *values])
    return lines


def _clean(rows: Sequence[CleanRow]) -> Lines:
    lines = [["faces", "photos", "48 dB or more %", "PSNR dB", "least", "second run", "largest",
              "spots removed"]]  # fmt: skip
    for row in rows:
        decibels = [f"{value:.2f}" for value in (row.psnr, row.least_psnr)]
        again = [f"{value:.3f}" for value in (row.again_error, row.largest_again_error)]
        share = _percent(row.unchanged_share)
        removed = f"{row.spots_removed:.2f}"
        lines.append([row.faces, str(row.photos), share, *decibels, *again, removed])
    return lines


def _bands(bands: dict[str, BandScores]) -> Lines:
    lines = [["spots", "band", "fixed %", "of the best", "delta E", "L*"]]
    for name, scores in bands.items():
        best = scores.fixed_share[scores.best] if scores.best else math.nan
        for band, fixed in scores.fixed_share.items():
            ratio = f"{fixed / best:.2f}" if best > 0 else "-"
            tone = (scores.tone_delta_e[band], scores.tone_lightness[band])
            lines.append([name, band, _percent(fixed), ratio, *[f"{v:.3f}" for v in tone]])
    return lines


def _aligned(lines: Lines) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _mean(value: Interval, decimals: int) -> str:
    return interval_text(value, decimals, ends=False)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if math.isfinite(share) else "-"


def examination_json(rows: ExaminationRows, examined: Sequence[Examined]) -> dict[str, Any]:
    """Return every row and every photo as JSON values; what was not measured is null."""
    return {
        "default_recipe": [
            {
                "row": row.name,
                "photos": row.photos,
                "psnr_gain": interval_json(row.psnr_gain),
                **_intervals(row.metrics),
            }
            for row in rows.default
        ],
        "moles_and_freckles": [_values(row) for row in rows.kept],
        "sorts": [_values(row) for row in rows.sorts],
        "concerns": [
            {
                "faces": row.faces,
                "concern": row.concern,
                "photos": row.photos,
                "installed": bool(row.metrics),
                **_intervals(row.metrics),
            }
            for row in rows.concerns
        ],
        "clean": [_values(row) for row in rows.clean],
        "bands": {
            name: {**_values(scores), "worst_of_best": finite(scores.ratio)}
            for name, scores in rows.bands.items()
        },
        "examined": [_photo_json(one) for one in examined],
    }


def _photo_json(one: Examined) -> dict[str, Any]:
    def concerns(scores: dict[str, ConcernScore]) -> dict[str, Any]:
        return {name: _values(score) for name, score in scores.items()}

    return {
        "photo": one.removed.name,
        "default": one.default and _values(one.default.result),
        "default_identity": one.default and _values(one.default.identity),
        "spots": one.spots and [_values(outcome) for outcome in one.spots.outcomes],
        "concerns": one.concerns and concerns(one.concerns.result),
        "clean": one.clean and _values(one.clean),
    }


def _intervals(metrics: dict[str, Interval]) -> dict[str, Any]:
    return {name: interval_json(value) for name, value in metrics.items()}


def _values(row: Any) -> dict[str, Any]:
    return {name: finite(value) for name, value in asdict(row).items()}
