"""manage.py rollback_checkpoint: undo the newest promotion."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.management.command import DatabaseCommand
from retouch_engine.registry import checkpoint_rollback
from retouch_engine.retoucher import CheckpointError

from .promote_checkpoint import user_name


class Command(DatabaseCommand):
    """Roll a promotion back."""

    help = (
        "Undo the newest promotion: what it replaced serves again from the next job on, without "
        "restart; after the first promotion that is the shipped checkpoint."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the role."""
        parser.add_argument("--role", default="skin", help="whose promotion (default skin)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Roll back and print what serves now."""
        try:
            done = checkpoint_rollback(role=options["role"], rolled_back_by=user_name())
        except CheckpointError as error:
            raise CommandError(error.detail) from error
        for name in done.passed_over:
            self.stderr.write(f"{name} was passed over: its files are missing or were changed")
        self.stdout.write(
            f"{done.from_name} is retired, {done.to_name} serves from the next job on"
        )
