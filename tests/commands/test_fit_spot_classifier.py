"""fit_spot_classifier, from a data set to a checkpoint that decides by it."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.face_spots import load_spot_classifier
from retouch_engine.inference import CheckpointError, Predictor, load_card
from retouch_engine.models import Checkpoint
from retouch_engine.registry import checkpoint_register
from retouch_engine.retoucher import Retoucher, decode
from retouch_engine.services import shipped_checkpoint_path
from tests.support.checkpoints import shipped_copy, tiny_checkpoint
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def faces(tmp_path: Path) -> None:
    """Import a data set of a portrait in three tones to train on and one to validate."""
    image = large_astronaut()
    for folder, shift in (("train", 0), ("train", 25), ("train", 50), ("val", 10)):
        (tmp_path / "faces" / folder).mkdir(parents=True, exist_ok=True)
        toned = np.clip(image.astype(int) - [0, shift, shift], 0, 255).astype(np.uint8)
        (tmp_path / "faces" / folder / f"{shift}.png").write_bytes(encoded(toned, "PNG"))
    call_command("import_dataset", "portraits", str(tmp_path / "faces"), "--name", "faces")


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("fit_spot_classifier", *arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.usefixtures("faces")
def test_a_checkpoint_decides_by_what_was_fitted(
    tmp_path: Path,
    portrait_jpeg: bytes,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = checkpoint_register(shipped_copy(tmp_path / "own", "own"))
    path, before = Path(row.path), row.sha256
    first = load_spot_classifier(load_card(path))
    fit = ["fit_spot_classifier", "--checkpoint", "own", "--dataset", "faces", "--paintings", "2"]
    call_command(*fit, "--seed", "5", "--mole-share", "1", "--freckle-share", "1")
    assert "mole: " in capsys.readouterr().out
    row.refresh_from_db()
    assert before != row.sha256 == Predictor.load(path).sha256
    fitted = load_spot_classifier(load_card(path))
    assert first is not None
    assert fitted is not None
    assert not np.allclose(first.weight, fitted.weight)
    assert {mark.kind for mark in Retoucher.load(path).analyse(decode(portrait_jpeg)).marks} == {
        "blemish"
    }
    # As after an interruption between weights and card, in which no runtime but this one loads it.
    monkeypatch.setenv("RETOUCH_RUNTIME", "torch")
    values = json.loads(path.read_text())
    values["sha256"]["safetensors"] = "0" * 64
    path.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="run that again"):
        Predictor.load(path)
    call_command(*fit, "--seed", "5", "--mole-share", "1e-9", "--freckle-share", "1e-9")
    kinds = [mark.kind for mark in Retoucher.load(path).analyse(decode(portrait_jpeg)).marks]
    # What is larger than moles are, and what the network alone is sure of, stays a blemish.
    assert kinds.count("blemish") < 0.3 * len(kinds)


def test_a_promoted_checkpoint_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = checkpoint_register(shipped_copy(tmp_path / "own", "own"))
    Checkpoint.objects.update(state=Checkpoint.State.PROMOTED)
    digest = Path(row.path).with_suffix(".safetensors").read_bytes()
    monkeypatch.chdir(tmp_path)
    for name in ("own", "own/own.json", "../" + tmp_path.name + "/own/own.safetensors"):
        assert "promoted" in refused("--checkpoint", name, "--dataset", "faces")
    shipped = os.path.relpath(shipped_checkpoint_path())
    assert "shipped checkpoint stays" in refused("--checkpoint", shipped, "--dataset", "faces")
    assert Path(row.path).with_suffix(".safetensors").read_bytes() == digest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--checkpoint", "nothing", "--dataset", "faces"], "no checkpoint 'nothing'"),
        (["--checkpoint", "shipped", "--dataset", "faces"], "shipped checkpoint stays"),
        (["--checkpoint", "default", "--dataset", "faces"], "shipped checkpoint stays"),
        (["--checkpoint", "own", "--dataset", "nobody"], "nobody"),
        (["--checkpoint", "own", "--dataset", "faces", "--paintings", "0"], "at least 1"),
        (["--checkpoint", "own", "--dataset", "faces", "--seed", "-1"], "at least 0"),
        (["--checkpoint", "own", "--dataset", "faces", "--mole-share", "0"], "above 0"),
        (["--checkpoint", "own", "--dataset", "faces", "--freckle-share", "nan"], "above 0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(tmp_path: Path, options: list[str], message: str) -> None:
    checkpoint_register(shipped_copy(tmp_path / "own", "own"))
    before = Checkpoint.objects.get(name="own").sha256
    assert message in refused(*options)
    assert Checkpoint.objects.get(name="own").sha256 == before
    assert load_card(tmp_path / "own" / "own.json").sha256["safetensors"] == before


def test_a_network_that_names_no_moles_is_refused(tmp_path: Path) -> None:
    card = tiny_checkpoint(tmp_path, "two", kinds=["none", "blemish"])
    assert "moles and freckles" in refused("--checkpoint", str(card), "--dataset", "faces")
