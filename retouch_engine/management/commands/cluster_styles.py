"""manage.py cluster_styles: clusters of the feature encoder's regions into a checkpoint."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from retouch_engine.datasets import DatasetError
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Cluster styles."""

    help = "Cluster the feature encoder's features of a data set's train split by region (k-means)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and the clustering."""
        parser.add_argument("--checkpoint", required=True, help="a name or a path")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--clusters", type=int, default=10, help="at most, per region")
        parser.add_argument("--seed", type=int, default=1, help="of the clustering")

    def handle(self, *args: Any, **options: Any) -> None:
        """Cluster and print how many styles each region has."""
        for key, least in (("clusters", 1), ("seed", 0)):
            if options[key] < least:
                raise CommandError(f"--{key} must be at least {least}")
        try:
            import scipy  # type: ignore[import-untyped]  # noqa: F401

            from retouch_engine.style_clusters import styles_cluster
            from retouch_engine.training import TrainingDataError
        except ModuleNotFoundError as error:
            raise CommandError(f"{error.name} is not installed: run `make setup`") from error
        try:
            styles = styles_cluster(
                checkpoint=checkpoint_resolve(options["checkpoint"]),
                dataset=options["dataset"],
                clusters=options["clusters"],
                seed=options["seed"],
            )
        except (CheckpointError, DatasetError, TrainingDataError, OSError) as error:
            raise CommandError(str(error)) from error
        for region, count in styles.items():
            self.stdout.write(f"{region}: {count} styles, 0 to {count - 1}")
