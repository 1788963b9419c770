"""manage.py retouch: retouch a file, or a folder into a folder; no server, queue or database."""

import json
import secrets
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from retouch_engine.file_batches import in_batches
from retouch_engine.file_groups import Agreement, GroupError, agreement_of
from retouch_engine.imaging.encoding import EXTENSIONS, output_format
from retouch_engine.management.command import OneLineCommand
from retouch_engine.retoucher import (
    CheckpointError,
    ImageError,
    Recipe,
    RecipeError,
    Retoucher,
    StyleError,
    choose_style,
    decode,
    read_header,
)
from retouch_engine.services import TONE, checkpoint_resolve

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"}


class Command(OneLineCommand):
    """Retouch files from the command line."""

    help = "Retouch a photo, or every photo of a folder into another folder."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare input, output and options."""
        parser.add_argument("input", type=Path, help="a photo or a folder of photos")
        parser.add_argument("output", type=Path, help="the file or folder to write")
        parser.add_argument(
            "--recipe", nargs="+", action="extend", default=[], metavar="KEY=VALUE",
            help="e.g. blemishes=0.8 keep_marks=false format=png",
        )  # fmt: skip
        parser.add_argument("--checkpoint", default="default", help="a name or a path")
        parser.add_argument(
            "--style", nargs="+", action="extend", default=[], metavar="REGION=K",
            help="a cluster of the checkpoint's features for a region of the face, or random",
        )  # fmt: skip
        parser.add_argument("--seed", type=int, help="of random styles; printed when left out")
        parser.add_argument(
            "--consistent", action="store_true",
            help="a folder's photos are of one person and scene: give them one tone, and decide "
            "on marks together (light is 1 unless the recipe says otherwise)",
        )  # fmt: skip
        parser.add_argument(
            "--reference", type=Path, metavar="PHOTO", help="with --consistent: the look to match"
        )
        parser.add_argument("--report", type=Path, help="write what was done as JSON")
        parser.add_argument("--overwrite", action="store_true", help="replace existing files")

    def handle(self, *args: Any, **options: Any) -> None:
        """Retouch; a bad file is reported, the rest goes on, and the exit status is 1."""
        source, target = options["input"], options["output"]
        if not source.exists():
            raise CommandError(f"{source} does not exist")
        if options["consistent"] and not source.is_dir():
            raise CommandError("--consistent needs a folder of photos")
        if options["reference"] and not options["consistent"]:
            raise CommandError("--reference is the look of --consistent: add that")
        try:
            wanted = parse_recipe(options["recipe"])
            recipe = Recipe.from_dict({"light": 1, **wanted} if options["consistent"] else wanted)
            tone = checkpoint_resolve(role=TONE)
            retoucher = Retoucher.load(checkpoint_resolve(options["checkpoint"]), tone)
            style = self._chosen_style(retoucher, options["style"], options["seed"])
        except (RecipeError, CheckpointError) as error:
            raise CommandError(error.detail) from error
        except StyleError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"checkpoint: {retoucher.predictor.card.name}")
        pairs = list(folder_pairs(source, target)) if source.is_dir() else [(source, target)]
        agreement = self._agreement(retoucher, pairs, recipe, options)
        overwrite = options["overwrite"]

        def work(own: Retoucher, pair: tuple[Path, Path]) -> dict[str, Any]:
            return retouch_file(own, recipe, *pair, overwrite=overwrite, agreed=agreement)

        done = in_batches(retoucher, pairs, work)
        reports = list(tqdm(done, total=len(pairs), unit="photo", disable=len(pairs) < 2))
        for report in reports if style else []:
            report["style"] = style
        self._finish(reports, options["report"], source.is_dir())

    def _agreement(
        self,
        retoucher: Retoucher,
        pairs: list[tuple[Path, Path]],
        recipe: Recipe,
        options: dict[str, Any],
    ) -> Agreement | None:
        if not options["consistent"]:
            return None
        paths = tqdm([path for path, _ in pairs], unit="photo", desc="agreeing")
        try:
            return agreement_of(retoucher, paths, recipe.light, options["reference"])
        except GroupError as error:
            raise CommandError(str(error)) from error

    def _chosen_style(
        self, retoucher: Retoucher, words: list[str], seed: int | None
    ) -> dict[str, int]:
        """Give the retoucher the style that was asked for; return and print its numbers."""
        if not words:
            return {}
        if seed is not None and seed < 0:
            raise StyleError("--seed must be at least 0")
        seed = secrets.randbelow(2**31) if seed is None else seed
        retoucher.style, numbers = choose_style(retoucher.predictor, words, seed)
        listed = " ".join(f"{region}={number}" for region, number in numbers.items())
        self.stderr.write(f"style: {listed} (seed {seed})")
        return numbers

    def _finish(self, reports: list[dict[str, Any]], path: Path | None, folder: bool) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"photos": reports} if folder else reports[0], indent=2))
        failed = [report for report in reports if "error" in report]
        for report in failed:
            self.stderr.write(f"{report['input']}: {report['error']['detail']}")
        if not reports:
            raise CommandError("the folder holds no photos")
        if failed:
            raise CommandError(f"{len(failed)} of {len(reports)} photos could not be retouched")
        self.stdout.write(f"{len(reports)} retouched")


def parse_recipe(pairs: list[str]) -> dict[str, Any]:
    """Turn KEY=VALUE words into recipe values (JSON where it parses); raises RecipeError."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator:
            raise RecipeError("invalid_recipe", f"{pair!r} is not KEY=VALUE")
        try:
            values[key] = json.loads(text)
        except json.JSONDecodeError:
            values[key] = text
    return values


