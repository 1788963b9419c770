"""Checkpoints load, and broken or alien ones are refused in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from retouch_engine.inference import CheckpointError, Predictor
from retouch_engine.services import shipped_checkpoint_path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    card = shipped_checkpoint_path()
    for suffix in (".json", ".onnx", ".safetensors"):
        shutil.copy(card.with_suffix(suffix), tmp_path)
    return tmp_path / card.name


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as refusal:
        Predictor.load(path)
    assert "\n" not in refusal.value.detail
    return refusal.value.code


def test_any_size_is_predicted_and_the_same_size_comes_back(checkpoint: Path) -> None:
    predictor = Predictor.load(checkpoint)
    for size in ((5, 7), (64, 96), (131, 77)):
        prediction = predictor.predict(np.full((*size, 3), 150, np.uint8))
        assert prediction.edit.shape == (*size, 3)
        assert prediction.mask.shape == size
        assert prediction.kinds.shape == (*size, 4)


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing.json") == "checkpoint_missing"


def test_a_card_that_is_no_json_is_refused(checkpoint: Path) -> None:
    checkpoint.write_text("{")
    assert refused(checkpoint) == "checkpoint_broken"


def test_a_changed_network_is_refused_by_its_hash(checkpoint: Path) -> None:
    onnx = checkpoint.with_suffix(".onnx")
    onnx.write_bytes(onnx.read_bytes()[:-1] + b"x")
    assert refused(checkpoint) == "checkpoint_broken"


def test_a_card_of_another_format_is_refused(checkpoint: Path) -> None:
    card = json.loads(checkpoint.read_text())
    checkpoint.write_text(json.dumps({**card, "format_version": 99}))
    assert refused(checkpoint) == "checkpoint_alien"


def test_a_card_without_a_key_is_refused(checkpoint: Path) -> None:
    card = json.loads(checkpoint.read_text())
    del card["kinds"]
    checkpoint.write_text(json.dumps(card))
    assert refused(checkpoint) == "checkpoint_alien"


def test_the_shipped_files_stay_within_twenty_megabytes() -> None:
    folder = shipped_checkpoint_path().parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20 * 1024 * 1024


def test_the_shipped_card_names_data_and_licences() -> None:
    card = json.loads(shipped_checkpoint_path().read_text())
    assert card["data"]
    assert all(source["licence"] for source in card["data"])
    metrics = card["metrics"]["validation_painter"]
    assert metrics["real"]["psnr"] > metrics["identity"]["psnr"]
    assert metrics["all"]["psnr"] > metrics["identity"]["psnr"]
