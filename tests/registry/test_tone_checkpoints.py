"""Tone checkpoints: trained, exported, judged, promoted and rolled back as skin ones are."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from django.core.management import CommandError, call_command

from retouch_engine.inference import CheckpointError, TonePredictor
from retouch_engine.networks import ToneGenerator, ToneGeneratorConfig
from retouch_engine.parity import sample_picture, tone_difference
from retouch_engine.registry import checkpoint_register
from retouch_engine.services import (
    checkpoint_resolve,
    promoted_checkpoint,
    retoucher_for,
    shipped_checkpoint_path,
)
from retouch_engine.training import load_generator
from retouch_engine.training.tone_checkpoints import save_tone_checkpoint
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db

SMALL = ToneGeneratorConfig(channels=(8, 16, 16), lut_size=9, thumbnail=64)


def untrained(folder: Path, name: str) -> Path:
    torch.manual_seed(0)
    return save_tone_checkpoint(ToneGenerator(SMALL), folder / name, {"licence": "CC0"})


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    folder = tmp_path / "faces"
    for index in range(6):
        split = folder / ("val" if index else "train")
        split.mkdir(exist_ok=True, parents=True)
        toned = np.clip(large_astronaut()[::2, ::2] * (0.9 + 0.02 * index), 0, 255)
        (split / f"{index}.png").write_bytes(encoded(toned.astype(np.uint8), "PNG"))
    call_command("import_dataset", "portraits", str(folder), "--name", "faces", "-v0")
    return "faces"


def test_the_shipped_one_is_whole_small_and_says_what_it_learned_from() -> None:
    path = shipped_checkpoint_path("tone")
    assert checkpoint_resolve("shipped_tone") == path
    assert checkpoint_resolve("default", "tone") == path
    predictor = TonePredictor.load(path)
    sizes = [path.with_suffix(suffix).stat().st_size for suffix in (".onnx", ".safetensors")]
    assert sum(sizes) <= 3e6
    generator = load_generator(path)
    pictures = [sample_picture(384, 320), sample_picture(256, 512)]
    assert tone_difference(generator, predictor, pictures) < 1e-3
    card = json.loads(path.read_text())
    assert card["role"] == "tone"
    assert {source["licence"] for source in card["data"]}


def test_a_tone_checkpoint_is_judged_by_its_own_gates_and_forced_and_rolled_back(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint_register(untrained(tmp_path, "mine"))
    with pytest.raises(CommandError, match="not promoted, it failed: beats identity"):
        call_command("promote_checkpoint", "mine", "--dataset", dataset)
    printed = capsys.readouterr().out
    for gate in ("files and architecture", "beats identity", "halves delta E", "ONNX parity",
                 "leaves good light", "lightens nobody", "beats the current one"):  # fmt: skip
        assert f"  {gate}  " in printed
    call_command("promote_checkpoint", "mine", "--dataset", dataset, "--force", "to see")
    assert promoted_checkpoint("tone").name == "mine"
    assert promoted_checkpoint().name == "shipped"
    skin = promoted_checkpoint().path
    retoucher = retoucher_for(skin, promoted_checkpoint("tone").path)
    assert retoucher.tone is not None
    assert retoucher.tone.card.name == "mine"
    capsys.readouterr()
    call_command("list_checkpoints")
    serving = [line for line in capsys.readouterr().out.splitlines() if line.startswith("*")]
    assert [line.split()[1:3] for line in serving] == [["shipped", "skin"], ["mine", "tone"]]
    call_command("rollback_checkpoint", "--role", "tone")
    assert promoted_checkpoint("tone").name == "shipped_tone"


def test_evaluate_prints_identity_first_and_what_happens_in_good_light(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = untrained(tmp_path, "mine")
    report = tmp_path / "report.json"
    options = ("--checkpoint", str(path), "--dataset", dataset)
    call_command("evaluate", *options, "--json", str(report))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("identity, all")
    assert any(line.startswith("in good light: ") for line in lines)
    values = json.loads(report.read_text())
    assert values["protocol"] == {"short_side": 360}
    assert len(values["photos"]) == 5
    call_command("evaluate", *options, "--full-size", "--json", str(report))
    assert json.loads(report.read_text())["protocol"] == {"short_side": None}


def test_a_tone_network_is_exported_and_agrees(tmp_path: Path) -> None:
    output = tmp_path / "tone.onnx"
    call_command(
        "export_checkpoint", str(untrained(tmp_path, "mine")), "--format", "onnx",
        "--output", str(output),
    )  # fmt: skip
    session = onnxruntime.InferenceSession(str(output), providers=["CPUExecutionProvider"])
    assert [i.name for i in session.get_inputs()] == ["thumbnail"]
    assert [o.name for o in session.get_outputs()] == ["lut", "log_gain"]


def test_what_is_no_tone_checkpoint_is_refused(tmp_path: Path, dataset: str) -> None:
    with pytest.raises(CheckpointError, match="role"):
        TonePredictor.load(shipped_checkpoint_path())
    skin = shipped_checkpoint_path()
    for suffix in (".json", ".onnx", ".safetensors"):
        shutil.copy(skin.with_suffix(suffix), tmp_path / f"alien{suffix}")
    card = json.loads((tmp_path / "alien.json").read_text())
    (tmp_path / "alien.json").write_text(json.dumps({**card, "name": "alien", "role": "tone"}))
    checkpoint_register(tmp_path / "alien.json")
    with pytest.raises(CommandError, match="no tone generator"):
        call_command("promote_checkpoint", "alien", "--dataset", dataset, "--force", "why not")
