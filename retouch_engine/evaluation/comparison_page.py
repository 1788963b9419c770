"""The comparison as a page that needs no server: tables, and pictures that zoom together."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from .comparison import IDENTITY, Standing
from .comparison_tables import (
    artefact_cells,
    cost_cells,
    failure_lines,
    quality_cells,
    run_time_note,
)
from .measurement import BEHIND, Subject

Image = NDArray[np.uint8]
ASSETS = Path(__file__).parent / "comparison_assets"
# The longest side of a picture: larger faces are cut to their middle, never made smaller.
LONGEST_SIDE = 1024
# A photo's own pictures, which lie beside those of the methods.
PHOTO_PICTURES = ("source", "truth")
INTERVAL = re.compile(r"^(\S+) (\(\S+\.\.\S+\))$")


@dataclass(frozen=True)
class Shown:
    """One photo of the page: its folder of pictures, and what each method made of it."""

    name: str
    folder: str
    methods: list[str]

    @property
    def title(self) -> str:
        """Return the file's name, without its folder."""
        return Path(self.name).name


@dataclass
class ComparisonPage:
    """Writes pictures while the comparison runs, and the page at its end.

    folder: an existing folder; every: each how many-th photo is shown.
    """

    folder: Path
    every: int = 1
    shown: list[Shown] = field(default_factory=list)

    def add(self, number: int, subject: Subject, results: dict[str, Image]) -> None:
        """Write one photo's pictures, lossless crops around the largest face at full size."""
        if number % self.every:
            return
        name = f"pictures/{number:04d}"
        place = _place(subject)
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        own = zip(PHOTO_PICTURES, (subject.source, subject.truth), strict=True)
        for key, pixels in [*own, *results.items()]:
            picture = PillowImage.fromarray(np.ascontiguousarray(pixels[place]))
            picture.save(self.folder / name / f"{key}.png")
        self.shown.append(Shown(subject.name, name, list(results)))

    def write(self, standings: Sequence[Standing], title: str) -> Path:
        """Write index.html with its script and style; return its path."""
        for asset in ("comparison.js", "comparison.css"):
            shutil.copyfile(ASSETS / asset, self.folder / asset)
        page = Template((ASSETS / "page.html").read_text())
        tables = (quality_cells, artefact_cells, cost_cells)
        failures = "".join(f"<li>{escape(line)}</li>" for line in failure_lines(standings))
        path = self.folder / "index.html"
        path.write_text(
            page.substitute(
                title=escape(title),
                tables="\n".join(_table(*cells(standings)) for cells in tables),
                run_time=escape(run_time_note()),
                failures=f"<h2>Failures</h2><ul>{failures}</ul>" if failures else "",
                photos="\n".join(_photo(photo, standings) for photo in self.shown),
            )
        )
        return path


def _place(subject: Subject) -> tuple[slice, slice]:
    """Return where the face is: what is neither rest of the photo nor further than the limit."""
    ys, xs = np.nonzero(~subject.regions.rest)
    height, width = subject.source.shape[:2]
    if not len(ys):
        return _middle(0, height), _middle(0, width)
    return _middle(ys.min(), ys.max() + 1), _middle(xs.min(), xs.max() + 1)


def _middle(start: int, stop: int) -> slice:
    surplus = max(stop - start - LONGEST_SIDE, 0)
    first = start + surplus // 2
    return slice(int(first), int(first + min(stop - start, LONGEST_SIDE)))


def _table(headings: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "\n".join(_table_row(row) for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(headings[0])}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _table_row(cells: list[str]) -> str:
    behind = ' class="behind"' if cells[-1] == BEHIND else ""
    rest = "".join(f"<td>{_cell(cell)}</td>" for cell in cells[1:])
    return f'<tr{behind}><th scope="row">{escape(cells[0])}</th>{rest}</tr>'


def _cell(text: str) -> str:
    """Return a cell's text with its interval in small letters below."""
    return INTERVAL.sub(r"\1<br><small>\2</small>", escape(text))


def _photo(photo: Shown, standings: Sequence[Standing]) -> str:
    figures = [
        _figure(photo, standing.contender.name, _caption(standing, photo.name))
        if standing.contender.name in photo.methods
        else _failed(standing, photo)
        for standing in standings
    ]
    figures.append(_figure(photo, "truth", "truth"))
    row = f'<div class="row">{"".join(figures)}</div>'
    return f'<section class="photo"><h2>{escape(photo.title)}</h2>{row}</section>'


def _caption(standing: Standing, photo: str) -> str:
    """Return the method's name, its gain on this photo, and whether it is behind on them all."""
    method = standing.contender.name
    gains = [m.result.psnr - m.identity.psnr for m in standing.measured if m.name == photo]
    if method == IDENTITY or not np.isfinite(gains).all():
        return method
    behind = f", {standing.note}" if standing.note == BEHIND else ""
    return f"{method} {gains[0]:+.1f} dB{behind}"


def _failed(standing: Standing, photo: Shown) -> str:
    reasons = [line for line in standing.failures if line.startswith(f"{photo.name}: ")]
    reason = reasons[0].removeprefix(f"{photo.name}: ") if reasons else "no result"
    return (
        f'<figure><div class="failed">failed: {escape(reason)}</div>'
        f"<figcaption>{escape(standing.contender.name)}</figcaption></figure>"
    )


def _figure(photo: Shown, method: str, caption: str) -> str:
    result = f"{photo.folder}/{escape(method)}.png"
    name = escape(f"{method}, {photo.title}")
    return (
        f'<figure><div class="view" data-source="{photo.folder}/source.png" '
        f'data-truth="{photo.folder}/truth.png" data-result="{result}">'
        f'<img class="picture" loading="lazy" draggable="false" alt="{name}" src="{result}">'
        f"</div><figcaption>{escape(caption)}</figcaption></figure>"
    )
