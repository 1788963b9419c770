"""manage.py evaluate: measure a checkpoint on a data set, beside the identity row."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from retouch_engine.datasets import DatasetError
from retouch_engine.evaluation import (
    VALIDATION_SEED,
    GroupMeasures,
    Lpips,
    LpipsError,
    SubjectError,
    artefact_shares,
    artefacts_text,
    groups_json,
    groups_text,
    interval_json,
    judged,
    measured_json,
    retouching,
    rows_json,
    subjects,
    table_rows,
    text_tables,
)
from retouch_engine.evaluation_photos import evaluation_photos
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError, Retoucher
from retouch_engine.services import checkpoint_resolve


class Command(DatabaseCommand):
    """Evaluate a checkpoint."""

    help = (
        "Retouch a split's photos with every spot removed and measure how much went and what "
        "stayed. Pairs are judged by their targets; other photos get spots from the validation "
        "painter, which no training uses. The first row is the untouched input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and output."""
        parser.add_argument("--checkpoint", default="default", help="a name or a path")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--split", default="validation")
        parser.add_argument("--expert", default="", choices=("a", "b", "c"), help="of PPR10K (a)")
        parser.add_argument("--lpips", type=Path, metavar="FILE", help="your weights for LPIPS")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and every photo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print the table, identity first."""
        path: Path | None = options["json"]
        if path is not None and not path.parent.is_dir():
            raise CommandError(f"there is no folder {path.parent}")
        if path is not None and path.is_dir():
            raise CommandError(f"{path} is a folder: name a file")
        try:
            report = self._evaluate(options)
        except (CheckpointError, DatasetError, LpipsError, SubjectError) as error:
            raise CommandError(str(error)) from error
        if path is not None:
            path.write_text(json.dumps(report, indent=2, allow_nan=False) + "\n")

    def _evaluate(self, options: dict[str, Any]) -> dict[str, Any]:
        photos = evaluation_photos(
            dataset=options["dataset"], split=options["split"], expert=options["expert"]
        )
        retoucher = Retoucher.load(checkpoint_resolve(options["checkpoint"]))
        lpips = Lpips.load(options["lpips"]).distance if options["lpips"] else None
        groups = GroupMeasures(photos)
        shown = tqdm(subjects(photos, retoucher.finder), total=len(photos), unit="photo")
        measured = judged(retouching(retoucher), shown, lpips, groups.add)
        rows = table_rows(measured)
        self.stdout.write(text_tables(rows))
        self.stdout.write(artefacts_text(measured))
        self.stdout.write(groups_text(groups.rows()))
        return {
            "checkpoint": {
                "name": retoucher.predictor.card.name,
                "sha256": retoucher.predictor.sha256,
            },
            "dataset": options["dataset"],
            "split": options["split"],
            "seed": VALIDATION_SEED,
            "rows": rows_json(rows),
            "artefacts": {n: interval_json(v) for n, v in artefact_shares(measured).items()},
            "groups": groups_json(groups.rows()),
            "photos": measured_json(measured),
        }
