"""The import itself: name, plan, check and record, finish or refuse."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction

from retouch_engine.licences import strictest_licence
from retouch_engine.models import Dataset, DatasetPhoto

from .ffhqr import read_ffhqr
from .pairs import read_pair_folders
from .plan import SPLITS, DatasetError, DatasetRefusedError, Plan, Problem, relative_name
from .portraits import read_portraits
from .ppr10k import read_ppr10k
from .recording import BATCH, ImportReport, PhotoRecorder
from .splits import apply_limit, assign_splits

LAYOUTS: dict[str, Callable[[Path], Plan]] = {
    "ffhqr": read_ffhqr,
    "ppr10k": read_ppr10k,
    "pairs": read_pair_folders,
    "portraits": read_portraits,
}
# A refusal that is certain does not wait for the last of 140,000 files.
ENOUGH_PROBLEMS = 100


@dataclass(frozen=True)
class ImportOptions:
    """How to import; see `manage.py import_dataset --help`."""

    limit: dict[str, int] = field(default_factory=dict)
    licence: str = ""
    copy: bool = False
    skip_problems: bool = False
    seed: int = 0
    workers: int = field(default_factory=lambda: min(os.cpu_count() or 1, 16))

    def stored(self) -> dict[str, object]:
        """Return what decides which photos a data set has and where they lie."""
        return {"limit": self.limit, "copy": self.copy, "seed": self.seed}


def dataset_import(*, kind: str, source: Path, name: str, options: ImportOptions) -> ImportReport:
    """Check a data set and keep its manifest; an import that was stopped goes on.

    Photos are recorded in batches, so that a second call checks only what is missing or has
    changed since. The data set can be used when all of it is done. Raises DatasetRefusedError with
    all problems found, unless they are to be skipped, and DatasetError for everything else that
    stands against it.
    """
    dataset = _named(kind, source, name, options)
    plan = dataset_plan(kind, source, options)
    if plan.problems and not options.skip_problems:
        raise _refusal(plan.problems, "nothing was read")
    place = _places(plan, name, options)
    dataset.source, dataset.options = str(source), options.stored()
    dataset.state = Dataset.State.IMPORTING
    dataset.save()
    report = ImportReport(problems=plan.problems)
    recorder = PhotoRecorder(dataset, plan, place, report)
    recorder.run(options.workers, enough=None if options.skip_problems else ENOUGH_PROBLEMS)
    if report.problems and not options.skip_problems:
        Dataset.objects.filter(pk=dataset.pk).update(state=Dataset.State.REFUSED)
        raise _refusal(report.problems, "the sound photos are remembered")
    if not recorder.kept:
        raise DatasetRefusedError("no photo is left to import", report.problems)
    _finish(dataset, recorder.kept, report)
    return report


def _named(kind: str, source: Path, name: str, options: ImportOptions) -> Dataset:
    """Return the data set to go on with, or a new unsaved one; raises DatasetError."""
    if kind not in LAYOUTS:
        raise DatasetError(f"unknown kind {kind!r}: choose {', '.join(LAYOUTS)}")
    if not source.exists():
        raise DatasetError(f"{source} does not exist")
    if not source.is_dir() and not (kind == "pairs" and source.suffix.lower() == ".csv"):
        raise DatasetError(f"{source} is not a folder")
    try:
        Dataset._meta.get_field("name").clean(name, None)
    except ValidationError as error:
        allowed = "use at most 50 letters, digits, - and _"
        raise DatasetError(f"{name!r} cannot be a data set's name: {allowed}") from error
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        return Dataset(name=name, kind=kind)
    _refuse_taken_name(dataset, kind, source, options)
    return dataset


def _refuse_taken_name(dataset: Dataset, kind: str, source: Path, options: ImportOptions) -> None:
    taken = f"the name {dataset.name!r} is taken"
    if dataset.kind != kind:
        raise DatasetError(f"{taken} by a data set of kind {dataset.kind!r}: choose another")
    if dataset.state != Dataset.State.READY:
        return
    # A data set that was moved is found again under its name.
    if Path(dataset.source) != source and Path(dataset.source).exists():
        raise DatasetError(f"{taken} by the data set of {dataset.source}: choose another")
    if dataset.options and dataset.options != options.stored():
        raise DatasetError(f"{taken} by an import with other options: choose another")


def dataset_plan(kind: str, source: Path, options: ImportOptions) -> Plan:
    """Return what would be imported, from names alone; raises DatasetError."""
    try:
        plan = LAYOUTS[kind](source)
    except OSError as error:
        raise DatasetError(f"{error.filename} cannot be read: {error.strerror}") from error
    assign_splits(plan, options.seed)
    apply_limit(plan, options.limit, options.seed)
    default = options.licence or plan.licence
    plan.photos = [replace(photo, licence=photo.licence or default) for photo in plan.photos]
    if not plan.photos and not plan.problems:
        raise DatasetError(f"{source} has no photos to import")
    # Held-out splits first: of equal pictures in two splits, the one in training is left out.
    plan.photos.sort(key=lambda p: (-SPLITS.index(p.split), p.key, p.augmentation))
    return plan


def _refusal(problems: list[Problem], outcome: str) -> DatasetRefusedError:
    kinds = sorted({problem.kind for problem in problems})
    return DatasetRefusedError(
        f"{len(problems)} problems ({', '.join(kinds)}): {outcome}; mend them and run the command "
        "again, or leave these files out with --on-problem skip",
        problems,
    )


def _places(plan: Plan, name: str, options: ImportOptions) -> Callable[[Path], Path]:
    """Return the function from a file to the path it is used from; raises DatasetError."""
    if not options.copy:
        return lambda path: path
    folder = Path(settings.DATA_DIR) / "datasets" / name

    def place(path: Path) -> Path:
        return folder / relative_name(path, plan.root).lstrip("/")

    _refuse_small_disk(plan, folder, place)
    return place


def _refuse_small_disk(plan: Plan, folder: Path, place: Callable[[Path], Path]) -> None:
    files = {path for photo in plan.photos for path in photo.files}
    pending = [path for path in files if path.exists() and not place(path).exists()]
    needed = sum(path.stat().st_size for path in pending)
    home = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(home).free
    if needed > free:
        raise DatasetError(
            f"the copy needs {needed / 1e9:.1f} GB, {home} has {free / 1e9:.1f} GB free"
        )


@transaction.atomic
def _finish(dataset: Dataset, kept: set[str], report: ImportReport) -> None:
    """Make the data set usable: rows of photos that are no longer part of it go."""
    rows = dict(dataset.photos.values_list("path", "pk"))
    gone = [key for path, key in rows.items() if path not in kept]
    for start in range(0, len(gone), BATCH):
        DatasetPhoto.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    report.dropped = len(gone)
    photos = dataset.photos.filter(augmentation=0).values_list("split")
    counts = dict(photos.annotate(models.Count("pk")).order_by())
    report.counts = {split: counts[split] for split in SPLITS if split in counts}
    report.licence = strictest_licence(
        dataset.photos.order_by().values_list("licence", flat=True).distinct()
    )
    dataset.state = Dataset.State.READY
    dataset.save()
