"""train and evaluate on a tiny real data set."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from retouch_engine.models import Checkpoint, Dataset, DatasetPhoto, TrainingRun
from retouch_engine.training_costs import training_seconds
from retouch_engine.training_runs import _without_held_out
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for folder, quality in (("train", 95), ("val", 90)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "astronaut.jpg").write_bytes(
            encoded(large_astronaut(), quality=quality)
        )
    (tmp_path / "train" / "SOURCES.csv").write_text(
        "file,source,licence\nastronaut.jpg,NASA:astronaut,public domain\n"
    )
    return tmp_path


def test_a_new_installation_is_told_to_make_its_database(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
    }
    command = [sys.executable, "manage.py", "evaluate", "--dataset", "faces"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "run `manage.py migrate`" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_training_an_unknown_data_set_names_the_known_ones() -> None:
    with pytest.raises(CommandError, match="none yet"):
        call_command("train", "--dataset", "faces", "--run", "tiny")


def test_an_unknown_config_is_refused() -> None:
    with pytest.raises(CommandError, match="no config"):
        call_command("train", "--dataset", "faces", "--run", "tiny", "--config", "huge")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [("bath", 8, "unknown config key 'bath'"), ("gradient_checkpointing", 1, "true or false")],
)
def test_a_key_or_value_that_is_wrong_is_refused_in_one_line(
    tmp_path: Path, key: str, value: int, reason: str
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({key: value}))
    with pytest.raises(CommandError, match=reason) as refusal:
        call_command("train", "--dataset", "faces", "--run", "tiny", "--config", str(config))
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_read() -> None:
    with pytest.raises(CommandError, match="no GPU that torch can use was found"):
        call_command("train", "--dataset", "faces", "--run", "tiny", "--device", "cuda")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["train", "--expert", "d"], "invalid choice: 'd'"),
        (["train", "--workers", "many"], "invalid int value: 'many'"),
        (["retouch", "in.jpg"], "required: output"),
        (["evaluate", "--dataset", "x", "--colour", "red"], "unrecognized arguments"),
    ],
)
def test_an_argument_that_is_wrong_is_one_line_too(arguments: list[str], reason: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.test"}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith("CommandError: ")
    assert reason in line


@pytest.mark.parametrize(
    ("run", "options", "reason"),
    [
        ("../../escape", [], "letters, digits"),
        ("x" * 51, [], "at most 50"),
        ("shipped", [], "choose another --run"),
        ("tiny", ["--workers", "-1"], "at least 0"),
        ("tiny", ["--resume"], "nothing to resume"),
        ("tiny", ["--from", "absent"], "no checkpoint 'absent'"),
    ],
)
def test_what_cannot_be_trained_is_told_before_faces_are_looked_for(
    run: str, options: list[str], reason: str, source: Path, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    with pytest.raises(CommandError, match=reason):
        call_command("train", "--dataset", "faces", "--run", run, "--device", "cpu", *options)
    assert not (tmp_path / "data" / "cache").exists()
    assert not (tmp_path / "data" / "runs" / "tiny").exists()
    assert not TrainingRun.objects.exists()


def test_a_checkpoint_that_finds_no_room_is_written_on_resuming(
    source: Path, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    generator = {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1}
    values = {"samples": 4, "batch": 4, "crop": 64, "generator": generator}
    (tmp_path / "tiny.json").write_text(json.dumps(values))
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    arguments = ["--dataset", "faces", "--config", str(tmp_path / "tiny.json"), "--run", "tiny"]
    card = tmp_path / "data" / "runs" / "tiny" / "tiny.json"
    card.parent.mkdir(parents=True)
    # Every write to it fails as on a full disk.
    card.symlink_to("/dev/full")
    with pytest.raises(CommandError, match=r"could not be written.*No space.*--resume"):
        call_command("train", *arguments, "--workers", "0")
    assert TrainingRun.objects.get().state == TrainingRun.State.STOPPED
    assert not Checkpoint.objects.exists()
    card.unlink()
    call_command("train", *arguments, "--workers", "0", "--resume")
    assert Checkpoint.objects.get().path == str(card)


def test_a_run_trains_registers_and_evaluates_beside_identity(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    config = tmp_path / "tiny.json"
    generator = {"global_channels": [16, 32, 48], "local_channels": 16, "local_blocks": 1}
    config.write_text(json.dumps({"samples": 9000, "batch": 4, "crop": 64, "generator": generator}))
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    arguments = ["--dataset", "faces", "--config", str(config), "--run", "tiny", "--workers", "0"]
    with pytest.raises(CommandError, match="samples must be"):
        call_command("train", *arguments, "--samples", "0")
    call_command("train", *arguments, "--samples", "16")
    card = json.loads(Path(Checkpoint.objects.get(name="tiny").path).read_text())
    assert card["training"]["samples"] == 16
    assert card["data"] == [{"collection": "NASA", "licence": "public domain", "photos": 1}]
    run = TrainingRun.objects.get()
    assert (run.name, run.state, run.samples, run.datasets) == ("tiny", "finished", 16, ["faces"])
    assert run.config["crop"] == 64
    last = json.loads((Path(run.folder) / "log.jsonl").read_text().splitlines()[-1])
    assert last["samples"] == 16
    assert last["trained"]["minutes"] == pytest.approx(last["seconds"] / 60, abs=0.01)
    assert training_seconds(Path(run.folder), 16) == last["seconds"]
    Checkpoint.objects.update(state=Checkpoint.State.PROMOTED)
    again = ("train", "--dataset", "faces", "--config", str(config), "--run", "tiny", "--resume")
    with pytest.raises(CommandError, match="'tiny' is promoted"):
        call_command(*again)
    capsys.readouterr()
    report = tmp_path / "scores.json"
    call_command("evaluate", "--checkpoint", "tiny", "--dataset", "faces", "--json", str(report))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["identity", "1"], ["all", "1"]]
    scores = json.loads(report.read_text())
    identity = scores["rows"][0]
    assert (identity["row"], identity["fixed_share"]["mean"]) == ("identity", 0.0)
    assert scores["photos"][0]["result"]["lpips"] is None
    with pytest.raises(CommandError, match="--resume"):
        call_command("train", "--dataset", "faces", "--config", str(config), "--run", "tiny")


def test_a_card_says_with_which_weights_its_run_began(
    source: Path, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    generator = {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1}
    values = {"samples": 4, "batch": 4, "crop": 64, "generator": generator}
    wider = {**values, "generator": {**generator, "local_channels": 12}, "real_spots_by": "first"}
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    DatasetPhoto.objects.update(licence="CC0 1.0")
    for name, config, options in (("first", values, []), ("second", wider, ["--from", "first"])):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(config))
        arguments = ["--dataset", "faces", "--config", str(file), "--run", name, "--workers", "0"]
        call_command("train", *arguments, *options)
        if name == "first":
            path = Path(Checkpoint.objects.get(name=name).path)
            told = json.loads(path.read_text())
            assert told["licence"] == "CC0 1.0"
            path.write_text(json.dumps({**told, "licence": "CC BY-NC 4.0"}))
    first, second = (
        json.loads(Path(Checkpoint.objects.get(name=name).path).read_text())
        for name in ("first", "second")
    )
    assert "started_from" not in first
    assert second["started_from"]["name"] == "first"
    assert second["started_from"]["sha256"] == first["sha256"]
    # What the weights began with binds them too.
    assert second["licence"] == "CC BY-NC 4.0"
    # A resumed run knows it still.
    call_command("train", *arguments, "--resume", "--samples", "8")
    card = json.loads(Path(Checkpoint.objects.get(name="second").path).read_text())
    assert card["started_from"] == second["started_from"]


def test_photos_that_have_no_face_to_train_on_are_told(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    wall = encoded(np.full((300, 300, 3), 90, np.uint8), "PNG")
    (source / "train" / "wall.png").write_bytes(wall)
    with (source / "train" / "SOURCES.csv").open("a") as table:
        table.write("wall.png,NASA:wall,public domain\n")
    config = tmp_path / "tiny.json"
    generator = {"global_channels": [16, 32, 48], "local_channels": 16, "local_blocks": 1}
    config.write_text(json.dumps({"samples": 8, "batch": 4, "crop": 64, "generator": generator}))
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    arguments = ["--dataset", "faces", "--config", str(config), "--run", "tiny", "--workers", "0"]
    call_command("train", *arguments)
    assert "1 of 2 training photos have no face of 64 pixels or more" in capsys.readouterr().out


def test_numbers_that_find_no_room_are_one_line(source: Path) -> None:
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("evaluate", "--dataset", "faces", "--json", "/dev/full")


def test_evaluating_refuses_before_it_begins(source: Path, tmp_path: Path) -> None:
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    for options, reason in (
        (["--dataset", "other"], "no data set"),
        (["--dataset", "faces", "--split", "test"], "no photos in split"),
        (["--dataset", "faces", "--checkpoint", "absent"], "no checkpoint"),
        (["--dataset", "faces", "--expert", "b"], "no targets of expert"),
        (["--dataset", "faces", "--lpips", str(tmp_path / "absent")], "LPIPS needs weights"),
        (["--dataset", "faces", "--json", str(tmp_path / "absent" / "x.json")], "no folder"),
        (["--dataset", "faces", "--json", str(tmp_path)], "is a folder"),
    ):
        with pytest.raises(CommandError, match=reason):
            call_command("evaluate", *options)


def test_what_another_of_the_data_sets_holds_out_is_not_trained_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = (Dataset.objects.create(name=n, kind="portraits") for n in ("a", "b"))
    rows = [(first, "train", "1"), (first, "train", "2"), (second, "validation", "2")]
    for dataset, split, digest in rows:
        DatasetPhoto.objects.create(
            dataset=dataset, split=split, sha256=digest * 64, path=f"/{dataset.name}{digest}.png"
        )
    photos = list(DatasetPhoto.objects.filter(split="train"))
    assert [p.sha256[0] for p in _without_held_out(photos, ["a", "b"])] == ["1"]
    assert "1 photos are left out" in capsys.readouterr().out
    assert len(_without_held_out(photos, ["a"])) == 2
