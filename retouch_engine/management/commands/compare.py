"""manage.py compare: all methods on the same photos, as tables and as a page of pictures."""

import json
import math
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from retouch_engine.baselines import METHODS
from retouch_engine.datasets import DatasetError
from retouch_engine.evaluation import (
    VALIDATION_SEED,
    GroupMeasures,
    Lpips,
    LpipsError,
    Subject,
    SubjectError,
    groups_json,
    subjects,
)
from retouch_engine.evaluation.comparison import (
    IDENTITY,
    Contender,
    Image,
    Standing,
    compared,
    processor,
)
from retouch_engine.evaluation.comparison_page import PHOTO_PICTURES, ComparisonPage
from retouch_engine.evaluation.comparison_tables import (
    comparison_json,
    comparison_markdown,
    failure_lines,
    tone_markdown,
)
from retouch_engine.evaluation_photos import evaluation_photos
from retouch_engine.faces import FaceFinder
from retouch_engine.management.command import DatabaseCommand
from retouch_engine.method_registry import NETWORKS, MethodError, method_contender
from retouch_engine.retoucher import CheckpointError

TABLE = "table.json"


class Command(DatabaseCommand):
    """Compare methods."""

    help = (
        "Run methods on a split's photos and write tables and a page where all pictures zoom "
        f"together. Methods: default, {', '.join(METHODS)}, {', '.join(NETWORKS)} (the newest "
        "checkpoint of that config), or any checkpoint's name or path. The untouched input always "
        "comes first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare photos, methods and output."""
        parser.add_argument("--dataset", required=True, metavar="NAME")
        parser.add_argument("--split", default="validation")
        parser.add_argument("--expert", default="", choices=("a", "b", "c"), help="of PPR10K (a)")
        parser.add_argument("--methods", default="default", metavar="A,B,…")
        parser.add_argument("--output", required=True, type=Path, metavar="DIR")
        parser.add_argument("--limit", type=int, help="at most so many photos, each 2nd, 3rd …")
        parser.add_argument("--pictures", type=int, default=24, help="photos on the page (24)")
        parser.add_argument("--lpips", type=Path, metavar="FILE", help="your weights for LPIPS")
        parser.add_argument("--overwrite", action="store_true", help="into a folder that is full")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare; failures of single methods are reported at the end."""
        _check_numbers(options)
        try:
            standings, page, tones = self._compare(options)
        except (CheckpointError, DatasetError, LpipsError, MethodError, SubjectError) as error:
            raise CommandError(str(error)) from error
        folder: Path = options["output"]
        title = f"{options['dataset']}, {options['split']}"
        table = {
            "dataset": options["dataset"],
            "split": options["split"],
            "seed": VALIDATION_SEED,
            "processor": processor(),
            "methods": comparison_json(standings),
            "ppr10k": groups_json(tones),
        }
        (folder / TABLE).write_text(json.dumps(table, indent=2, allow_nan=False) + "\n")
        markdown = comparison_markdown(standings, title) + tone_markdown(tones)
        (folder / "table.md").write_text(markdown)
        self.stdout.write(markdown)
        self.stdout.write(str(page.write(standings, f"Comparison: {title}")))
        failures = failure_lines(standings)
        if failures:
            raise CommandError(f"{len(failures)} times a method failed, first {failures[0]}")

    def _compare(
        self, options: dict[str, Any]
    ) -> tuple[list[Standing], ComparisonPage, dict[str, dict[str, Any]]]:
        photos = evaluation_photos(options["dataset"], options["split"], options["expert"])
        if options["limit"]:
            photos = photos[:: math.ceil(len(photos) / options["limit"])]
        finder = FaceFinder()
        contenders = _contenders(options["methods"], finder)
        lpips = Lpips.load(options["lpips"]).distance if options["lpips"] else None
        page = ComparisonPage(
            _folder(options["output"], overwrite=options["overwrite"]),
            every=math.ceil(len(photos) / options["pictures"]),
        )
        seen = tqdm(subjects(photos, finder), total=len(photos), unit="photo")
        measures = {contender.name: GroupMeasures(photos) for contender in contenders}

        def observe(number: int, subject: Subject, results: dict[str, Image]) -> None:
            page.add(number, subject, results)
            for name, result in results.items():
                measures[name].add(subject, result)

        standings = compared(contenders, seen, lpips=lpips, observe=observe)
        rows = {name: measure.rows().get("all", {}) for name, measure in measures.items()}
        return standings, page, rows


def _contenders(names: str, finder: FaceFinder) -> list[Contender]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    ordered = dict.fromkeys([IDENTITY, *wanted])
    contenders = [method_contender(name, finder) for name in ordered]
    _check_names([contender.name for contender in contenders])
    return contenders


def _check_names(names: list[str]) -> None:
    """Refuse names under which one method's pictures and rows would hide another's."""
    for name, count in Counter([*names, *PHOTO_PICTURES]).items():
        if count > 1:
            raise CommandError(f"more than one picture would be called {name!r}: rename one")


def _check_numbers(options: dict[str, Any]) -> None:
    for name in ("limit", "pictures"):
        if options[name] is not None and options[name] < 1:
            raise CommandError(f"--{name} must be a whole number, at least 1")


def _folder(folder: Path, *, overwrite: bool) -> Path:
    if folder.is_file():
        raise CommandError(f"{folder} is a file: name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise CommandError(f"{folder} is not empty: add --overwrite or name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder} cannot be made: {error}") from error
    return folder
