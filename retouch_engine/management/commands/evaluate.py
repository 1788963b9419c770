"""manage.py evaluate: measure a checkpoint on a data set, beside the identity row."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from retouch_engine.datasets import DatasetError
from retouch_engine.evaluation import (
    VALIDATION_SEED,
    Examination,
    GroupMeasures,
    Lpips,
    LpipsError,
    Protocol,
    SubjectError,
    artefact_shares,
    artefacts_text,
    examination_json,
    examination_rows,
    examination_text,
    groups_json,
    groups_text,
    interval_json,
    measured_json,
    read_clean_list,
    rows_json,
    subjects,
    table_rows,
    text_tables,
)
from retouch_engine.evaluation.subjects import EvaluationPhoto
from retouch_engine.evaluation.tone_report import tone_json, tone_text
from retouch_engine.evaluation.tone_scores import (
    LIGHT_SEED,
    REDUCED_SIDE,
    lit_subjects,
    tone_scores,
)
from retouch_engine.evaluation_photos import evaluation_photos
from retouch_engine.faces import FaceFinder
from retouch_engine.inference import CheckpointCard, TonePredictor, load_card
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.retoucher import CheckpointError, Retoucher
from retouch_engine.services import TONE, checkpoint_resolve

LARGEST_SCALE = 4


class Command(DatabaseCommand):
    """Evaluate a checkpoint."""

    help = (
        "Retouch a split's photos with every spot removed and measure how much went and what "
        "stayed. Pairs are judged by their targets; other photos get spots from the validation "
        "painter, which no training uses, and are also measured by the default recipe, sort by "
        "sort and concern by concern. A tone checkpoint is measured by PPR10K's protocol; photos "
        "that are no pairs get bad light. The first row is the untouched input."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare checkpoint, data set and output."""
        parser.add_argument("--checkpoint", default="default", help="a name or a path")
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--split", default="validation")
        parser.add_argument("--expert", default="", choices=("a", "b", "c"), help="of PPR10K (a)")
        parser.add_argument("--lpips", type=Path, metavar="FILE", help="your weights for LPIPS")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and every photo")
        parser.add_argument(
            "--scale", type=int, default=1, metavar="N", help="enlarge photos before painting (1)"
        )
        parser.add_argument(
            "--jpeg", type=int, metavar="Q", help="JPEG of this quality in and out, not lossless"
        )
        parser.add_argument(
            "--clean", type=Path, metavar="CSV", help="photos judged clean, column `file`"
        )
        parser.add_argument(
            "--no-concerns", action="store_true", help="leave out evenness, shine and under-eyes"
        )
        parser.add_argument(
            "--full-size",
            action="store_true",
            help="tone checkpoints: measure photos at their own size, not with a short side of 360",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print the table, identity first."""
        path: Path | None = options["json"]
        if path is not None and not path.parent.is_dir():
            raise CommandError(f"there is no folder {path.parent}")
        if path is not None and path.is_dir():
            raise CommandError(f"{path} is a folder: name a file")
        if not 1 <= options["scale"] <= LARGEST_SCALE:
            raise CommandError(f"--scale must be a whole number from 1 to {LARGEST_SCALE}")
        if options["jpeg"] is not None and not 1 <= options["jpeg"] <= 100:
            raise CommandError("--jpeg must be a quality from 1 to 100")
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
        card = load_card(checkpoint_resolve(options["checkpoint"]))
        if card.role == TONE:
            return self._evaluate_tone(card, photos, options)
        retoucher = Retoucher.load(card.path)
        lpips = Lpips.load(options["lpips"]).distance if options["lpips"] else None
        groups = GroupMeasures(photos)
        clean = read_clean_list(options["clean"], photos) if options["clean"] else frozenset()
        protocol = Protocol(options["scale"], options["jpeg"])
        examination = Examination(
            retoucher=retoucher,
            protocol=protocol,
            clean=clean,
            concerns=not options["no_concerns"],
            lpips=lpips,
            observe=groups.add,
        )
        found = subjects(photos, retoucher.finder, scale=protocol.scale)
        examined = examination.run(tqdm(found, total=len(photos), unit="photo"))
        measured = [one.removed for one in examined]
        rows, more = table_rows(measured), examination_rows(examined)
        self.stdout.write(text_tables(rows))
        self.stdout.write(artefacts_text(measured))
        self.stdout.write(examination_text(more))
        self.stdout.write(groups_text(groups.rows()))
        return {
            "checkpoint": {
                "name": retoucher.predictor.card.name,
                "sha256": retoucher.predictor.sha256,
            },
            "dataset": options["dataset"],
            "split": options["split"],
            "seed": VALIDATION_SEED,
            "protocol": asdict(protocol),
            "rows": rows_json(rows),
            "artefacts": {n: interval_json(v) for n, v in artefact_shares(measured).items()},
            "groups": groups_json(groups.rows()),
            "photos": measured_json(measured),
            **examination_json(more, examined),
        }

    def _evaluate_tone(
        self, card: CheckpointCard, photos: list[EvaluationPhoto], options: dict[str, Any]
    ) -> dict[str, Any]:
        predictor, finder = TonePredictor.load(card.path), FaceFinder()
        short_side = None if options["full_size"] else REDUCED_SIDE
        found = lit_subjects(photos, finder, short_side=short_side)
        scores = tone_scores(predictor, tqdm(found, total=len(photos), unit="photo"), finder)
        self.stdout.write(tone_text(scores))
        return {
            "checkpoint": {"name": card.name, "sha256": predictor.sha256},
            "dataset": options["dataset"],
            "split": options["split"],
            "seed": LIGHT_SEED,
            "protocol": {"short_side": short_side},
            **tone_json(scores),
        }
