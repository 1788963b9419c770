"""The CSV files that come with photos: licences, groups, pairs."""

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .files import composed
from .plan import SPLIT_NAMES, TARGET, DatasetError, Plan, PlannedPhoto

SOURCE_COLUMN, TARGET_COLUMN = "source", "target"


Row = dict[str, str]
DELIMITERS = ",;\t"


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """Return a CSV file's rows with lower-case column names, each with the line it ends on.

    Columns are parted by commas, or by semicolons or tabs, as spreadsheets of many countries write
    them: the header decides. Raises DatasetError.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            header = lines.readline()
            lines.seek(0)
            delimiter = max(DELIMITERS, key=header.count)
            reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    if not rows:
        raise DatasetError(f"{path} is empty")
    names = [name.lower() for name in rows[0][1]]
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise DatasetError(f"{path} has the column `{twice[0]}` twice")
    return [(line, dict(zip(names, row, strict=False))) for line, row in rows[1:] if any(row)]


@dataclass(frozen=True)
class PhotoFacts:
    """What SOURCES.csv and GROUPS.csv say of one file."""

    licence: str = ""
    origin: str = ""
    synthetic: bool = False
    group: str = ""


def photo_facts(folder: Path) -> dict[str, PhotoFacts]:
    """Return what a folder's SOURCES.csv and GROUPS.csv say, by file name; empty without them."""
    groups = {_file(row): row.get("group", "") for row in _rows(folder / "GROUPS.csv")}
    facts = {name: PhotoFacts(group=group) for name, group in groups.items()}
    for row in _rows(folder / "SOURCES.csv"):
        name = _file(row)
        facts[name] = PhotoFacts(
            licence=row.get("licence", "") or row.get("license", ""),
            origin=row.get("source", ""),
            synthetic=row.get("synthetic", "").lower() in ("yes", "true", "1"),
            group=row.get("group", "") or groups.get(name, ""),
        )
    return facts


def fact_of(facts: Mapping[str, PhotoFacts], path: Path, *folders: Path) -> PhotoFacts:
    """Return what tables say of a file, named by its path below one of `folders`, or by its name.

    A path comes first: files of one name may lie in several folders.
    """
    inside = [composed(path.relative_to(folder).as_posix()) for folder in folders]
    named = [facts[name] for name in (*inside, composed(path.name)) if name in facts]
    return named[0] if named else PhotoFacts()


def _file(row: Row) -> str:
    return composed(os.path.normpath(row["file"])) if row.get("file") else ""


def _rows(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    rows = [row for _, row in read_rows(path)]
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
    for number, row in read_rows(path):
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
