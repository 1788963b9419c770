"""Pairs of one's own: train_A/train_B, source/target folders, or a CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import pictures_by_stem, wrong_folder
from .plan import SPLIT_NAMES, TARGET, DatasetError, Plan, PlannedPhoto
from .tables import PhotoFacts, fact_of, photo_facts, read_pairs, read_rows

SIDES = (("source", "target"), ("A", "B"))


@dataclass(frozen=True)
class FolderPair:
    """Two parallel folders, with masks beside them where there are any."""

    source: Path
    target: Path
    split: str = ""
    masks: Path | None = None

    @property
    def halves(self) -> list[Path]:
        """Return those of the two folders that are there."""
        return [path for path in (self.source, self.target) if path.is_dir()]


def read_pair_folders(root: Path) -> Plan:
    """Pair pictures by stem in whichever layout `root` has.

    Layouts: `train_A`/`train_B` (pix2pixHD), `train/source`/`train/target` (RetouchFormer),
    `source/train`/`target/train`, plain `source`/`target`, and a CSV file with the columns source
    and target, given itself or as the folder's `pairs.csv`. Raises DatasetError.
    """
    table = root if root.is_file() else _table(root)
    there = [pair for pair in _folder_pairs(root) if pair.halves] if root.is_dir() else []
    if not any(len(pair.halves) == 2 for pair in there):
        if table is None:
            raise _no_pairs(root, there)
        return read_pairs(table)
    plan = Plan(root=root)
    for pair in there:
        _read_pair(pair, plan)
    return plan


def _table(root: Path) -> Path | None:
    if (root / "pairs.csv").is_file():
        return root / "pairs.csv"
    tables = [
        path
        for path in sorted(root.glob("*.csv"))
        if {"source", "target"} <= next((row.keys() for _, row in read_rows(path)), set())
    ]
    if len(tables) > 1:
        names = ", ".join(path.name for path in tables)
        raise DatasetError(f"{root} has several tables of pairs ({names}): give one as SOURCE")
    return tables[0] if tables else None


def _folder_pairs(root: Path) -> Iterator[FolderPair]:
    """Yield every pair of folders that one of the layouts allows, there or not."""
    for name, split in SPLIT_NAMES.items():
        yield FolderPair(root / f"{name}_A", root / f"{name}_B", split)
        for source, target in SIDES:
            inside, masks = root / name, _folder(root / "masks" / name)
            yield FolderPair(inside / source, inside / target, split, _folder(inside / "masks"))
            yield FolderPair(root / source / name, root / target / name, split, masks)
    if not any((root / side / name).is_dir() for side, _ in SIDES for name in SPLIT_NAMES):
        for source, target in SIDES:
            yield FolderPair(root / source, root / target, "", _folder(root / "masks"))


def _folder(path: Path) -> Path | None:
    return path if path.is_dir() else None


def _no_pairs(root: Path, halves: list[FolderPair]) -> DatasetError:
    for pair in halves:
        missing = pair.target if pair.source.is_dir() else pair.source
        return DatasetError(f"{pair.halves[0]} is there, but {missing} is not: copy it as well")
    if (root / "train_label").is_dir():
        return DatasetError(f"{root} holds label maps, not pairs of photos")
    wanted = "pairs (train_A/ and train_B/, source/ and target/, or pairs.csv)"
    return wrong_folder(root, wanted, ["train_A", "source", "train/source", "test/source", "A"])


def _read_pair(pair: FolderPair, plan: Plan) -> None:
    if len(pair.halves) == 1:
        plan.report("orphan", pair.halves[0], "the whole folder has no partner")
        return
    sources, targets = pictures_by_stem(pair.source, plan), pictures_by_stem(pair.target, plan)
    masks = pictures_by_stem(pair.masks, plan) if pair.masks else {}
    facts = {**photo_facts(plan.root), **photo_facts(pair.source)}
    for stem in sorted(sources.keys() | targets.keys()):
        source, target = sources.get(stem), targets.get(stem)
        if source and target:
            fact = fact_of(facts, source, pair.source, plan.root)
            photo = _photo(pair, plan.root, stem, source, target, masks.get(stem), fact)
            plan.photos.append(photo)
        elif source:
            plan.report("orphan", source, f"has no partner in {pair.target.name}/")
        elif target:
            plan.report("orphan", target, f"has no partner in {pair.source.name}/")


def _photo(
    pair: FolderPair,
    root: Path,
    stem: str,
    source: Path,
    target: Path,
    mask: Path | None,
    fact: PhotoFacts,
) -> PlannedPhoto:
    key = source.relative_to(root).as_posix()
    return PlannedPhoto(
        source=source,
        key=key,
        group=fact.group or group_of(stem, key),
        split=pair.split,
        targets={TARGET: target},
        mask=mask,
        licence=fact.licence,
        origin=fact.origin,
        synthetic=fact.synthetic,
    )


def group_of(stem: str, key: str) -> str:
    """Return the sub-folder a photo lies in, as its group; a photo in none is one by itself."""
    return key.rsplit("/", 1)[0] if "/" in stem else key
