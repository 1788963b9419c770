"""manage.py import_dataset: check a folder of training photos and keep its manifest."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retouch_engine.datasets import DatasetError, dataset_import_portraits


class Command(BaseCommand):
    """Import a data set; nothing is copied."""

    help = "Import training photos: checks every file, reports what it leaves out, copies nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare KIND, SOURCE and --name."""
        parser.add_argument("kind", choices=["portraits"], help="layout of the folder")
        parser.add_argument("source", type=Path, help="folder with train/, val/ and test/")
        parser.add_argument("--name", required=True, help="name to train with")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        if not options["source"].is_dir():
            raise CommandError(f"{options['source']} is not a folder")
        try:
            report = dataset_import_portraits(source=options["source"], name=options["name"])
        except DatasetError as error:
            raise CommandError(str(error)) from error
        for split, count in sorted(report.imported.items()):
            self.stdout.write(f"{split}: {count} photos imported")
        if report.already:
            self.stdout.write(f"{report.already} photos were imported before")
        for path, reason in report.refused:
            self.stderr.write(f"left out {path}: {reason}")
