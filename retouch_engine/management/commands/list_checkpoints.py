"""manage.py list_checkpoints: what this installation could retouch with, and what it does."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.selectors import CheckpointLine, checkpoint_lines

LONGEST_LICENCE = 40
HEADER = ("", "name", "role", "state", "config", "created", "gain dB", "licence")


class Command(DatabaseCommand):
    """List checkpoints."""

    help = (
        "List the shipped checkpoint and all registered ones; * marks those that retouches use. "
        "The gain is the PSNR over the untouched photo, from the last promotion's gates or (card) "
        "from the end of training."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the form of the output."""
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the list; a checkpoint that cannot be read is named below it."""
        try:
            lines = checkpoint_lines()
        except CheckpointError as error:
            raise CommandError(error.detail) from error
        if options["json"]:
            self.stdout.write(json.dumps([asdict(line) for line in lines], indent=2))
            return
        for row in table(lines):
            self.stdout.write(row)
        for line in lines:
            if line.problem:
                self.stderr.write(f"{line.name}: {line.problem}")


def table(lines: list[CheckpointLine]) -> list[str]:
    """Return the lines of a table with columns as wide as what is in them."""
    rows = [HEADER, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _cells(line: CheckpointLine) -> tuple[str, ...]:
    gain = "-" if line.gain is None else f"{line.gain:+.2f}"
    licence = line.licence
    if len(licence) > LONGEST_LICENCE:
        licence = f"{licence[: LONGEST_LICENCE - 1]}…"
    return (
        "*" if line.serves else "",
        line.name,
        line.role,
        "broken" if line.problem else line.state,
        line.config or "-",
        line.created or "-",
        f"{gain} (card)" if line.measured == "card" else gain,
        licence or "-",
    )
