"""Pairs of PPR10K in training: 16 bits, three experts, augmented versions."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from retouch_engine.models import DatasetPhoto
from retouch_engine.training import TrainingDataError, TrainingFaces
from retouch_engine.training_runs import training_photos
from tests.support.portraits import large_astronaut


def deep(path: Path, pixels: np.ndarray) -> Path:
    cv2.imwrite(str(path), (pixels.astype(np.uint16) * 257)[..., ::-1])
    return path


def row(folder: Path, **targets: Path) -> DatasetPhoto:
    named = {expert: {"path": str(path)} for expert, path in targets.items()}
    return DatasetPhoto(path=str(folder / "0_0.tif"), sha256="0" * 64, targets=named)


def test_16_bit_sources_meet_the_chosen_experts_target(tmp_path: Path) -> None:
    deep(tmp_path / "0_0.tif", large_astronaut())
    darker, lighter = large_astronaut() // 2, 255 - large_astronaut() // 2
    photo = row(tmp_path, a=deep(tmp_path / "a.tif", darker), b=deep(tmp_path / "b.tif", lighter))
    for expert, wanted in (("", darker), ("a", darker), ("b", lighter)):
        face = TrainingFaces(training_photos([photo], expert), tmp_path / "cache")[0]
        assert face.target is not None
        assert face.image.dtype == face.target.dtype == np.uint8
        ys, xs = np.nonzero((large_astronaut() == face.image[0, 0]).all(axis=2))
        assert any(
            np.array_equal(wanted[y : y + 9, x : x + 9], face.target[:9, :9])
            for y, x in zip(ys, xs, strict=True)
        )


def test_an_expert_that_was_not_imported_has_no_target(tmp_path: Path) -> None:
    photo = row(tmp_path, b=tmp_path / "b.tif")
    assert photo.target_path() == photo.target_path("b") == tmp_path / "b.tif"
    assert photo.target_path("a") is None


def test_a_damaged_source_is_named(tmp_path: Path) -> None:
    (tmp_path / "0_0.tif").write_bytes(b"II*\0 cut off")
    faces = TrainingFaces(training_photos([row(tmp_path)]), tmp_path / "cache")
    with pytest.raises(TrainingDataError, match=r"0_0\.tif cannot be read"):
        faces[0]
