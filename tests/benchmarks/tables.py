"""The tables of docs/performance.md: from what `make bench` measured to Markdown."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- make bench writes from here -->", "<!-- make bench writes to here -->"
PORTRAIT, SEVERAL, LARGE = "24 MP, 1 face", "24 MP, 4 faces", "100 MP, 1 face"
RUNTIMES = {"onnx": "ONNX Runtime", "torch": "torch, eager"}


@dataclass(frozen=True)
class Results:
    """What the parts printed; `photos` on one core by title, `photo_all` on all cores.

    decision: what a mark's flip costs, light: the whole path without and with it, both by cores.
    """

    cores: int
    generator: dict[str, dict[str, Any]]
    photos: dict[str, dict[str, Any]]
    photo_all: dict[str, Any]
    mebibytes: dict[str, float]
    starts: list[dict[str, float]]
    decision: dict[str, dict[str, float]]
    light: dict[str, dict[str, float]]


def write(results: Results, page: Path) -> None:
    """Replace what lies between the page's two markers; raises ValueError without them."""
    text = page.read_text()
    before, marker, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not marker or not end:
        raise ValueError(f"{page} lacks the markers between which the tables go")
    tables = "\n".join(_lines(results))
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}")


def _lines(results: Results) -> Iterator[str]:
    yield from _section("Floors of this machine", _floors(results))
    yield from _section("Generator at 1024 x 1024, fp32", _generators(results))
    yield from _section("A 24 MP photo with one face, from file to file", _stages(results))
    yield from _section("Faces and megapixels", _growth(results))
    yield from _section("A decision on one mark of a 24 MP photo", _decision(results))
    yield from _section("A 24 MP photo in bad light, from file to file", _light(results))
    yield from _section("From a worker's start to its first result", _starts(results))


def _section(title: str, rows: Iterator[Sequence[str]]) -> Iterator[str]:
    header, *body = rows
    yield from (f"### {title}", "", _row(header), _row(["---", *["---:"] * (len(header) - 1)]))
    yield from (*map(_row, body), "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _floors(results: Results) -> Iterator[Sequence[str]]:
    one, whole = results.photos[PORTRAIT]["cpu"], results.photo_all["wall"]
    speeds = [f"{part['gflops']:.0f}" for part in (one, whole)]
    yield "", "one core, CPU time", f"{results.cores} cores, clock"
    yield ("3 x 3 convolution, 128 channels, GFLOP/s", *speeds)
    yield "JPEG of 24 MP decoded and encoded, ms", _ms(one["codec"]), _ms(whole["codec"])


def _generators(results: Results) -> Iterator[Sequence[str]]:
    one, whole = results.generator["one"], results.generator["all"]
    yield (
        "", "million parameters", "GFLOP", "one core, CPU ms", "all cores, clock ms",
        "floor on one core, ms", "reached",
    )  # fmt: skip
    for runtime, title in RUNTIMES.items():
        for name in ("ours", "LocalEnhancer"):
            seconds, flop = one["cpu"][f"{runtime} {name}"], one["gflop"][name]
            floor = flop / one["peak_gflops"]
            yield (
                f"{name}, {title}", f"{one['millions'][name]:.1f}", f"{flop:.1f}", _ms(seconds),
                _ms(whole["wall"][f"{runtime} {name}"]), _ms(floor), f"{floor / seconds:.0%}",
            )  # fmt: skip
        ratios = [
            part[clock][f"{runtime} LocalEnhancer"] / part[clock][f"{runtime} ours"]
            for part, clock in ((one, "cpu"), (whole, "wall"))
        ]
        yield (f"**{title}: times faster**", "", "", *(f"**{r:.1f}**" for r in ratios), "", "")


def _stages(results: Results) -> Iterator[Sequence[str]]:
    parts = (results.photos[PORTRAIT]["cpu"], results.photo_all["wall"])
    yield "", "one core, CPU ms", "share", f"{results.cores} cores, clock ms", "share"
    for stage in parts[0]["stages"]:
        yield (stage, *_with_shares(parts, [part["stages"][stage] for part in parts]))
    rest = [part["total"] - sum(part["stages"].values()) for part in parts]
    # What ran side by side is counted twice above, and taken off here.
    yield ("rest, less what ran side by side", *_with_shares(parts, rest))
    yield ("**total**", *_with_shares(parts, [part["total"] for part in parts]))
    giga = results.generator["one"]["gflop"]["ours"]
    giga *= results.photos[PORTRAIT]["network_megapixels"]
    floors = [part["codec"] + giga / part["gflops"] for part in parts]
    yield ("floor: codec and generator", *_with_shares(parts, floors))
    one, whole = (part["total"] / floor for part, floor in zip(parts, floors, strict=True))
    yield ("**times the floor**", f"**{one:.1f}**", "", f"**{whole:.1f}**", "")


def _with_shares(parts: Sequence[Any], seconds: Sequence[float]) -> Iterator[str]:
    for part, value in zip(parts, seconds, strict=True):
        yield from (_ms(value), f"{value / part['total']:.0%}")


def _growth(results: Results) -> Iterator[Sequence[str]]:
    yield "one core, CPU ms", "total", "codec's floor", "beyond it", "peak memory, MiB"
    for title in (PORTRAIT, SEVERAL, LARGE):
        values = results.photos[title]["cpu"]
        beyond = values["total"] - values["codec"]
        memory = f"{results.mebibytes[title]:.0f}"
        yield title, _ms(values["total"]), _ms(values["codec"]), _ms(beyond), memory


def _decision(results: Results) -> Iterator[Sequence[str]]:
    parts = [results.decision[cores] for cores in ("one", "all")]
    yield "", "one core, CPU ms", f"{results.cores} cores, clock ms"
    marks = f"the mark's region, median of {parts[0]['marks']:.0f} marks"
    for title, name in (
        (marks, "median"),
        ("the mark's region, slowest", "slowest"),
        ("the whole new file", "file"),
    ):
        yield (title, *(_ms(part[name]) for part in parts))
    ratios = (part["file"] / part["codec"] for part in parts)
    yield ("**times the codec's floor**", *(f"**{ratio:.1f}**" for ratio in ratios))


def _light(results: Results) -> Iterator[Sequence[str]]:
    parts = [results.light[cores] for cores in ("one", "all")]
    yield "", "one core, CPU ms", f"{results.cores} cores, clock ms"
    for title, name in (("skin alone", "skin"), ("skin and light", "light")):
        yield (title, *(_ms(part[name]) for part in parts))
    shares = (f"**+{part['light'] / part['skin'] - 1:.0%}**" for part in parts)
    yield ("**light adds**", *shares)


def _starts(results: Results) -> Iterator[Sequence[str]]:
    yield "24 MP, 1 face", "seconds"
    for clock, title in (("wall", "clock"), ("cpu", "CPU time")):
        values = [start[clock] for start in results.starts]
        yield title, f"{statistics.median(values):.2f} ({min(values):.2f}..{max(values):.2f})"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
