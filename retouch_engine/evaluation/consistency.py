"""PPR10K's measures over a data set: weighted by people, and the tone of each group."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .measurement import Subject
from .metrics import (
    bootstrap_mean,
    delta_e,
    delta_e_hc,
    group_level_consistency,
    mean_chromaticity,
    psnr_hc,
)
from .subjects import EvaluationPhoto, SubjectError

Image = NDArray[np.uint8]
Chromaticity = tuple[float, float]


@dataclass
class GroupMeasures:
    """Collects results photo by photo.

    photos: as they were made into subjects. M_GLC is taken of the untouched source, the result and
    the target where any group has two photos; a group of one then counts as 0, as published.
    PSNR^HC and delta E^HC where a photo has a mask of people, delta E ab where it has a target.
    """

    photos: Iterable[EvaluationPhoto]
    _tones: dict[str, dict[str, list[Chromaticity]]] = field(
        default_factory=lambda: {name: defaultdict(list) for name in ("identity", "all", "target")}
    )
    _fidelity: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _masked: list[str] = field(default_factory=list)
    _judged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._photos = {str(photo.path): photo for photo in self.photos}

    def add(self, subject: Subject, result: Image) -> None:
        """Take one result, uint8 sRGB of its subject's size."""
        photo = self._photos[subject.name]
        if photo.group:
            pictures = (("identity", subject.source), ("all", result), ("target", subject.truth))
            for name, picture in pictures:
                self._tones[name][photo.group].append(mean_chromaticity(picture))
        if photo.target is not None:
            self._judged.append(photo.group)
            for name, picture in (("identity", subject.source), ("all", result)):
                self._fidelity[f"delta_e/{name}"].append(delta_e(picture, subject.truth))
        if photo.people is not None:
            people = mask_of(photo.people, subject.truth)
            self._masked.append(photo.group)
            for name, picture in (("identity", subject.source), ("all", result)):
                self._fidelity[f"psnr_hc/{name}"].append(psnr_hc(picture, subject.truth, people))
                self._fidelity[f"delta_e_hc/{name}"].append(
                    delta_e_hc(picture, subject.truth, people)
                )

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return {row: {metric: Interval or number}}; empty without groups and masks."""
        table: dict[str, dict[str, Any]] = {}
        groups = {name: self._groups(name) for name in self._tones}
        for name, found in groups.items():
            if found:
                table.setdefault(name, {})["m_glc"] = group_level_consistency(found)
                table[name]["groups"] = len(found)
        for key, values in self._fidelity.items():
            metric, name = key.split("/")
            sitters = self._judged if metric == "delta_e" else self._masked
            table.setdefault(name, {})[metric] = bootstrap_mean(values, groups=sitters)
        return table

    def _groups(self, name: str) -> list[list[Chromaticity]]:
        groups = list(self._tones[name].values())
        return groups if any(len(group) > 1 for group in groups) else []


def mask_of(path: Path, like: Image) -> NDArray[np.uint8]:
    """Read a mask of people at the size of a picture; raises SubjectError."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise SubjectError(f"{path} cannot be read")
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)
