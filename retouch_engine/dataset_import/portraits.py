"""Plain portraits, unpaired: training paints blemishes on them."""

from pathlib import Path

from .files import TIFF_SUFFIXES, pictures
from .pairs import group_of
from .plan import SPLIT_NAMES, DatasetError, Plan, PlannedPhoto
from .tables import PhotoFacts, photo_facts


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
    for path in pictures(folder, plan):
        if path.suffix.lower() in TIFF_SUFFIXES:
            plan.report("format", path, "is a TIFF: save portraits as PNG or JPEG")
            continue
        fact = facts.get(path.name, PhotoFacts())
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
