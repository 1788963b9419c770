"""The page of the benchmarks: tables replace tables, ratios are what was measured."""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.tables import BEGIN, END, LARGE, PORTRAIT, SEVERAL, Results, write


def photo(total: float) -> dict[str, Any]:
    part = {"total": total, "codec": 0.1, "gflops": 100.0, "stages": {"decode": 0.05}}
    return {"cpu": part, "wall": part, "network_megapixels": 0.5}


def generator(ours: float) -> dict[str, Any]:
    names = [
        f"{runtime} {name}" for runtime in ("onnx", "torch") for name in ("ours", "LocalEnhancer")
    ]
    seconds = dict(zip(names, (ours, 6.0, 2 * ours, 9.0), strict=True))
    giga = {"ours": 20.0, "LocalEnhancer": 600.0}
    millions = {"ours": 2.0, "LocalEnhancer": 182.7}
    return {
        "gflop": giga,
        "millions": millions,
        "peak_gflops": 100.0,
        "cpu": seconds,
        "wall": seconds,
    }


@pytest.fixture
def results() -> Results:
    photos = {PORTRAIT: photo(0.6), SEVERAL: photo(1.2), LARGE: photo(1.0)}
    memory = {PORTRAIT: 571.0, SEVERAL: 745.0, LARGE: 1298.0}
    both = {"one": generator(0.3), "all": generator(0.2)}
    flip = {"marks": 40, "median": 0.002, "slowest": 0.005, "file": 0.36, "codec": 0.18}
    starts = [{"wall": 2.0, "cpu": 3.0}]
    decision = {"one": flip, "all": {**flip, "file": 0.27}}
    light = {"one": {"skin": 0.8, "light": 1.2}, "all": {"skin": 0.5, "light": 0.6}}
    return Results(2, both, photos, photo(0.4), memory, starts, decision, light)


def test_tables_replace_tables_and_leave_the_text(tmp_path: Path, results: Results) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold numbers\n{END}\nafter\n")
    write(results, page)
    first = page.read_text()
    write(results, page)
    assert page.read_text() == first
    assert first.startswith("before\n")
    assert first.endswith("\nafter\n")
    assert "old numbers" not in first


def test_ratios_are_of_what_was_measured(tmp_path: Path, results: Results) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"{BEGIN}{END}")
    write(results, page)
    rows = {row.split("|")[1].strip(): row for row in page.read_text().splitlines() if "|" in row}
    assert "**20.0** | **30.0**" in rows["**ONNX Runtime: times faster**"]
    # The floor: 100 ms of coding, and 20 GFLOP x 0.5 at 100 GFLOP/s.
    assert "| 200 | 33% | 200 | 50% |" in rows["floor: codec and generator"]
    assert "**3.0** |  | **2.0**" in rows["**times the floor**"]
    assert "| **2.0** | **1.5** |" in rows["**times the codec's floor**"]
    assert "| **+50%** | **+20%** |" in rows["**light adds**"]


def test_a_page_without_its_markers_is_refused(tmp_path: Path, results: Results) -> None:
    page = tmp_path / "performance.md"
    page.write_text("text\n")
    with pytest.raises(ValueError, match="markers"):
        write(results, page)
