"""Data sets as training and evaluation use them: photos of a split, and their licence."""

from collections.abc import Iterable
from pathlib import Path

from retouch_engine.dataset_import import DatasetError
from retouch_engine.licences import strictest_licence
from retouch_engine.models import Dataset, DatasetPhoto

__all__ = ["DatasetError", "dataset_licence", "dataset_photos"]


def dataset_photos(
    *, name: str, split: str, augmented: bool = False, expert: str = ""
) -> list[DatasetPhoto]:
    """Return a split's photos by path, with their augmented versions only if asked for.

    expert: the PPR10K expert (a, b or c) whose targets are wanted. Raises DatasetError if the set,
    the split, that expert's targets or a file is missing, or if the import has not finished.
    """
    photos = _dataset(name).photos.filter(split=split)
    found = list(photos if augmented else photos.filter(augmentation=0))
    if not found:
        raise DatasetError(f"data set {name!r} has no photos in split {split!r}")
    if expert and any(expert not in photo.targets for photo in found):
        raise DatasetError(f"data set {name!r} has no targets of expert {expert!r}")
    missing = [path for photo in found for path in _files(photo) if not path.is_file()]
    if missing:
        raise DatasetError(
            f"{len(missing)} files of data set {name!r} are gone, the first is {missing[0]}"
        )
    return found


def dataset_licence(names: Iterable[str]) -> str:
    """Return the strictest licence among all photos of some data sets; raises DatasetError."""
    photos = DatasetPhoto.objects.filter(dataset__in=[_dataset(name) for name in names])
    return strictest_licence(photos.order_by().values_list("licence", flat=True).distinct())


def _dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet"
        raise DatasetError(f"no data set {name!r}; imported: {names}")
    if dataset.state != Dataset.State.READY:
        again = f"run import_dataset {dataset.kind} {dataset.source} --name {name} again"
        raise DatasetError(f"the import of data set {name!r} has not finished: {again}")
    return dataset


def _files(photo: DatasetPhoto) -> list[Path]:
    paths = [photo.path, *(target["path"] for target in photo.targets.values())]
    return [Path(path) for path in (*paths, photo.mask) if path]
