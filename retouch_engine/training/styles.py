"""Styles of a checkpoint: k-means clusters of the encoder's vectors of each region.

As pix2pixHD's `encode_features.py` (Wang et al. 2018, section 3.3): one vector per instance that is
larger than 1/64 of the picture, clustered for each label alone. Here an instance is a region of a
face, the picture its crop at the working scale.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from retouch_engine.faces import REGIONS
from retouch_engine.inference.styles import STYLE_PREFIX
from retouch_engine.networks import FeatureEncoder

from .checkpoints import WORKING_FACE_WIDTH, replace_tensors
from .samples import TrainingFace

CLUSTERS = 10
SMALLEST_SHARE = 1 / 64
# k-means finds what is near its random start: the best of a few starts is kept.
STARTS = 10

FloatArray = NDArray[np.float32]


@torch.no_grad()
def region_vectors(
    encoder: FeatureEncoder, faces: Iterable[TrainingFace]
) -> dict[str, list[FloatArray]]:
    """Return E's vector, float32 (F,), of every large enough region of every face, by region.

    E sees the retouched picture of a pair, or the portrait itself, as in training. Regions that no
    face has are left out; the background never counts.
    """
    device = next(encoder.parameters()).device
    vectors: dict[str, list[FloatArray]] = {}
    for face in faces:
        image, regions = _working(face, encoder.config.input_multiple)
        pixels = torch.from_numpy(image.transpose(2, 0, 1).copy()).to(device).float()[None]
        found = encoder.vectors(
            pixels / 127.5 - 1, torch.from_numpy(regions.astype(np.int64)).to(device)[None]
        )
        for number, vector, count in zip(
            found.ids.tolist(), found.means[0], found.counts[0].tolist(), strict=True
        ):
            if number and count > SMALLEST_SHARE * regions.size:
                values = vectors.setdefault(REGIONS[number], [])
                values.append(vector.float().cpu().numpy())
    return vectors


def _working(face: TrainingFace, multiple: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return what E sees and its regions at the working scale, cut to the encoder's multiple."""
    if face.regions is None:
        raise ValueError("styles need faces with a map of regions")
    image = face.image if face.target is None else face.target
    scale = min(WORKING_FACE_WIDTH / face.face_width, 1.0)
    width, height = (max(round(side * scale), multiple) for side in image.shape[1::-1])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    regions = cv2.resize(face.regions, (width, height), interpolation=cv2.INTER_NEAREST)
    place = (slice(height - height % multiple), slice(width - width % multiple))
    return np.asarray(small[place], np.uint8), np.asarray(regions[place], np.uint8)


def cluster_vectors(vectors: Iterable[FloatArray], clusters: int, seed: int) -> FloatArray:
    """Return the centres of at most `clusters` clusters, float32 (K, F), the largest first.

    Fewer where there are fewer different vectors. SciPy's k-means with the k-means++ start (Arthur
    and Vassilvitskii 2007), the best of ten starts; the same seed gives the same centres.
    """
    from scipy.cluster.vq import kmeans2, vq  # type: ignore[import-untyped]

    data = np.stack(list(vectors)).astype(np.float64)
    count = min(clusters, len(np.unique(data, axis=0)))
    best, lowest = data[:1], np.inf
    for start in range(STARTS):
        rng = np.random.default_rng((seed, start))
        centres, _ = kmeans2(data, count, iter=50, minit="++", missing="warn", rng=rng)
        distance = float((vq(data, centres)[1] ** 2).sum())
        if distance < lowest:
            best, lowest = centres, distance
    sizes = np.bincount(vq(data, best)[0], minlength=len(best))
    order = [index for index in np.argsort(-sizes, kind="stable") if sizes[index]]
    return np.asarray(best[order], np.float32)


def write_styles(card_path: Path, clusters: Mapping[str, FloatArray]) -> str:
    """Put clusters, (K, F) by region, into a checkpoint; return its new hash.

    Replaces those it had, see `replace_tensors`. Raises OSError when there is no room.
    """
    counts = {region: len(centres) for region, centres in clusters.items()}
    return replace_tensors(card_path, STYLE_PREFIX, clusters, {"styles": counts})
