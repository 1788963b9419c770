"""Independent component analysis by FastICA."""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

# Covariance eigenvalues below this share of the largest count as no dimension at all.
LEAST_EIGENVALUE = 1e-6


def fast_ica(signals: Matrix, iterations: int = 200, tolerance: float = 1e-7) -> Matrix:
    """Return the mixing matrix (C, C) of `signals` (C, N): signals - mean = mixing @ sources.

    The sources have mean 0 and variance 1; order and sign of the columns are arbitrary, but the
    same for the same signals. Of Gaussian sources any rotation is an answer. Raises ValueError
    where the signals span fewer than C dimensions.

    Hyvaerinen 1999, "Fast and robust fixed-point algorithms for independent component analysis",
    IEEE Transactions on Neural Networks 10:3: on whitened signals z, from the principal axes,
    w <- E[z g(w z)] - E[g'(w z)] w with g = tanh, then W <- (W W^T)^(-1/2) W for all w at once.
    """
    centred = signals - signals.mean(axis=1, keepdims=True)
    count = max(centred.shape[1], 1)
    eigenvalues, axes = np.linalg.eigh(centred @ centred.T / count)
    if eigenvalues[-1] <= 0 or eigenvalues[0] < LEAST_EIGENVALUE * eigenvalues[-1]:
        raise ValueError(f"the signals span fewer than {len(signals)} dimensions")
    scales = np.sqrt(eigenvalues)
    whitened = (axes / scales).T @ centred
    rotation = np.eye(len(signals))
    for _ in range(iterations):
        updated = _updated(rotation, whitened)
        turned = np.abs(np.abs(np.diag(updated @ rotation.T)) - 1.0).max()
        rotation = updated
        if turned < tolerance:
            break
    return np.asarray((axes * scales) @ rotation.T, np.float64)


def _updated(rotation: Matrix, whitened: Matrix) -> Matrix:
    projected = np.tanh(rotation @ whitened)
    slope = (1.0 - projected**2).mean(axis=1)
    moved = projected @ whitened.T / whitened.shape[1] - slope[:, None] * rotation
    left, _, right = np.linalg.svd(moved)
    return np.asarray(left @ right, np.float64)
