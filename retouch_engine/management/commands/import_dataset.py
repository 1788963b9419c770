"""manage.py import_dataset: check a folder of training photos and keep its manifest."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.dataset_import import (
    LAYOUTS,
    DatasetError,
    DatasetRefusedError,
    ImportOptions,
    ImportReport,
    Problem,
    dataset_import,
    parse_limit,
)
from retouch_engine.dataset_import.tabulation import problem_table, write_problems
from retouch_engine.management.command import DatabaseCommand


class Command(DatabaseCommand):
    """Import a data set; nothing is copied unless asked for."""

    help = (
        "Import training photos: checks every file, reports what is wrong, keeps a manifest with "
        "checksums. Copies nothing unless --copy. Stopped half-way, the same command goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the data set and how to import it."""
        parser.add_argument("kind", metavar="KIND", help=", ".join(LAYOUTS))
        parser.add_argument(
            "source", metavar="SOURCE", type=Path, help="the data set's folder, or a CSV of pairs"
        )
        parser.add_argument("--name", required=True, help="name to train with")
        parser.add_argument("--limit", metavar="train=N,test=N", help="a seeded choice per split")
        parser.add_argument(
            "--licence", default="", help="of photos that SOURCES.csv names none for"
        )
        parser.add_argument("--copy", action="store_true", help="copy the files below DATA_DIR")
        parser.add_argument(
            "--on-problem", default="refuse", metavar="refuse|skip",
            help="import nothing when anything is wrong (default), or leave bad photos out",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, default=0, help="of --limit and of seeded splits")
        parser.add_argument("--report", type=Path, help="write every problem into this CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print counts and problems; every refusal ends in one line."""
        if options["report"] and not options["report"].parent.is_dir():
            raise CommandError(f"--report: there is no folder {options['report'].parent}")
        try:
            report = self._import(options)
        except DatasetError as error:
            raise CommandError(str(error)) from error
        self._print(options["name"], report)

    def _import(self, options: dict[str, Any]) -> ImportReport:
        try:
            report = dataset_import(
                kind=options["kind"],
                source=options["source"].resolve(),
                name=options["name"],
                options=_import_options(options),
            )
            self._print_problems(report.problems, options["report"])
        except DatasetRefusedError as error:
            self._print_problems(error.problems, options["report"])
            raise
        return report

    def _print_problems(self, problems: list[Problem], path: Path | None) -> None:
        for line in problem_table(problems):
            self.stderr.write(line, self.style.NOTICE)
        if path:
            write_problems(path, problems)

    def _print(self, name: str, report: ImportReport) -> None:
        for split, count in report.counts.items():
            self.stdout.write(f"{split}: {count} photos")
        notes = [f"{report.added} files recorded", f"{report.unchanged} unchanged"]
        if report.dropped:
            notes.append(f"{report.dropped} no longer part of it")
        if report.problems:
            notes.append(f"{len(report.problems)} problems, left out")
        self.stdout.write(f"data set {name}: {', '.join(notes)}; licence: {report.licence}")


def _import_options(options: dict[str, Any]) -> ImportOptions:
    if options["on_problem"] not in ("refuse", "skip"):
        raise DatasetError(f"--on-problem is refuse or skip, not {options['on_problem']!r}")
    return ImportOptions(
        limit=parse_limit(options["limit"]),
        licence=options["licence"],
        copy=options["copy"],
        skip_problems=options["on_problem"] == "skip",
        seed=options["seed"],
    )
