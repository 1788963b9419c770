"""PPR10K's human-centred fidelity and group-level consistency.

Liang et al. 2021, "PPR10K: A Large-Scale Portrait Photo Retouching Dataset with Human-Region Mask
and Group-Level Consistency", section 5.1, as its published evaluation computes them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retouch_engine.tone import tone_variance

from .colour import delta_e_ab, srgb_to_lab
from .fidelity import psnr, require_equal_sizes

Image = NDArray[np.uint8]
BACKGROUND_WEIGHT = 0.5


def psnr_hc(result: Image, target: Image, people: NDArray[Any]) -> float:
    """Return PSNR^HC in dB: PSNR of both pictures times 1 on people and 0.5 elsewhere.

    result, target: uint8 (H, W, 3) sRGB; people: (H, W), where it is over 0. Raises ValueError on
    sizes that differ.
    """
    weights = _weights(result, target, people)
    return psnr(result * weights, target * weights)


def delta_e(result: Image, target: Image) -> float:
    """Return the mean delta E ab (CIE 1976) over all pixels, as PPR10K reports it."""
    require_equal_sizes(result, target)
    return float(delta_e_ab(srgb_to_lab(result), srgb_to_lab(target)).mean())


def delta_e_hc(result: Image, target: Image, people: NDArray[Any]) -> float:
    """Return delta E^HC: mean delta E ab of both CIELAB pictures times 1 on people, else 0.5.

    Shapes and errors as in `psnr_hc`.
    """
    weights = _weights(result, target, people)
    return float(delta_e_ab(srgb_to_lab(result) * weights, srgb_to_lab(target) * weights).mean())


def _weights(result: Image, target: Image, people: NDArray[Any]) -> NDArray[np.float64]:
    require_equal_sizes(result, target)
    if people.shape != target.shape[:2]:
        raise ValueError(
            f"the mask of people is {people.shape}, the picture {target.shape[:2]}: "
            "resize the mask to the picture first"
        )
    return np.where(people > 0, 1.0, BACKGROUND_WEIGHT)[..., None]


def mean_chromaticity(image: Image) -> tuple[float, float]:
    """Return mean a* and mean b* of a picture (H, W, 3), what M_GLC compares within a group."""
    a, b = srgb_to_lab(image)[..., 1:].reshape(-1, 2).mean(axis=0)
    return float(a), float(b)


def group_level_consistency(groups: Iterable[Sequence[tuple[float, float]]]) -> float:
    """Return M_GLC of groups of pictures, each given by its mean (a*, b*); lower is better.

    Sample variance (n - 1) within the group, mean of a* and b*, mean over the groups; a group of
    one picture counts as 0. NaN without groups, ValueError on an empty group.
    """
    values = [tone_variance(group) for group in groups]
    return float(np.mean(values)) if values else float("nan")
