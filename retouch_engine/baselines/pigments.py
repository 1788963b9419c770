"""Melanin and haemoglobin of a skin picture, found in the picture itself.

Skin colour model (Tsumura, Haneishi, Miyake 1999, JOSA A 16:2169; Tsumura et al. 2003, ACM TOG
22:770): the optical density of a skin pixel is

    d = -log(rgb) = m melanin + h haemoglobin + s (1, 1, 1) + base

with independent amounts m and h, and with light and shade s that darken all channels alike. What
is added to d along (1, 1, 1) drops out of the channel differences u = (dG - dR, dB - dR), so that
the two pigments' directions in u are found by ICA without knowing the shade ("shadow removal").
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .ica import fast_ica
from .method import FloatArray

Matrix = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)

LEAST_PIXELS = 64
MOST_PIXELS = 50_000
# Variations of colour (standard deviation in density) below this are rounding, not pigment.
LEAST_COLOUR = 1e-3


@dataclass(frozen=True)
class Pigments:
    """The two absorption directions of one face: RGB rows, columns melanin and haemoglobin (3, 2).

    Each is scaled so that the pigment's amount varies with standard deviation 1 over the skin.
    """

    directions: Matrix

    def amounts(self, density: FloatArray) -> FloatArray:
        """Return the amounts (..., 2) of melanin and haemoglobin in `density` (..., 3).

        Exact in the model: changing `density` along (1, 1, 1) leaves the amounts as they are.
        """
        differences = _differences(self.directions.T).T
        inverse = np.linalg.inv(differences).astype(np.float32)
        return np.asarray(_differences(density) @ inverse.T, np.float32)

    def density(self, amounts: FloatArray) -> FloatArray:
        """Return the density (..., 3) that `amounts` (..., 2) of the pigments absorb."""
        return np.asarray(amounts @ self.directions.T.astype(np.float32), np.float32)


def find_pigments(variation: FloatArray) -> Pigments | None:
    """Find the pigments in `variation` (N, 3), density of skin pixels less their surroundings.

    Returns None where the colours span no plane: too few pixels, one colour, or a grey picture.
    How much each pigment darkens (its part along (1, 1, 1)) is the regression of the mean density
    on the two amounts, since the shade is independent of the pigments: this is the skin plane that
    Tsumura et al. fit by PCA to a patch chosen by hand to be evenly lit.
    """
    step = max(-(-len(variation) // MOST_PIXELS), 1)
    sample = variation[::step].astype(np.float64)
    if len(sample) < LEAST_PIXELS:
        return None
    differences = _differences(sample)
    if differences.std(axis=0).max() < LEAST_COLOUR:
        return None
    try:
        mixing = fast_ica(differences.T)
    except ValueError:
        return None
    mixing = _melanin_first(mixing)
    amounts = (differences - differences.mean(axis=0)) @ np.linalg.inv(mixing).T
    darkness = sample.mean(axis=1) - sample.mean()
    slopes = amounts.T @ darkness / len(sample)
    directions = np.vstack([np.zeros(2), mixing])
    return Pigments(directions - directions.mean(axis=0) + slopes)


def _differences(density: NDArray[Real]) -> NDArray[Real]:
    """Return dG - dR and dB - dR (..., 2) of (..., 3)."""
    return density[..., 1:] - density[..., :1]


def _melanin_first(mixing: Matrix) -> Matrix:
    """Order and sign the columns (dG - dR, dB - dR): both absorb red least, melanin blue most."""
    signed = mixing * np.where(mixing.sum(axis=0) < 0, -1.0, 1.0)
    blueness = (signed[1] - signed[0]) / np.linalg.norm(signed, axis=0)
    return np.asarray(signed[:, np.argsort(-blueness, kind="stable")], np.float64)
