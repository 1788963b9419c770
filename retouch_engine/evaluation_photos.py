"""Photos of a data set's split as evaluation takes them."""

from pathlib import Path

from retouch_engine.datasets import dataset_photos
from retouch_engine.evaluation.subjects import EvaluationPhoto


def evaluation_photos(dataset: str, split: str, expert: str = "") -> list[EvaluationPhoto]:
    """Return a split's photos with their targets, PPR10K's of one expert; raises DatasetError.

    expert: "" takes the first that there is.
    """
    return [
        EvaluationPhoto(
            path=Path(photo.path),
            target=photo.target_path(expert),
            people=Path(photo.mask) if photo.mask else None,
            group=photo.group,
            synthetic=photo.synthetic,
        )
        for photo in dataset_photos(name=dataset, split=split, expert=expert)
    ]
