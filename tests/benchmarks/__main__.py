"""`make bench`: measures everything in one run and writes the tables of docs/performance.md.

Each part is a process of its own: on one core, whose CPU time other load on the machine hardly
changes, and on all cores by the clock.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.photos import large_photo
from tests.benchmarks.tables import Results, write

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
PHOTOS = {
    "24 MP, 1 face": (4000, 6000, 1),
    "24 MP, 4 faces": (4000, 6000, 4),
    "100 MP, 1 face": (8660, 11547, 1),
}
ROUNDS, STARTS = 5, 3


def main() -> None:
    """Measure, write, and print where."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {title: _photo(folder, title) for title in PHOTOS}
        results = Results(
            cores=len(os.sched_getaffinity(0)),
            generator={"one": _part("generator", one_core=True), "all": _part("generator")},
            photos={title: _retouch(path, title, ROUNDS) for title, path in paths.items()},
            photo_all=_retouch(paths["24 MP, 1 face"], "24 MP, 1 face", ROUNDS, one_core=False),
            mebibytes={
                title: _retouch(path, title, 0, one_core=False)["mebibytes"]
                for title, path in paths.items()
            },
            starts=_starts(paths["24 MP, 1 face"], folder),
            decision=_both("recomposition", paths["24 MP, 1 face"]),
            light=_both("light", paths["24 MP, 1 face"]),
        )
    write(results, PAGE)
    print(f"{PAGE} is written")


def _photo(folder: Path, title: str) -> Path:
    print(f"making the photo: {title}", file=sys.stderr)
    path = folder / f"{title}.jpg"
    path.write_bytes(large_photo(*PHOTOS[title]))
    return path


def _retouch(path: Path, title: str, rounds: int, *, one_core: bool = True) -> dict[str, Any]:
    arguments = (str(path), str(PHOTOS[title][2]), str(rounds))
    return _part("large_photo", *arguments, one_core=one_core)


def _both(name: str, photo: Path) -> dict[str, Any]:
    """Measure a part of one photo on one core and on all."""
    arguments = (str(photo), str(ROUNDS))
    return {
        "one": _part(name, *arguments, one_core=True)["cpu"],
        "all": _part(name, *arguments)["wall"],
    }


def _part(name: str, *arguments: str, one_core: bool = False) -> dict[str, Any]:
    where = "one core" if one_core else "all cores"
    print(f"measuring on {where}: {name} {' '.join(arguments[1:])}", file=sys.stderr)
    with _cores(1 if one_core else None):
        output = _run(f"tests.benchmarks.{name}", arguments, {})
    values: dict[str, Any] = json.loads(output.splitlines()[-1])
    return values


def _run(module: str, arguments: Sequence[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


@contextmanager
def _cores(count: int | None) -> Iterator[None]:
    """Let child processes use so many of this process's cores, None meaning all."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _starts(photo: Path, folder: Path) -> list[dict[str, float]]:
    print("measuring starts of a worker", file=sys.stderr)
    environment = {
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
        "DATA_DIR": str(folder),
    }
    _run("manage", ["migrate", "--verbosity", "0"], environment)
    return [_start(photo, environment) for _ in range(STARTS)]


def _start(photo: Path, environment: dict[str, str]) -> dict[str, float]:
    started, cpu = time.monotonic(), _children_cpu()
    output = _run("tests.benchmarks.first_result", [str(photo)], environment)
    return {"wall": float(output.splitlines()[-1]) - started, "cpu": _children_cpu() - cpu}


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return statistics.fsum((used.ru_utime, used.ru_stime))


if __name__ == "__main__":
    main()
