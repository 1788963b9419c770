"""What the staff's commands share."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError


class OneLineCommand(BaseCommand):
    """A command that ends in one line, exit status 1, for wrong arguments and for what files do.

    A file that cannot be written after hours of work, or a full disk, is no error of the program.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; raises CommandError where the system refuses a file."""
        try:
            return super().execute(*args, **options)
        except OSError as error:
            reason = error.strerror or str(error)
            where = f"{error.filename}: " if error.filename else ""
            raise CommandError(f"{where}{reason}") from error

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return a parser whose errors are CommandErrors."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Run; what the parser refuses is told here, Django tells the rest."""
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            self.stderr.write(f"CommandError: {str(error).removeprefix('Error: ')} (see --help)")
            sys.exit(error.returncode)


class DatabaseCommand(OneLineCommand):
    """A command that needs the database: one that is missing or old is one line, no traceback."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; raises CommandError where the database cannot be used."""
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"the database cannot be used, run `manage.py migrate` if it is new: {reason}"
            ) from error
