"""One training run from data sets to a registered checkpoint; what `manage.py train` calls."""

from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from django.conf import settings

from retouch_engine.datasets import DatasetError, dataset_photos
from retouch_engine.evaluation import ValidationFace, painted_scores, summary
from retouch_engine.models import Checkpoint, DatasetPhoto
from retouch_engine.networks import EditGenerator
from retouch_engine.training import (
    TrainingConfig,
    TrainingFace,
    load_faces,
    load_state,
    new_state,
    save_checkpoint,
    train,
)
from retouch_engine.training.checkpoints import WORKING_FACE_WIDTH, file_sha256

VALIDATION_FACES = 12


def run_folder(run: str) -> Path:
    """Return the folder of a run below DATA_DIR."""
    return Path(settings.DATA_DIR) / "runs" / run


def training_run(
    *, datasets: list[str], config: TrainingConfig, run: str, resume: bool, workers: int
) -> Checkpoint:
    """Train on the train splits of `datasets`, write the checkpoint and register it as RUN.

    Raises DatasetError or ConfigError before anything long starts.
    """
    folder = run_folder(run)
    if not resume and (folder / "state.pt").exists():
        raise DatasetError(f"run {run!r} exists: add --resume or choose another name")
    photos = [p for name in datasets for p in dataset_photos(name=name, split="train")]
    held_out = [p for name in datasets for p in _validation_photos(name)]
    state = load_state(config, folder) if resume else new_state(config)
    faces = load_faces(Path(photo.path) for photo in photos)
    if not faces:
        raise DatasetError("no face was found in the training photos")
    validation = validation_faces(load_faces(Path(p.path) for p in held_out))
    train(
        faces,
        config,
        folder,
        state=state,
        validate=lambda generator: validate(generator, validation),
        workers=workers,
    )
    metrics = {"painted_validation": validate(state.average, validation)}
    card = training_card(photos, config, metrics)
    return checkpoint_register(save_checkpoint(state.average, folder / run, card))


def _validation_photos(name: str) -> list[DatasetPhoto]:
    photos = dataset_photos(name=name, split="validation")
    return photos[:: max(len(photos) // VALIDATION_FACES, 1)][:VALIDATION_FACES]


def validation_faces(faces: list[TrainingFace]) -> list[ValidationFace]:
    """Return faces resampled to the working width, as the network will see them in use."""
    return [_validation_face(str(index), face) for index, face in enumerate(faces)]


def _validation_face(name: str, face: TrainingFace) -> ValidationFace:
    scale = min(WORKING_FACE_WIDTH / face.face_width, 1.0)
    size = (round(face.skin.shape[1] * scale), round(face.skin.shape[0] * scale))
    image = np.asarray(cv2.resize(face.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    skin = cv2.resize(face.skin, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return ValidationFace(name, image, skin, face.face_width * scale)


@torch.no_grad()
def validate(generator: EditGenerator, faces: list[ValidationFace]) -> dict[str, float]:
    """Return mean metrics of the generator on painted validation faces; identity is among them."""
    scores = painted_scores(faces, lambda image, face: _apply(generator, image, face))
    return summary(score for _, score in scores)


def _apply(generator: EditGenerator, image: Any, face: ValidationFace) -> Any:
    height, width = image.shape[:2]
    multiple = generator.config.input_multiple
    padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
    padded = np.pad(image, padding, mode="reflect").transpose(2, 0, 1)
    source = torch.from_numpy(np.ascontiguousarray(padded)).float()[None] / 255
    prediction = generator(source)
    edit = prediction.residual * torch.sigmoid(prediction.mask_logits)
    change = edit[0, :, :height, :width].numpy().transpose(1, 2, 0) * face.skin[..., None]
    return np.clip(np.rint(image + 255 * change), 0, 255).astype(np.uint8)


def training_card(
    photos: list[DatasetPhoto], config: TrainingConfig, metrics: dict[str, Any]
) -> dict[str, Any]:
    """Return the parts of a card that the run knows: data with licences, config and metrics."""
    sources = Counter((_collection(photo), photo.licence) for photo in photos)
    data = [
        {"collection": collection, "licence": licence, "photos": count}
        for (collection, licence), count in sorted(sources.items())
    ]
    return {
        "data": data,
        "licence": "see data: the weights carry the terms of every collection named there",
        "training": config.to_dict(),
        "metrics": metrics,
    }


def _collection(photo: DatasetPhoto) -> str:
    return photo.origin.split(":")[0] or photo.dataset.name


def checkpoint_register(card_path: Path) -> Checkpoint:
    """Make a checkpoint known by its name; a newer one of the same name takes its place."""
    checkpoint, _ = Checkpoint.objects.update_or_create(
        name=card_path.stem,
        defaults={
            "path": str(card_path),
            "sha256": file_sha256(card_path.with_suffix(".safetensors")),
        },
    )
    return checkpoint
