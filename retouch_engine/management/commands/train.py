"""manage.py train: train a generator on imported data sets."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.datasets import DatasetError
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.run_lock import RunHeldError
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Train and register a checkpoint."""

    help = "Train a generator; the checkpoint is registered under the run's name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the data sets, the config and the run."""
        parser.add_argument("--dataset", nargs="+", action="extend", required=True, metavar="NAME")
        parser.add_argument("--config", default="default", help="a config's name or JSON file")
        parser.add_argument("--run", required=True, help="name of the run and of its checkpoint")
        parser.add_argument("--resume", action="store_true", help="go on where the run stopped")
        parser.add_argument("--workers", type=int, default=1, help="processes that paint crops")
        parser.add_argument(
            "--from", dest="start", metavar="CHECKPOINT", help="begin with a checkpoint's weights"
        )
        parser.add_argument("--expert", default="", choices=("a", "b", "c"), help="of PPR10K (a)")
        parser.add_argument("--samples", type=int, help="train for so many instead of the config's")
        parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train; every refusal is one line."""
        if options["workers"] < 0:
            raise CommandError("--workers must be a whole number, at least 0")
        try:
            from retouch_engine.training import (
                ConfigError,
                TrainingDataError,
                TrainingStoppedError,
                load_config,
            )
            from retouch_engine.training_runs import training_run
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        refusals = (
            CheckpointError,
            ConfigError,
            DatasetError,
            RunHeldError,
            TrainingDataError,
            TrainingStoppedError,
        )
        try:
            config = load_config(options["config"])
            if options["samples"] is not None:
                config = replace(config, samples=options["samples"])
                config.check()
            checkpoint = training_run(
                datasets=options["dataset"],
                config=config,
                run=options["run"],
                resume=options["resume"],
                workers=options["workers"],
                device=options["device"],
                expert=options["expert"],
                start=checkpoint_resolve(options["start"]) if options["start"] else None,
            )
        except refusals as error:
            raise CommandError(str(error)) from error
        if checkpoint is not None:
            self.stdout.write(f"checkpoint {checkpoint.name}: {checkpoint.path}")
