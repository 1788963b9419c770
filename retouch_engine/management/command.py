"""What the staff's commands share."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError


class DatabaseCommand(BaseCommand):
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
