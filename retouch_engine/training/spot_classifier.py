"""Fitting the classifier that tells moles and freckles from blemishes, on painted faces.

The faces are those that the generator was trained on, painted anew: what it learns is how far the
generator's votes can be trusted, and in which company.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from retouch_engine.composition import FEATURES, SpotClassifier, SpotParts
from retouch_engine.face_spots import PARTS, face_parts
from retouch_engine.inference import Predictor, skin_gain
from retouch_engine.inference.checkpoint import SPOT_PREFIX
from retouch_engine.synthesis import Painted, Painter

from .checkpoints import replace_tensors
from .config import TrainingDataError
from .samples import TrainingFace

Doubles = NDArray[np.float64]
Image = NDArray[np.uint8]
# A part's kind is known where so much of it was painted, and changed by so much squared error.
LEAST_PAINTED, LEAST_CHANGE = 0.3, 50.0
LEAST_PIXELS = 2000
PAINTED_DENSITY = 0.02
# Of the squared weights, beside the mean loss of a spot.
DECAY = 1e-4
ROUNDS = 100


def painted_spots(
    faces: Iterable[TrainingFace], predictor: Predictor, paintings: int, seed: int
) -> Iterator[tuple[Doubles, NDArray[np.intp]]]:
    """Yield features (n, 13) and kinds (n,) 1..3 of the spots found on each painted face.

    Each face is painted so often, anew. Spots that nobody painted, which faces have of their own,
    are left out: nobody knows what they are. Raises CheckpointError.
    """
    width = predictor.card.working_face_width
    for number, face in enumerate(faces):
        image, skin = _working(face, width)
        if np.count_nonzero(skin > 0.6) < LEAST_PIXELS:
            continue
        gain = skin_gain(face.skin_colour, predictor.card.skin_reference)
        for round_ in range(paintings):
            rng = np.random.default_rng((seed, round_, number))
            painted = Painter().paint(image, skin, float(width), rng)
            prediction = predictor.predict(painted.image, gain=gain)
            parts = face_parts(painted.image, prediction, skin)
            kinds = painted_kinds(parts, image, painted)
            yield parts.features[kinds > 0], kinds[kinds > 0]


def _working(face: TrainingFace, width: int) -> tuple[Image, NDArray[np.float32]]:
    """Return a face's picture and skin 0..1 at the working scale."""
    scale = width / face.face_width
    size = (round(face.image.shape[1] * scale), round(face.image.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image = np.asarray(cv2.resize(face.image, size, interpolation=way), np.uint8)
    return image, np.asarray(cv2.resize(face.skin, size), np.float32) / np.float32(255)


def painted_kinds(parts: SpotParts, clean: Image, painted: Painted) -> NDArray[np.intp]:
    """Return the kind 1..3 that most of each part's change is of, 0 where that is not known."""
    change = np.square(painted.image.astype(np.float64) - clean).sum(axis=2)
    labels, count = parts.labels.ravel(), len(parts.votes)
    area = np.maximum(np.bincount(labels, minlength=count + 1)[1:], 1)

    def total(kind: int, values: NDArray[np.floating] | NDArray[np.bool_]) -> Doubles:
        inside = np.where(painted.kinds == kind, values, 0).ravel()
        return np.bincount(labels, inside, minlength=count + 1)[1:].astype(np.float64)

    strong = painted.density > PAINTED_DENSITY
    changes = np.stack([total(kind, change) for kind in (1, 2, 3)], axis=1)
    covered = sum(total(kind, strong) for kind in (1, 2, 3)) / area
    known = (covered > LEAST_PAINTED) & (changes.sum(axis=1) > LEAST_CHANGE)
    return np.where(known, 1 + changes.argmax(axis=1), 0)


def fit_classifier(
    features: Doubles, kinds: NDArray[np.intp], shares: tuple[float, float]
) -> SpotClassifier:
    """Fit a classifier by maximum likelihood with a little weight decay.

    features: (n, 13); kinds: (n,) 1..3; shares: see `SpotClassifier`. Raises TrainingDataError
    where a kind has no example, ValueError for shares out of range.
    """
    missing = [name for i, name in ((1, "blemish"), (2, "mole"), (3, "freckle")) if i not in kinds]
    if missing:
        raise TrainingDataError(f"no painted {missing[0]} was found: give more photos")
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-3)
    inputs = torch.from_numpy((features - mean) / scale)
    target = torch.from_numpy(np.asarray(kinds - 1, np.int64))
    weight = torch.zeros(3, len(FEATURES), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=ROUNDS, line_search_fn="strong_wolfe", tolerance_change=1e-9
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(inputs @ weight.T + bias, target) + DECAY * weight.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    return SpotClassifier(mean, scale, weight.detach().numpy(), bias.detach().numpy(), shares)


def write_classifier(card_path: Path, classifier: SpotClassifier, fitted_on: object) -> str:
    """Put a classifier into a checkpoint; return its new hash. See `replace_tensors`.

    fitted_on: what the card says of the examples.
    """
    told = {
        "features": list(FEATURES),
        "shares": dict(zip(("mole", "freckle"), classifier.shares, strict=True)),
        "fitted_on": fitted_on,
    }
    tensors = {name: getattr(classifier, name) for name in PARTS}
    return replace_tensors(card_path, SPOT_PREFIX, tensors, {"spot_classifier": told})
