"""Problems as a table for people, and whole as a CSV."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from .plan import DatasetError, Problem, printable

SHOWN_PER_KIND = 10


def problem_table(problems: Iterable[Problem]) -> list[str]:
    """Return the lines of a table: for each kind its number and the first files with reasons."""
    by_kind: dict[str, list[Problem]] = {}
    for problem in problems:
        shown_as = replace(problem, path=printable(problem.path))
        by_kind.setdefault(problem.kind, []).append(shown_as)
    if not by_kind:
        return []
    shown = [problem for kind in by_kind.values() for problem in kind[:SHOWN_PER_KIND]]
    kind_width = max(len("problem"), *(len(kind) for kind in by_kind))
    path_width = max(len("file"), *(len(problem.path) for problem in shown))
    lines = [f"{'problem':<{kind_width}}  {'file':<{path_width}}  what is wrong"]
    for kind, found in by_kind.items():
        for problem in found[:SHOWN_PER_KIND]:
            lines.append(f"{kind:<{kind_width}}  {problem.path:<{path_width}}  {problem.detail}")
        if len(found) > SHOWN_PER_KIND:
            lines.append(f"{kind:<{kind_width}}  ... and {len(found) - SHOWN_PER_KIND} more")
    return lines


def write_problems(path: Path, problems: Iterable[Problem]) -> None:
    """Write all problems as CSV with the columns problem, file and detail; raises DatasetError."""
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            rows = csv.writer(stream)
            rows.writerow(["problem", "file", "detail"])
            rows.writerows((p.kind, p.path, p.detail) for p in problems)
    except OSError as error:
        raise DatasetError(f"{path} cannot be written: {error.strerror}") from error
