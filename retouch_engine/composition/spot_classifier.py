"""Which spots are moles and freckles, judged by a whole spot and the whole face.

The network votes pixel by pixel. A spot's votes, its size, colour and shape, and what the rest of
the face has, tell more: freckles come in numbers. Multinomial logistic regression is enough, and
carries over from one painter to another better than trees or a deeper network did.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Doubles = NDArray[np.float64]
Labels = NDArray[np.int32]
FEATURES = (
    *("log_blemish", "log_mole", "log_freckle", "log_area"),
    *("face_blemish", "face_mole", "face_freckle", "log_count"),
    *("is_speck", "peak_red", "peak_green", "peak_blue", "compactness"),
)
LOG_BLEMISH, LOG_AREA = FEATURES.index("log_blemish"), FEATURES.index("log_area")
# Of a spot's votes for a blemish.
SURE_SHARE = 0.99
# In pixels of the working scale: an eighth of a face's width across. Larger are flushes, and spots
# all over a face that touch each other: kept, they would take the whole retouch with them.
LARGEST_PROTECTED = 3000
# Keeps logarithms of shares finite, and the spread of a spot of few pixels.
SMALLEST_SHARE, PIXEL_SPREAD = 1e-4, 0.08


@dataclass(frozen=True)
class SpotParts:
    """Parts of spots and what is known of each.

    labels: int32 (H, W), 1..n; votes: (n, K - 1), the sums of the kinds' probabilities but the
    first's; features: (n, 13), see FEATURES, empty where no density was given.
    """

    labels: Labels
    votes: Doubles
    features: Doubles = field(default_factory=lambda: np.zeros((0, len(FEATURES))))


@dataclass(frozen=True)
class SpotClassifier:
    """Multinomial logistic regression over `FEATURES`.

    mean, scale: (13,), of the features; weight: (3, 13) and bias: (3,), of blemish, mole and
    freckle; shares: from which probability on a spot is a mole, and a freckle. Raises ValueError
    for other shapes, for what is not finite, for a scale or share that is not above 0.
    """

    mean: Doubles
    scale: Doubles
    weight: Doubles
    bias: Doubles
    shares: tuple[float, float]

    def __post_init__(self) -> None:
        count = len(FEATURES)
        wanted = {"mean": (count,), "scale": (count,), "weight": (3, count), "bias": (3,)}
        for name, shape in wanted.items():
            values = getattr(self, name)
            if values.shape != shape or not np.isfinite(values).all():
                raise ValueError(f"{name} is not {shape} finite numbers")
        if not (self.scale > 0).all():
            raise ValueError("scale holds a number that is not above 0")
        check_shares(self.shares)

    def probabilities(self, features: Doubles) -> Doubles:
        """Return how probably each spot (n, 13) is a blemish, a mole and a freckle, (n, 3)."""
        logits = (features - self.mean) / self.scale @ self.weight.T + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def decide(self, parts: SpotParts) -> NDArray[np.intp]:
        """Return the kind of each part: 1 a blemish, 2 a mole, 3 a freckle.

        A mole that is removed is a worse mistake than a blemish that a person has to flip: so it is
        one from its share on, be it ever so likely a blemish. What is larger than any is none, nor
        what the network alone is sure of: else a face with many freckles would keep every pimple.
        """
        if not len(parts.votes):
            return np.zeros(0, np.intp)
        protected = self.probabilities(parts.features)[:, 1:]
        doubted = parts.features[:, [LOG_BLEMISH]] < np.log(SURE_SHARE + SMALLEST_SHARE)
        small = parts.features[:, [LOG_AREA]] < np.log(LARGEST_PROTECTED)
        kept = doubted & small & (protected > np.array(self.shares))
        return np.where(kept.any(axis=1), 2 + (protected * kept).argmax(axis=1), 1)


def spot_parts(
    labels: Labels,
    count: int,
    kinds: FloatArray,
    density: FloatArray | None = None,
    parents: NDArray[np.intp] | None = None,
) -> SpotParts:
    """Gather what is known of labels 1..count (H, W); kinds: (H, W, K) probabilities.

    density: float32 (H, W, 3), what the edit takes away; parents: (count,), by part the number of
    the one that it lies in. Without both there are votes but no features.
    """
    where = np.flatnonzero(labels > 0)
    owners = labels.ravel()[where] - 1
    ys, xs = np.divmod(where, labels.shape[1])
    columns = [np.bincount(owners, kinds[ys, xs, kind], count) for kind in range(1, kinds.shape[2])]
    votes = np.stack(columns, axis=1).astype(np.float64)
    if density is None or parents is None:
        return SpotParts(labels, votes)
    area = np.maximum(np.bincount(owners, minlength=count), 1.0)
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-6)
    features = np.column_stack(
        [
            np.log(shares + SMALLEST_SHARE),
            np.log(area),
            np.broadcast_to(shares.mean(axis=0) if count else np.zeros(3), (count, 3)),
            np.full(count, np.log1p(count)),
            parents != np.arange(1, count + 1),
            _peaks(density.reshape(-1, 3)[where], owners, count),
            _compactness(where, owners, area, labels.shape[1]),
        ]
    )
    return SpotParts(labels, votes, features)


def _peaks(density: FloatArray, owners: Labels, count: int) -> Doubles:
    """Return the density (count, 3) at each part's strongest pixel."""
    amount = np.abs(density).max(axis=1) if len(density) else np.zeros(0, np.float32)
    strongest = np.zeros(count, np.float32)
    np.maximum.at(strongest, owners, amount)
    at = np.flatnonzero(amount == strongest[owners])
    peaks = np.zeros((count, 3))
    peaks[owners[at]] = density[at]
    return peaks


def _compactness(where: NDArray[np.intp], owners: Labels, area: Doubles, width: int) -> Doubles:
    """Return each part's area as a share of the ellipse with its second moments: 1 if it is one."""
    ys, xs = np.divmod(where, width)
    count = len(area)

    def mean(values: NDArray[np.floating]) -> Doubles:
        return np.bincount(owners, values, count) / area

    x, y = xs - mean(xs)[owners], ys - mean(ys)[owners]
    spread_x, spread_y = mean(x * x) + PIXEL_SPREAD, mean(y * y) + PIXEL_SPREAD
    determinant = np.maximum(spread_x * spread_y - mean(x * y) ** 2, PIXEL_SPREAD**2)
    return np.asarray(area / (4 * np.pi * np.sqrt(determinant)))


def check_shares(shares: tuple[float, ...]) -> None:
    """Raise ValueError unless these are a classifier's shares, of moles and of freckles."""
    if len(shares) != 2 or not all(0 < share <= 1 for share in shares):
        raise ValueError("the shares are not two numbers above 0 and up to 1")
