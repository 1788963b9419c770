"""manage.py evaluate: measure a checkpoint on a data set, beside the identity row."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from retouch_engine.datasets import DatasetError, dataset_photos
from retouch_engine.evaluation import score_checkpoint, score_table
from retouch_engine.retoucher import CheckpointError, Retoucher
from retouch_engine.services import checkpoint_resolve


class Command(BaseCommand):
    """Evaluate a checkpoint."""

    help = "Paint spots on a split's photos, retouch them and print how much went and what stayed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and output."""
        parser.add_argument("--checkpoint", default="default", help="a name or a path")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--split", default="validation")
        parser.add_argument("--json", type=Path, help="write rows and per-photo scores")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print the table, identity first."""
        try:
            photos = dataset_photos(name=options["dataset"], split=options["split"])
            retoucher = Retoucher.load(checkpoint_resolve(options["checkpoint"]))
        except (DatasetError, CheckpointError) as error:
            raise CommandError(str(error)) from error
        scores = score_checkpoint(retoucher, [(Path(p.path), p.synthetic) for p in photos])
        if not scores:
            raise CommandError("no face was found in these photos")
        table = score_table(scores)
        self._print(table)
        if options["json"]:
            rows = [asdict(score) for score in scores]
            options["json"].write_text(json.dumps({**table, "photos": rows}, indent=2))

    def _print(self, table: dict[str, dict[str, float]]) -> None:
        self.stdout.write(f"{'row':<12}{'photos':>7}{'PSNR dB':>10}{'fixed %':>10}{'outside':>10}")
        for name, row in table.items():
            count = f"{row['photos']:.0f}" if "photos" in row else ""
            self.stdout.write(
                f"{name:<12}{count:>7}{row['psnr']:>10.2f}{100 * row['fixed_share']:>10.1f}"
                f"{row['outside_error']:>10.3f}"
            )
