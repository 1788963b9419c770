"""manage.py fit_spot_classifier: what tells moles and freckles from blemishes, in a checkpoint."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.datasets import DatasetError
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Fit the classifier of spots."""

    help = (
        "Fit the classifier that decides which spots are moles and freckles, on painted faces of a "
        "data set's train split, and put it into a checkpoint. Without one the network's votes "
        "decide alone. Evaluate the checkpoint afterwards: what it keeps has changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and how careful it is."""
        parser.add_argument("--checkpoint", required=True, help="a name or a path")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--paintings", type=int, default=1, metavar="N", help="of each face")
        parser.add_argument("--seed", type=int, default=1, help="of the painting")
        for kind, share in (("mole", 0.2), ("freckle", 0.009)):
            parser.add_argument(
                f"--{kind}-share",
                type=float,
                default=share,
                metavar="P",
                help=f"from which probability on a spot is a {kind} and is kept (default {share})",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Fit and print how many examples there were."""
        for key, least in (("paintings", 1), ("seed", 0)):
            if options[key] < least:
                raise CommandError(f"--{key} must be at least {least}")
        try:
            from retouch_engine.spot_fitting import spots_fit
            from retouch_engine.training import TrainingDataError
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        try:
            counts = spots_fit(
                checkpoint=checkpoint_resolve(options["checkpoint"]),
                dataset=options["dataset"],
                paintings=options["paintings"],
                seed=options["seed"],
                shares=(options["mole_share"], options["freckle_share"]),
            )
        except (CheckpointError, DatasetError, TrainingDataError, ValueError, OSError) as error:
            raise CommandError(getattr(error, "detail", str(error))) from error
        for kind, count in counts.items():
            self.stdout.write(f"{kind}: {count} examples")
