"""PPR10K in its delivered folders, in the layout of its code, and in AdaInt's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from retouch_engine.licences import PPR10K_LICENCE

from .files import pictures, wrong_folder
from .plan import TEST, TRAIN, DatasetError, Plan, PlannedPhoto

GROUPS, FIRST_TEST_GROUP = 1681, 1356
EXPERTS = ("a", "b", "c")
IMAGES = "train_val_images_tif_360p"
NAME = re.compile(r"(\d+)_(\d+)(?:_(\d+))?")
Photo = tuple[int, int]  # group, index
Name = tuple[int, int, int]  # group, index, augmented version (0: the photo itself)


@dataclass(frozen=True)
class Part:
    """One set of parallel folders; `split` where the folder's name says it."""

    folder: Path
    split: str | None
    masks: Path | None

    @property
    def sources(self) -> list[Path]:
        """Return `source` and then the folders of augmented versions, those that are there."""
        return [path for path in [self.folder / "source"] if path.is_dir()] + sorted(
            path for path in self.folder.glob("source_aug*") if path.is_dir()
        )


def ppr10k_split(group: int) -> str:
    """Return the published split: groups below 1356 train, 1356 to 1680 are held out as test.

    The publisher calls the second part `val` and reports results on it; it is our `test`.
    """
    return TRAIN if group < FIRST_TEST_GROUP else TEST


def read_ppr10k(root: Path) -> Plan:
    """Pair sources, augmented versions, experts' targets and masks by `{group}_{index}[_{k}]`.

    Recognises `train_val_images_tif_360p/` beside `masks_360p/` as delivered, `train/` and `val/`
    of the authors' code, and one flat set of `source`, `source_aug_6`, `masks`, `target_x`.
    Raises DatasetError when none of them is there.
    """
    plan = Plan(root=root, licence=PPR10K_LICENCE)
    parts = [part for part in _parts(root) if part.sources]
    if not parts:
        raise _not_ppr10k(root)
    masked: dict[Path, set[Photo]] = {}
    for part in parts:
        photos = _read_part(part, plan)
        if part.masks:
            masked.setdefault(part.masks, set()).update(photos)
    # One folder of masks may serve train and val, each of which has a part of the photos.
    for folder, photos in masked.items():
        _report_orphans(plan, _by_name(folder, Plan(root=plan.root)), photos)
    return plan


def _not_ppr10k(root: Path) -> DatasetError:
    if (root / "raw").is_dir():
        return DatasetError(
            f"{root} holds raw photos only: they are not developed here; download {IMAGES} "
            "and masks_360p"
        )
    wanted = f"PPR10K (wanted: {IMAGES}/, or train/source/, or source/ beside target_a/)"
    return wrong_folder(root, wanted, [IMAGES, "train", "source"])


def _parts(root: Path) -> Iterator[Part]:
    base = root / IMAGES if (root / IMAGES).is_dir() else root
    shared = [root / "masks_360p", root / "masks", base / "masks_360p", root / "masks_full"]
    for folder, split in ((base, None), (base / "train", TRAIN), (base / "val", TEST)):
        candidates = [folder / "masks", folder / "masks_360p", *shared]
        yield Part(folder, split, next((path for path in candidates if path.is_dir()), None))


def _read_part(part: Part, plan: Plan) -> set[Photo]:
    """Add a part's photos to the plan and return the names of all its sources."""
    sources = _sources(part, plan)
    experts = {
        expert: _by_name(part.folder / f"target_{expert}", plan)
        for expert in EXPERTS
        if (part.folder / f"target_{expert}").is_dir()
    }
    if not experts:
        raise DatasetError(f"{part.folder} has none of target_a, target_b and target_c")
    masks = _by_name(part.masks, plan) if part.masks else None
    for name, path in sorted(sources.items()):
        _add(part, plan, name, path, experts, masks)
    photos = {name[:2] for name in sources}
    for files in experts.values():
        _report_orphans(plan, files, photos)
    return photos


def _sources(part: Part, plan: Plan) -> dict[Name, Path]:
    """Return sources by name; of a photo that is in source_aug too, the one in `source`."""
    found: dict[Name, Path] = {}
    for folder in part.sources:
        for name, path in _by_name(folder, plan).items():
            found.setdefault(name, path)
    return found


def _by_name(folder: Path, plan: Plan) -> dict[Name, Path]:
    found: dict[Name, Path] = {}
    for path in pictures(folder, plan):
        match = NAME.fullmatch(path.stem)
        name = (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None
        if name is None or name[0] >= GROUPS:
            plan.report("name", path, "is not {group}_{index} with a group from 0 to 1680")
        elif name in found:
            plan.report("same stem", path, f"{found[name].name} has the same name")
        else:
            found[name] = path
    return found


def _report_orphans(plan: Plan, files: dict[Name, Path], photos: set[Photo]) -> None:
    for name, path in files.items():
        if name[:2] not in photos:
            plan.report("orphan", path, "has no source photo")


def _add(
    part: Part,
    plan: Plan,
    name: Name,
    source: Path,
    experts: dict[str, dict[Name, Path]],
    masks: dict[Name, Path] | None,
) -> None:
    group, index, version = name
    photo = (group, index, 0)
    split = ppr10k_split(group)
    missing = [expert for expert, files in experts.items() if photo not in files]
    if missing:
        plan.report("orphan", source, f"has no target of expert {', '.join(missing)}")
    elif masks is not None and photo not in masks:
        plan.report("orphan", source, "has no mask")
    elif part.split and part.split != split:
        rule = f"groups below {FIRST_TEST_GROUP} belong into train/, the others into val/"
        plan.report("split", source, f"is of group {group}; {rule}")
    else:
        plan.photos.append(
            PlannedPhoto(
                source=source,
                key=f"{group}_{index}",
                group=str(group),
                split=split,
                targets={expert: files[photo] for expert, files in experts.items()},
                mask=masks[photo] if masks else None,
                augmentation=version,
            )
        )
