"""The spots of one face's crop, by what the network predicts and what its edit takes away."""

import numpy as np
from numpy.typing import NDArray

from retouch_engine.composition import (
    FEATURES,
    Spot,
    SpotClassifier,
    SpotEvidence,
    SpotParts,
    find_spots,
    parts_of,
)
from retouch_engine.composition.spots import CORE_MASK
from retouch_engine.faces import find_specks
from retouch_engine.inference import CheckpointCard, CheckpointError, Prediction
from retouch_engine.inference.checkpoint import SPOT_PREFIX, verified_tensors
from retouch_engine.synthesis import KINDS

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
# Of a classifier, as its tensors are named.
PARTS = ("mean", "scale", "weight", "bias")


def face_spots(
    working: Pixels,
    prediction: Prediction,
    skin: FloatArray,
    names: tuple[str, ...],
    classifier: SpotClassifier | None,
) -> tuple[NDArray[np.int32], list[Spot]]:
    """Return the labels (H, W) and spots of a crop, see `find_spots`.

    working: sRGB uint8 (H, W, 3) that was predicted from; skin: (H, W) 0..1; names: of the kinds;
    classifier: the checkpoint's, None where it has none: then its network's votes decide.
    """
    mask = prediction.mask * skin
    if classifier is None:
        return find_spots(mask, prediction.kinds, names)
    density, specks = removed_density(working, prediction.edit, mask > CORE_MASK)
    evidence = SpotEvidence(density, specks, classifier)
    return find_spots(mask, prediction.kinds, names, evidence=evidence)


def face_parts(working: Pixels, prediction: Prediction, skin: FloatArray) -> SpotParts:
    """Return the parts of a crop's spots as a classifier sees them; arguments as `face_spots`."""
    mask = prediction.mask * skin
    density, specks = removed_density(working, prediction.edit, mask > CORE_MASK)
    return parts_of(mask, prediction.kinds, density, specks)[0]


def removed_density(
    working: Pixels, edit: FloatArray, where: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Return the optical density (H, W, 3) that an edit takes away, and its specks (H, W).

    Positive where a spot is darker than the skin that is put in its place; zero outside `where`.
    """
    # Logarithms are dear, and spots are a small part of a face.
    places = np.flatnonzero(where)
    before = working.reshape(-1, 3)[places].astype(np.float32)
    after = np.clip(before + edit.reshape(-1, 3)[places], 0.0, 255.0)
    changes = np.log((after + 1.0) / (before + 1.0))
    density = np.zeros(working.shape, np.float32)
    density.reshape(-1, 3)[places] = changes
    amount = np.zeros(where.shape, np.float32)
    sizes = np.abs(changes)
    amount.ravel()[places] = np.maximum(np.maximum(sizes[:, 0], sizes[:, 1]), sizes[:, 2])
    return density, find_specks(amount)


def load_spot_classifier(card: CheckpointCard) -> SpotClassifier | None:
    """Return a checkpoint's classifier of spots, None where its card has none.

    Raises CheckpointError where the safetensors are not the card's, or hold none that fits.
    """
    told = card.spot_classifier
    if told is None:
        return None
    weights = card.path.with_suffix(".safetensors")
    try:
        if told["features"] != list(FEATURES) or card.kinds != KINDS:
            raise ValueError("it reads other features, or tells other kinds apart")
        values = verified_tensors(card)
        mean, scale, weight, bias = (
            np.asarray(values[SPOT_PREFIX + name], np.float64) for name in PARTS
        )
        shares = told["shares"]
        protected = (float(shares["mole"]), float(shares["freckle"]))
        return SpotClassifier(mean, scale, weight, bias, protected)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"the classifier of spots of {weights} does not fit: {error}"
        raise CheckpointError("checkpoint_alien", reason) from error
