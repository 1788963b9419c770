"""promote_checkpoint, rollback_checkpoint, list_checkpoints and export_checkpoint, for real."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.models import Checkpoint, Dataset, Promotion
from retouch_engine.networks import CoGANConfig, CoupledGenerator
from retouch_engine.registry import checkpoint_register
from retouch_engine.services import promoted_checkpoint
from retouch_engine.training.checkpoints import save_coupled_checkpoint
from tests.support.checkpoints import shipped_copy, tiny_checkpoint
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db

NON_COMMERCIAL = "CC BY-NC-SA 4.0 (non-commercial)"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return five small portraits to validate on, each lighter than the one before."""
    folder = tmp_path_factory.mktemp("faces")
    face = cv2.resize(large_astronaut()[20:404, 270:610], (212, 240), interpolation=cv2.INTER_AREA)
    for index in range(6):
        split = folder / ("val" if index else "train")
        split.mkdir(exist_ok=True)
        toned = np.clip(face.astype(float) * (0.85 + 0.04 * index), 0, 255).astype(np.uint8)
        (split / f"{index}.png").write_bytes(encoded(toned, "PNG"))
    return folder


@pytest.fixture
def dataset(source: Path) -> str:
    call_command("import_dataset", "portraits", str(source), "--name", "faces", "-v0")
    return "faces"


