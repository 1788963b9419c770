"""FFHQ with FFHQR's retouched targets, as both are delivered."""

import re
from pathlib import Path

from retouch_engine.licences import FFHQR_LICENCE

from .files import pictures, wrong_folder
from .plan import TARGET, TEST, TRAIN, VALIDATION, Plan, PlannedPhoto

PHOTOS = 70_000
FIRST_VALIDATION, FIRST_TEST = 56_000, 63_000
SOURCE_FOLDERS = ("ffhq", "images1024x1024", "ffhq/images1024x1024")
TARGET_FOLDERS = ("ffhqr", "ffhqr/images1024x1024")


def ffhqr_split(photo_id: int) -> str:
    """Return FFHQR's own split: by folder, train to 55,999, validation to 62,999, then test.

    FFHQ's own split (training to 59,999) overlaps with FFHQR's validation and is never used.
    """
    if photo_id < FIRST_VALIDATION:
        return TRAIN
    return VALIDATION if photo_id < FIRST_TEST else TEST


def read_ffhqr(root: Path) -> Plan:
    """Pair `ffhq/` (or `images1024x1024/`) with `ffhqr/` by id; any subset of ids will do.

    Files are `{id // 1000 * 1000:05d}/{id:05d}.png` as delivered; deeper or flatter folders are
    read as well. Raises DatasetError when a side is not there.
    """
    sources, targets = _side(root, SOURCE_FOLDERS), _side(root, TARGET_FOLDERS)
    if sources is None or targets is None:
        missing = "ffhqr/ (the retouched photos)" if sources else "ffhq/ or images1024x1024/"
        raise wrong_folder(root, missing, ["ffhqr", "ffhq", "images1024x1024"])
    plan = Plan(root=root, licence=FFHQR_LICENCE, official_splits=True, one_size=True)
    originals, retouched = _by_id(sources, plan), _by_id(targets, plan)
    if not originals or not retouched:
        empty = targets if originals else sources
        raise wrong_folder(root, f"photo in {empty.name}/", [])
    for photo_id in sorted(originals.keys() | retouched.keys()):
        _add(plan, photo_id, originals.get(photo_id), retouched.get(photo_id))
    return plan


def _side(root: Path, names: tuple[str, ...]) -> Path | None:
    """Return the last of the folders that is there: the deeper one leaves thumbnails out."""
    found = [root / name for name in names if (root / name).is_dir()]
    return found[-1] if found else None


def _by_id(folder: Path, plan: Plan) -> dict[int, Path]:
    found: dict[int, Path] = {}
    for path in pictures(folder, plan):
        photo_id = int(path.stem) if re.fullmatch(r"\d{5}", path.stem) else PHOTOS
        if photo_id >= PHOTOS:
            plan.report("name", path, "is not an id from 00000 to 69999")
        elif photo_id in found:
            plan.report("same stem", path, f"{found[photo_id].name} has the same id")
        else:
            found[photo_id] = path
    return found


def _add(plan: Plan, photo_id: int, source: Path | None, target: Path | None) -> None:
    if source and target:
        stem = f"{photo_id:05d}"
        photo = PlannedPhoto(source, stem, stem, ffhqr_split(photo_id), {TARGET: target})
        plan.photos.append(photo)
    elif source:
        plan.report("orphan", source, "has no retouched photo in FFHQR")
    elif target:
        plan.report("orphan", target, "has no original in FFHQ")
