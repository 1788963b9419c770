"""Styles: clusters of the feature encoder's vectors, by region, and the maps they become.

The clusters lie in a checkpoint's safetensors as `styles.REGION`, float32 (K, F); the encoder
itself is not needed to apply one. A style is one vector for some regions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retouch_engine.faces import REGIONS

from .checkpoint import STYLE_PREFIX, CheckpointCard, CheckpointError, verified_tensors
from .predictor import Predictor

RANDOM = "random"

FloatArray = NDArray[np.float32]
# By region, a vector of F features in -1..1.
Style = Mapping[str, FloatArray]


class StyleError(ValueError):
    """A style that a checkpoint cannot apply; the message says what it could."""


def choose_style(
    predictor: Predictor, words: Sequence[str], seed: int
) -> tuple[Style, dict[str, int]]:
    """Return the style that REGION=K and REGION=random words mean, and the chosen numbers.

    seed: of the random choices; a region's does not depend on which others are given. Raises
    StyleError for a malformed word, a region or number that the checkpoint has no cluster for, and
    CheckpointError where its safetensors are not the card's.
    """
    card = predictor.card
    if not card.styles:
        raise StyleError(
            f"checkpoint {card.name} has no styles: run cluster_styles on one that was trained "
            "with an encoder"
        )
    numbers: dict[str, int] = {}
    for word in words:
        region, number = _choice(card.styles, word, seed)
        if region in numbers:
            raise StyleError(f"the style of {region} is given twice")
        numbers[region] = number
    clusters = load_clusters(card, predictor.feature_channels)
    return {region: clusters[region][number] for region, number in numbers.items()}, numbers


def _choice(styles: Mapping[str, int], word: str, seed: int) -> tuple[str, int]:
    region, separator, text = word.partition("=")
    if not separator or not (text == RANDOM or (text.isascii() and text.isdecimal())):
        raise StyleError(f"{word!r} is not REGION=K with a whole number K, nor REGION={RANDOM}")
    if region not in styles:
        raise StyleError(f"no styles for {region!r}; this checkpoint has: {', '.join(styles)}")
    count = styles[region]
    if text == RANDOM:
        rng = np.random.default_rng((seed, REGIONS.index(region)))
        return region, int(rng.integers(count))
    if int(text) >= count:
        raise StyleError(f"{word!r}: {region} has the styles 0 to {count - 1}")
    return region, int(text)


def load_clusters(card: CheckpointCard, channels: int) -> dict[str, FloatArray]:
    """Return the clusters of a checkpoint by region, (K, F) each, the largest cluster first.

    channels: F, as the network takes it. Raises CheckpointError where the safetensors are not what
    the card or the network says.
    """
    tensors = verified_tensors(card)
    clusters = {}
    for region, count in card.styles.items():
        values = np.asarray(tensors.get(STYLE_PREFIX + region, ()), np.float32)
        if region not in REGIONS or values.shape != (count, channels):
            weights = card.path.with_suffix(".safetensors")
            reason = f"{weights} has no {count} styles of {region} with {channels} features"
            raise CheckpointError("checkpoint_alien", reason)
        clusters[region] = values
    return clusters


def feature_map(regions: NDArray[np.uint8], style: Style, channels: int) -> FloatArray:
    """Return a style as features, float32 (h, w, channels): zeros where no region has one.

    regions: numbers in `faces.REGIONS`, (h, w).
    """
    vectors = np.zeros((len(REGIONS), channels), np.float32)
    for region, vector in style.items():
        vectors[REGIONS.index(region)] = vector
    return np.asarray(vectors[regions], np.float32)
