"""What `manage.py fit_spot_classifier` calls: a checkpoint's classifier from a data set."""

from pathlib import Path

import numpy as np
from django.conf import settings
from tqdm import tqdm

from retouch_engine.composition import check_shares
from retouch_engine.datasets import dataset_photos
from retouch_engine.inference import CheckpointError, Predictor
from retouch_engine.registry import refuse_promoted, registered_at
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import KINDS
from retouch_engine.training import TrainingDataError, TrainingFaces
from retouch_engine.training.spot_classifier import (
    fit_classifier,
    painted_spots,
    write_classifier,
)
from retouch_engine.training_runs import training_photos


def spots_fit(
    *, checkpoint: Path, dataset: str, paintings: int, seed: int, shares: tuple[float, float]
) -> dict[str, int]:
    """Fit the classifier of spots on a data set's train split and put it into a checkpoint (card).

    Returns how many examples there were by kind. The safetensors' hash, which is the checkpoint's
    identity, changes; registered rows follow. Raises DatasetError, CheckpointError (also for the
    shipped or a promoted one, which must stay as they are), TrainingDataError, ValueError for
    shares out of range.
    """
    check_shares(shares)
    if checkpoint.resolve() == shipped_checkpoint_path().resolve():
        reason = "the shipped checkpoint stays as it is: train or join one under another name"
        raise CheckpointError("checkpoint_refused", reason)
    rows = registered_at(checkpoint)
    for row in rows:
        refuse_promoted(row.name)
    # Not from the safetensors: after an interruption they are not the card's, until this is done.
    predictor = Predictor.load(checkpoint, "onnx")
    if predictor.card.kinds != KINDS:
        reason = f"checkpoint {predictor.card.name} tells no moles and freckles apart"
        raise CheckpointError("checkpoint_alien", reason)
    photos = training_photos(dataset_photos(name=dataset, split="train"))
    faces = TrainingFaces(photos, Path(settings.DATA_DIR) / "cache" / "faces")
    seen = tqdm(faces.each(), total=len(photos), unit="photo")
    examples = list(painted_spots(seen, predictor, paintings, seed))
    if not examples:
        raise TrainingDataError("no face of 64 pixels or more was found in the training photos")
    features, kinds = (np.concatenate(values) for values in zip(*examples, strict=True))
    classifier = fit_classifier(features, kinds, shares)
    counts = {KINDS[kind]: int(np.count_nonzero(kinds == kind)) for kind in (1, 2, 3)}
    sha256 = write_classifier(checkpoint, classifier, {"seed": seed, "spots": counts})
    rows.update(sha256=sha256)
    return counts
