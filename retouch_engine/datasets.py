"""Importing data sets: check every file, report what is wrong, keep one manifest."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from tqdm import tqdm

from retouch_engine.imaging import ImageError, read_header
from retouch_engine.models import Dataset, DatasetPhoto

SPLIT_FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"}


class DatasetError(ValueError):
    """A data set that cannot be imported or used; the message says what to do."""


@dataclass
class ImportReport:
    """What an import did: counts per split, and (path, reason) of files left out."""

    imported: dict[str, int] = field(default_factory=dict)
    already: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def dataset_import_portraits(*, source: Path, name: str) -> ImportReport:
    """Import plain portraits from SOURCE/train, SOURCE/val and SOURCE/test; nothing is copied.

    Licences come from a SOURCES.csv in each folder where there is one. Files that cannot be read
    and files that stand in two splits are left out and reported. Running it again goes on where
    it stopped. Raises DatasetError when the folder holds no photo or the name is of another kind.
    """
    files = list(_portrait_files(source))
    if not files:
        raise DatasetError(f"{source} has no photos in train/, val/ or test/")
    dataset, _ = Dataset.objects.get_or_create(
        name=name, defaults={"kind": "portraits", "source": str(source)}
    )
    if dataset.kind != "portraits":
        raise DatasetError(f"data set {name!r} exists and is of kind {dataset.kind!r}")
    report = ImportReport()
    seen = dict(dataset.photos.values_list("sha256", "path"))
    for split, path, row in tqdm(files, unit="photo", desc="importing"):
        _import_file(dataset, split, path, row, seen, report)
    return report


def _import_file(
    dataset: Dataset,
    split: str,
    path: Path,
    row: dict[str, str],
    seen: dict[str, str],
    report: ImportReport,
) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if seen.get(digest) == str(path):
        report.already += 1
        return
    if digest in seen:
        report.refused.append((str(path), f"same picture as {seen[digest]}"))
        return
    try:
        read_header(path)
    except ImageError as error:
        report.refused.append((str(path), error.detail))
        return
    with transaction.atomic():
        DatasetPhoto.objects.update_or_create(
            dataset=dataset,
            path=str(path),
            defaults={
                "sha256": digest,
                "split": split,
                "licence": row.get("licence", ""),
                "origin": row.get("source", ""),
                "synthetic": row.get("synthetic", "") == "yes",
            },
        )
    seen[digest] = str(path)
    report.imported[split] = report.imported.get(split, 0) + 1


def _portrait_files(source: Path) -> Iterator[tuple[str, Path, dict[str, str]]]:
    for folder, split in SPLIT_FOLDERS.items():
        rows = _source_rows(source / folder / "SOURCES.csv")
        for path in sorted((source / folder).glob("*")):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                yield split, path.resolve(), rows.get(path.name, {})


def _source_rows(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    with path.open(newline="") as lines:
        return {row["file"]: row for row in csv.DictReader(lines)}


def dataset_photos(*, name: str, split: str) -> list[DatasetPhoto]:
    """Return a split's photos; raises DatasetError if the set, the split or a file is missing."""
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet"
        raise DatasetError(f"no data set {name!r}; imported: {names}")
    photos = list(dataset.photos.filter(split=split))
    if not photos:
        raise DatasetError(f"data set {name!r} has no photos in split {split!r}")
    missing = [photo.path for photo in photos if not Path(photo.path).is_file()]
    if missing:
        raise DatasetError(
            f"{len(missing)} files of data set {name!r} are gone, the first is {missing[0]}"
        )
    return photos
