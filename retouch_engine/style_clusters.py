"""Styles of a registered checkpoint from a data set; what `manage.py cluster_styles` calls."""

from pathlib import Path

import torch
from django.conf import settings
from tqdm import tqdm

from retouch_engine.datasets import dataset_photos
from retouch_engine.registry import refuse_promoted, registered_at
from retouch_engine.training import TrainingDataError, TrainingFaces
from retouch_engine.training.checkpoints import load_encoder
from retouch_engine.training.styles import cluster_vectors, region_vectors, write_styles
from retouch_engine.training_runs import training_photos


def styles_cluster(*, checkpoint: Path, dataset: str, clusters: int, seed: int) -> dict[str, int]:
    """Cluster the encoder's features of a data set's train split into a checkpoint (its card).

    Returns how many clusters each region got. The safetensors' hash, which is the checkpoint's
    identity, changes; registered rows follow. Raises DatasetError, CheckpointError (also for a
    promoted one, which must stay as it is), TrainingDataError.
    """
    rows = registered_at(checkpoint)
    for row in rows:
        refuse_promoted(row.name)
    encoder = load_encoder(checkpoint)
    photos = training_photos(dataset_photos(name=dataset, split="train"))
    cache = Path(settings.DATA_DIR) / "cache" / "faces"
    faces = TrainingFaces(photos, cache, regions=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    seen = tqdm(faces.each(), total=len(photos), unit="photo")
    vectors = region_vectors(encoder.to(device), seen)
    if not vectors:
        raise TrainingDataError("no face of 64 pixels or more was found in the training photos")
    styles = {
        region: cluster_vectors(values, clusters, seed)
        for region, values in sorted(vectors.items())
    }
    sha256 = write_styles(checkpoint, styles)
    rows.update(sha256=sha256)
    return {region: len(centres) for region, centres in styles.items()}
