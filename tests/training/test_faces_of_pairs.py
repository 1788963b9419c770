"""Pairs of PPR10K in training: 16 bits, three experts, augmented versions."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import call_command

from retouch_engine.datasets import DatasetError
from retouch_engine.models import DatasetPhoto
from retouch_engine.training import TrainingConfig, TrainingDataError, TrainingFaces
from retouch_engine.training_runs import train_photos, training_card, training_photos
from tests.support.dataset_layouts import make_ppr10k_code, make_source_target
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


@pytest.mark.django_db
def test_an_expert_of_ppr10k_is_learnt_beside_other_pairs(tmp_path: Path) -> None:
    make_ppr10k_code(tmp_path / "ppr10k", ["0_0", "0_1", "1_0", "1356_0"], versions=2)
    make_source_target(tmp_path / "own", {"train": ["x"], "val": ["y"]})
    call_command("import_dataset", "ppr10k", str(tmp_path / "ppr10k"), "--name", "toned")
    call_command("import_dataset", "pairs", str(tmp_path / "own"), "--name", "own")
    photos = train_photos(["toned", "own"], "c")
    targets = {photo.path.name: photo.target for photo in training_photos(photos, "c")}
    assert targets.pop("x.png") == tmp_path / "own/train/target/x.png"
    assert set(targets) in (
        {"0_0.tif", "0_0_1.tif", "0_0_2.tif", "0_1.tif", "0_1_1.tif", "0_1_2.tif"},
        {"1_0.tif", "1_0_1.tif", "1_0_2.tif"},
    )
    for name, target in targets.items():
        group, index = name.removesuffix(".tif").split("_")[:2]
        assert target == tmp_path / f"ppr10k/train/target_c/{group}_{index}.tif"
    card = training_card(photos, TrainingConfig(), {}, "")
    assert sum(row["photos"] for row in card["data"]) == 1 + len(targets) // 3
    with pytest.raises(DatasetError, match="among PPR10K's targets: leave it out"):
        train_photos(["own"], "c")
