"""The CSV files that come with photos: licences, groups, pairs."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from .plan import SPLIT_NAMES, TARGET, DatasetError, Plan, PlannedPhoto

SOURCE_COLUMN, TARGET_COLUMN = "source", "target"


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return a CSV file's rows with lower-case column names; raises DatasetError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.reader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    if not rows:
        raise DatasetError(f"{path} is empty")
    names = [name.strip().lower() for name in rows[0]]
    return [dict(zip(names, map(str.strip, row), strict=False)) for row in rows[1:] if any(row)]


@dataclass(frozen=True)
class PhotoFacts:
    """What SOURCES.csv and GROUPS.csv say of one file."""

    licence: str = ""
    origin: str = ""
    synthetic: bool = False
    group: str = ""


def photo_facts(folder: Path) -> dict[str, PhotoFacts]:
    """Return what a folder's SOURCES.csv and GROUPS.csv say, by file name; empty without them."""
    groups = {row.get("file", ""): row.get("group", "") for row in _rows(folder / "GROUPS.csv")}
    facts = {name: PhotoFacts(group=group) for name, group in groups.items()}
    for row in _rows(folder / "SOURCES.csv"):
        name = row.get("file", "")
        facts[name] = PhotoFacts(
            licence=row.get("licence", "") or row.get("license", ""),
            origin=row.get("source", ""),
            synthetic=row.get("synthetic", "").lower() in ("yes", "true", "1"),
            group=row.get("group", "") or groups.get(name, ""),
        )
    return facts


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    rows = read_rows(path)
    if rows and "file" not in rows[0]:
        raise DatasetError(f"{path} has no column `file`")
    return rows


def read_pairs(path: Path) -> Plan:
    """Read pairs from a CSV with the columns source and target, paths relative to the file.

    Optional columns: split (train, val, test), group, mask, licence, origin, synthetic. Raises
    DatasetError; missing files and repeated sources are reported.
    """
    plan = Plan(root=path.parent)
    listed: set[Path] = set()
    for number, row in enumerate(read_rows(path), start=2):
        if not {SOURCE_COLUMN, TARGET_COLUMN} <= row.keys():
            raise DatasetError(f"{path}, line {number}: needs the columns source and target")
        photo = _pair(path, number, row)
        missing = [file for file in photo.files if not file.is_file()]
        for file in missing:
            plan.report("orphan", file, f"named in line {number} of {path.name}, but not there")
        if photo.source in listed:
            plan.report("listed twice", photo.source, f"line {number} of {path.name}")
        elif not missing:
            listed.add(photo.source)
            plan.photos.append(photo)
    if any(photo.split for photo in plan.photos):
        _report_missing_splits(plan)
    return plan


def _pair(path: Path, number: int, row: dict[str, str]) -> PlannedPhoto:
    split = row.get("split", "").lower()
    if split and split not in SPLIT_NAMES:
        raise DatasetError(f"{path}, line {number}: split {split!r} is not train, val or test")
    if not row[SOURCE_COLUMN] or not row[TARGET_COLUMN]:
        raise DatasetError(f"{path}, line {number}: source and target must both be given")
    return PlannedPhoto(
        source=_beside(path, row[SOURCE_COLUMN]),
        key=row[SOURCE_COLUMN],
        group=row.get("group") or row[SOURCE_COLUMN],
        split=SPLIT_NAMES.get(split, ""),
        targets={TARGET: _beside(path, row[TARGET_COLUMN])},
        mask=_beside(path, row["mask"]) if row.get("mask") else None,
        licence=row.get("licence", "") or row.get("license", ""),
        origin=row.get("origin", ""),
        synthetic=row.get("synthetic", "").lower() in ("yes", "true", "1"),
    )


def _beside(table: Path, name: str) -> Path:
    return Path(os.path.normpath(table.parent.absolute() / name))


def _report_missing_splits(plan: Plan) -> None:
    for photo in plan.photos:
        if not photo.split:
            plan.report("split", photo.source, "has no split, while other rows have one")
    plan.photos = [photo for photo in plan.photos if photo.split]