def folder_pairs(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each photo of a folder with its place below `target`.

    HEIC becomes .jpg, or .heic.jpg beside a photo that has that name.
    """
    photos = [p for p in sorted(source.rglob("*")) if p.is_file() and p.suffix.lower() in SUFFIXES]
    named = {str(path).lower() for path in photos}
    for path in photos:
        converted = path
        if _is_heic(path):
            converted = path.with_suffix(".jpg")
            if str(converted).lower() in named:
                converted = path.with_name(f"{path.name}.jpg")
        yield path, target / converted.relative_to(source)


def _is_heic(path: Path) -> bool:
    return path.suffix.lower() in (".heic", ".heif")


def retouch_file(
    retoucher: Retoucher,
    recipe: Recipe,
    source: Path,
    target: Path,
    *,
    overwrite: bool,
    agreed: Agreement | None = None,
) -> dict[str, Any]:
    """Retouch one file and return its report; errors are returned, not raised.

    agreed: what the photos of its folder agree on.
    """
    report: dict[str, Any] = {"input": str(source), "output": str(target)}
    try:
        if target.exists() and not overwrite:
            raise ImageError("exists", f"{target} exists: add --overwrite to replace it")
        read_header(source)
        started = time.monotonic()
        photo = decode(source.read_bytes())
        decoded = time.monotonic()
        wanted = EXTENSIONS[output_format(photo, recipe.format)]
        decisions = agreed.decisions.get(source) if agreed else None
        anchor = agreed.anchor if agreed else None
        result = retoucher.render(photo, retoucher.analyse(photo), recipe, decisions, anchor)
        write_atomically(target, result.encoded.data)
        if target.suffix.lower().replace(".jpeg", ".jpg") != wanted:
            result.report["notes"].append(f"the file holds {wanted[1:]} data")
        result.report["seconds"]["decode"] = round(decoded - started, 3)
        return {**report, **result.report}
    except ImageError as error:
        return {**report, "error": {"code": error.code, "detail": error.detail}}
    except OSError as error:
        return {**report, "error": {"code": "unreadable", "detail": str(error)}}


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file under a temporary name beside it, then move it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    temporary.write_bytes(data)
    temporary.replace(target)
