"""Plain portraits, unpaired: training paints blemishes on them."""

from collections.abc import Mapping
from pathlib import Path

from .files import TIFF_SUFFIXES, composed, pictures
from .pairs import group_of
from .plan import SPLIT_NAMES, DatasetError, Plan, PlannedPhoto
from .tables import PhotoFacts, fact_of, photo_facts


def read_portraits(root: Path) -> Plan:
    """Read `train/`, `val/`, `test/`, or all photos below `root` where there are no such folders.

    Licences, origins and groups come from a SOURCES.csv (file, source, licence, synthetic) and a
    GROUPS.csv (group, file) in each of these folders. Raises DatasetError when no photo is there.
    """
    plan = Plan(root=root)
    parts = [(root / name, split) for name, split in SPLIT_NAMES.items()]
    parts = [(folder, split) for folder, split in parts if folder.is_dir()] or [(root, "")]
    for folder, split in parts:
        _read_folder(folder, split, plan)
    if not plan.photos and not plan.problems:
        raise DatasetError(f"{root} has no photos in train/, val/ or test/, nor outside of them")
    return plan


def _read_folder(folder: Path, split: str, plan: Plan) -> None:
    facts = photo_facts(folder)
    found = pictures(folder, plan)
    _report_absent(plan, folder, facts, found)
    for path in found:
        if path.suffix.lower() in TIFF_SUFFIXES:
            plan.report("format", path, "is a TIFF: save portraits as PNG or JPEG")
            continue
        fact = fact_of(facts, path, folder)
        key = path.relative_to(plan.root).as_posix()
        stem = path.relative_to(folder).with_suffix("").as_posix()
        plan.photos.append(
            PlannedPhoto(
                source=path,
                key=key,
                group=fact.group or group_of(stem, key),
                split=split,
                licence=fact.licence,
                origin=fact.origin,
                synthetic=fact.synthetic,
            )
        )


def _report_absent(
    plan: Plan, folder: Path, facts: Mapping[str, PhotoFacts], found: list[Path]
) -> None:
    """Report what a table names and is not there: an unfinished copy, or a slip of the pen."""
    there = {composed(path.name) for path in found}
    there |= {composed(path.relative_to(folder).as_posix()) for path in found}
    for name in facts:
        if name and name not in there and not (folder / name).exists():
            plan.report("orphan", folder / name, "named in a table beside it, but not there")
