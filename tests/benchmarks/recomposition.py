"""What a person's decision on one mark of a large photo costs: its region, and the whole new file.

Usage: recomposition PHOTO ROUNDS. Prints JSON: CPU and wall seconds.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import retouch_engine.retoucher as engine
from retouch_engine.composition import KEEP, REMOVE, Mark
from retouch_engine.inference import Predictor
from retouch_engine.services import shipped_checkpoint_path
from tests.benchmarks.floors import codec
from tests.benchmarks.timing import in_turns, median

RECIPE = engine.Recipe.from_dict({"evenness": 0.5, "shine": 0.5, "under_eyes": 0.5})
# A region shows the mark and as much around it.
SURROUNDINGS = 2.0


def main() -> None:
    """Measure and print."""
    data, rounds = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    photo = engine.decode(data)
    retoucher = engine.Retoucher(Predictor.load(shipped_checkpoint_path()))
    analysis = retoucher.analyse(photo)
    files = analysis.to_files()
    marks = analysis.marks
    actions: dict[str, Callable[[], Any]] = {
        f"mark {mark.id}": _region(photo, analysis, mark) for mark in marks
    }
    actions["file"] = lambda: _new_file(data, files, _flipped(marks[0]))
    actions["codec"] = codec(data)
    costs = in_turns(actions, rounds)
    print(json.dumps({clock: _summary(costs, marks, clock) for clock in ("cpu", "wall")}))


def _summary(costs: Any, marks: list[Mark], clock: str) -> dict[str, float]:
    regions = sorted(median(costs[f"mark {mark.id}"], clock) for mark in marks)
    return {
        "marks": len(marks),
        "median": regions[len(regions) // 2],
        "slowest": regions[-1],
        "file": median(costs["file"], clock),
        "codec": median(costs["codec"], clock),
    }


def _flipped(mark: Mark) -> dict[int, str]:
    return {mark.id: KEEP if mark.default_decision() == REMOVE else REMOVE}


def _region(photo: engine.DecodedPhoto, analysis: engine.Analysis, mark: Mark) -> Callable[[], Any]:
    reach = SURROUNDINGS * mark.radius
    width, height = photo.header.width, photo.header.height
    box = (
        max(int(mark.x - reach), 0),
        max(int(mark.y - reach), 0),
        min(int(mark.x + reach) + 1, width),
        min(int(mark.y + reach) + 1, height),
    )
    decisions = _flipped(mark)
    return lambda: engine.Retoucher.compose_region(photo, analysis, RECIPE, decisions, box=box)


def _new_file(data: bytes, files: dict[str, bytes], decisions: dict[int, str]) -> bytes:
    photo = engine.decode(data)
    analysis = engine.Analysis.from_files(files)
    return engine.Retoucher.render(photo, analysis, engine.Recipe(), decisions).encoded.data


if __name__ == "__main__":
    main()
