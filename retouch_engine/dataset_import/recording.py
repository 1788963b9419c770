"""Checking planned photos in a pool and recording them in batches."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from retouch_engine.models import Dataset, DatasetPhoto

from .checks import CheckedPhoto, FileFacts, PhotoChecker, common_size, fingerprint
from .duplicates import DuplicateFinder
from .plan import Plan, PlannedPhoto, Problem, relative_name

# What a killed import has to check again at most.
BATCH = 128


@dataclass
class ImportReport:
    """What an import did: photos per split (without augmented versions), rows, and problems."""

    counts: dict[str, int] = field(default_factory=dict)
    added: int = 0
    unchanged: int = 0
    dropped: int = 0
    licence: str = ""
    problems: list[Problem] = field(default_factory=list)


class PhotoRecorder:
    """Brings a data set's rows up to its plan.

    kept: the paths of all sound photos, recorded now or before.
    """

    def __init__(
        self, dataset: Dataset, plan: Plan, place: Callable[[Path], Path], report: ImportReport
    ) -> None:
        self.dataset = dataset
        self.plan = plan
        self.place = place
        self.report = report
        self.kept: set[str] = set()
        self._finder = DuplicateFinder()
        self._rows = {row.path: row for row in dataset.photos.all()}

    def run(self, workers: int, enough: int | None) -> None:
        """Check with `workers` threads; stops early when there are `enough` problems."""
        size = common_size(self.plan.photos) if self.plan.one_size else None
        checker = PhotoChecker(self.plan.root, self.place, size)
        title = f"importing {self.dataset.name}"
        bar = tqdm(total=len(self.plan.photos), unit="photo", desc=title)
        with bar, warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
            # Pillow warns of damage that is then reported as a problem.
            warnings.simplefilter("ignore", UserWarning)
            for batch in _batches(self.plan.photos):
                known = list(pool.map(self._unchanged_row, batch))
                pending = [p for p, row in zip(batch, known, strict=True) if row is None]
                fresh = pool.map(checker.check, pending)
                self._record([row if row else next(fresh) for row in known])
                bar.update(len(batch))
                if enough and len(self.report.problems) >= enough:
                    return

    def _unchanged_row(self, photo: PlannedPhoto) -> DatasetPhoto | None:
        row = self._rows.get(str(self.place(photo.source)))
        return row if row and row.fingerprint == fingerprint(photo) else None

    def _record(self, results: Sequence[DatasetPhoto | CheckedPhoto | Problem]) -> None:
        rows = []
        for result in results:
            if isinstance(result, Problem):
                self.report.problems.append(result)
            elif isinstance(result, DatasetPhoto):
                self._keep(result.path, _pictures(result), result.split)
                self.report.unchanged += 1
            elif not self._is_duplicate(result):
                rows.append(self._row(result))
                self._keep(str(result.source.path), result.pictures, result.planned.split)
        _write(rows)
        self.report.added += len(rows)

    def _keep(self, path: str, pictures: Sequence[FileFacts], split: str) -> None:
        self._finder.add(pictures, split)
        self.kept.add(path)

    def _is_duplicate(self, photo: CheckedPhoto) -> bool:
        found = self._finder.find(photo.pictures, photo.planned.split)
        if found is None:
            return False
        path, split = found
        detail = f"same picture as {relative_name(path, self.plan.root)} in {split}"
        name = relative_name(photo.planned.source, self.plan.root)
        self.report.problems.append(Problem("duplicate", name, detail))
        return True

    def _row(self, photo: CheckedPhoto) -> DatasetPhoto:
        planned, source, mask = photo.planned, photo.source, photo.mask
        return DatasetPhoto(
            dataset=self.dataset,
            path=str(source.path),
            sha256=source.sha256,
            top_sha256=source.top,
            width=source.size[0],
            height=source.size[1],
            targets={
                name: {"path": str(t.path), "sha256": t.sha256, "top_sha256": t.top}
                for name, t in photo.targets.items()
            },
            mask=str(mask.path) if mask else "",
            mask_sha256=mask.sha256 if mask else "",
            split=planned.split,
            group=planned.group,
            augmentation=planned.augmentation,
            licence=planned.licence,
            origin=planned.origin,
            synthetic=planned.synthetic,
            fingerprint=fingerprint(planned),
        )


def _write(rows: list[DatasetPhoto]) -> None:
    every = [f.name for f in DatasetPhoto._meta.fields if f.name not in ("id", "dataset", "path")]
    DatasetPhoto.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["dataset", "path"], update_fields=every
    )


def _pictures(row: DatasetPhoto) -> list[FileFacts]:
    size = (row.width, row.height)
    facts = [FileFacts(Path(row.path), row.sha256, size, row.top_sha256)]
    for target in row.targets.values():
        path, sha256, top = target["path"], target["sha256"], target["top_sha256"]
        facts.append(FileFacts(Path(path), sha256, size, top))
    return facts


def _batches(photos: Sequence[PlannedPhoto]) -> Iterator[list[PlannedPhoto]]:
    remaining = iter(photos)
    while batch := list(islice(remaining, BATCH)):
        yield batch