def promote(name: str, *options: str) -> None:
    call_command("promote_checkpoint", name, "--dataset", "faces", *options)


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_gates_force_promotion_and_roll_back_follow_each_other(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    licence = {"licence": NON_COMMERCIAL}
    checkpoint_register(tiny_checkpoint(tmp_path, "tiny", **licence))
    checkpoint_register(shipped_copy(tmp_path, "good"))

    promote("tiny", "--force", "to be beaten")
    assert promoted_checkpoint().name == "tiny"
    assert Promotion.objects.get().forced_reason == "to be beaten"
    printed = capsys.readouterr().out
    assert "FAILED  beats the current one  " in printed
    for gate in ("files and architecture", "beats identity", "beats the current one",
                 "no tone band regresses", "droplet-free", "ONNX parity"):  # fmt: skip
        assert f"  {gate}  " in printed
    assert f"licence: {NON_COMMERCIAL}\nNon-commercial: while it serves" in printed
    assert "serves already" in refused("promote_checkpoint", "tiny", "--dataset", dataset)

    promote("good")
    assert "FAILED" not in capsys.readouterr().out
    promotion = Promotion.objects.first()
    assert promotion is not None
    assert promotion.replaced is not None
    assert (promotion.checkpoint.name, promotion.replaced.name) == ("good", "tiny")
    assert all(verdict["passed"] for verdict in promotion.verdicts)

    call_command("list_checkpoints")
    lines = capsys.readouterr().out.splitlines()
    serving = next(line for line in lines if line.startswith("*") and " skin " in line)
    gain = promotion.verdicts[1]["figures"]["mean"]
    assert serving.split()[1:5] == ["good", "skin", "promoted", "default_all_tones"]
    assert f"{gain:+.2f}" in serving.split()

    call_command("rollback_checkpoint")
    assert "good is retired, tiny serves" in capsys.readouterr().out
    call_command("rollback_checkpoint")
    assert promoted_checkpoint().name == "shipped"
    assert "nothing to roll back to" in refused("rollback_checkpoint")


def test_a_failed_gate_refuses_and_names_itself(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "import_dataset", "portraits", str(source), "--name", "one", "--limit", "validation=1"
    )
    checkpoint_register(tiny_checkpoint(tmp_path, "tiny"))
    message = refused("promote_checkpoint", "tiny", "--dataset", "one")
    assert message.startswith("tiny is not promoted, it failed: beats identity, ")
    assert "1 photo: unproven, 5 are needed" in capsys.readouterr().out
    assert promoted_checkpoint().name == "shipped"
    assert not Promotion.objects.exists()


def test_promotion_needs_a_data_set_also_when_forced(tmp_path: Path) -> None:
    checkpoint_register(tiny_checkpoint(tmp_path, "tiny"))
    for options in ([], ["--force", "why not"]):
        assert "--dataset NAME is needed" in refused("promote_checkpoint", "tiny", *options)
    assert "no data set 'nobody'" in refused("promote_checkpoint", "tiny", "--dataset", "nobody")


def test_what_cannot_be_promoted_is_refused_in_one_line_even_by_force(
    dataset: str, tmp_path: Path
) -> None:
    def message(name: str) -> str:
        answer = refused("promote_checkpoint", name, "--dataset", dataset, "--force", "I want it")
        assert promoted_checkpoint().name == "shipped"
        return answer

    assert "run rollback_checkpoint" in message("shipped")
    assert "no checkpoint 'nobody'" in message("nobody")
    changed = checkpoint_register(tiny_checkpoint(tmp_path, "changed"))
    graph = Path(changed.path).with_suffix(".onnx")
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    assert "does not match its card's hash" in message("changed")
    alien = shipped_copy(tmp_path, "alien")
    card = json.loads(alien.read_text())
    card["architecture"]["local_channels"] = 8
    alien.write_text(json.dumps(card))
    checkpoint_register(alien)
    assert "does not load" in message("alien")
    checkpoint_register(shipped_copy(tmp_path, "kindless", kinds=["none", "blemish"]))
    assert "tells 4 kinds apart" in message("kindless")
    checkpoint_register(shipped_copy(tmp_path, "nameless", architecture={"name": "gan of mine"}))
    assert "gan of mine" in message("nameless")
    checkpoint_register(shipped_copy(tmp_path, "light", role="tone"))
    assert "role 'tone'" in message("light")
    coupled = CoupledGenerator(CoGANConfig())
    checkpoint_register(save_coupled_checkpoint(coupled, tmp_path / "coupled", {}))
    assert "coupled GAN" in message("coupled")


def test_a_reason_must_say_something(tmp_path: Path) -> None:
    assert "needs a reason" in refused(
        "promote_checkpoint", "tiny", "--dataset", "faces", "--force", " "
    )


def test_a_path_does_not_take_the_name_of_another_checkpoint(dataset: str, tmp_path: Path) -> None:
    checkpoint_register(tiny_checkpoint(tmp_path, "tiny"))
    other = shipped_copy(tmp_path / "other", "tiny")
    message = refused("promote_checkpoint", str(other), "--dataset", dataset)
    assert "another checkpoint is registered as 'tiny'" in message
    assert Checkpoint.objects.get().path == str(tmp_path / "tiny.json")


def test_the_list_shows_the_shipped_one_and_survives_a_broken_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint_register(tiny_checkpoint(tmp_path, "tiny", training={"name": "small"}))
    broken = checkpoint_register(tiny_checkpoint(tmp_path, "broken"))
    Path(broken.path).write_text("{")
    call_command("list_checkpoints")
    printed = capsys.readouterr()
    lines = printed.out.splitlines()[1:]
    serving = [line for line in lines if line.startswith("*")]
    assert [line.split()[1:4] for line in serving] == [
        ["shipped", "skin", "shipped"], ["shipped_tone", "tone", "shipped"],
    ]  # fmt: skip
    assert "(card)" in serving[0]
    rows = {line.split()[0]: line for line in lines}
    assert rows["tiny"].split()[:4] == ["tiny", "skin", "candidate", "small"]
    assert rows["broken"].split()[2] == "broken"
    assert "is not a card" in printed.err
    call_command("list_checkpoints", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert {line["name"] for line in listed} == {"shipped", "shipped_tone", "tiny", "broken"}


def test_an_exported_network_runs_at_any_size_and_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny_checkpoint(tmp_path, "tiny")
    output = tmp_path / "out" / "network.onnx"
    output.parent.mkdir()
    arguments = ("export_checkpoint", str(path), "--format", "onnx", "--output", str(output))
    call_command(*arguments)
    printed = capsys.readouterr().out
    assert "differs from torch by" in printed
    assert "multiples of 32" in printed
    session = onnxruntime.InferenceSession(str(output), providers=["CPUExecutionProvider"])
    for shape in ((1, 3, 64, 96), (2, 3, 160, 32)):
        residual, mask, kinds, *_ = session.run(None, {"image": np.full(shape, 0.5, np.float32)})
        assert residual.shape == shape
        assert mask.shape == (shape[0], 1, *shape[2:])
        assert kinds.shape == (shape[0], 4, *shape[2:])
    assert "add --overwrite" in refused(*arguments)
    call_command(*arguments, "--overwrite")
    assert [one.name for one in output.parent.iterdir()] == ["network.onnx"]


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path, "tiny")
    export = ("export_checkpoint", str(path))
    own = str(path.with_suffix(".onnx"))
    to = ("--output", str(tmp_path / "out.onnx"))
    assert "own file" in refused(*export, "--format", "onnx", "--output", own, "--overwrite")
    assert "--format is onnx" in refused(*export, "--format", "tflite")
    nowhere = str(tmp_path / "nowhere" / "out.onnx")
    assert "its folder is missing" in refused(*export, "--format", "onnx", "--output", nowhere)
    shutil.copy(shipped_copy(tmp_path, "x").with_suffix(".safetensors"),
                path.with_suffix(".safetensors"))  # fmt: skip
    assert "does not match its card's hash" in refused(*export, "--format", "onnx", *to)
    coupled = save_coupled_checkpoint(CoupledGenerator(CoGANConfig()), tmp_path / "coupled", {})
    assert "coupled GAN" in refused("export_checkpoint", str(coupled), "--format", "onnx", *to)
    assert not Path(to[1]).exists()


@pytest.mark.parametrize(
    "command", [["list_checkpoints"], ["rollback_checkpoint"],
                ["promote_checkpoint", "tiny", "--dataset", "faces"]],
)  # fmt: skip
def test_a_database_without_tables_is_said_in_one_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in (Checkpoint, Promotion, Dataset):
        monkeypatch.setattr(model._meta, "db_table", "nothing_like_it")
    assert "run `manage.py migrate`" in refused(*command)
