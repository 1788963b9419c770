"""join_checkpoints: the spots of one checkpoint with the concerns of another, for real."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from django.core.management import CommandError, call_command

from retouch_engine.inference import Predictor
from retouch_engine.models import Checkpoint
from retouch_engine.networks.generators import build_generator
from retouch_engine.training import TrainingConfig, load_generator, save_checkpoint
from retouch_engine.training_runs import run_folder
from tests.support.checkpoints import TINY, tiny_checkpoint

pytestmark = pytest.mark.django_db

CONCERNS = {
    **TINY,
    "concerns": ["evenness", "shine"],
    "concern_channels": [4, 4, 4],
    "concern_presence": True,
}


@pytest.fixture(autouse=True)
def _own_data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path / "data"


def checkpoint(
    folder: Path, name: str, generator: dict[str, object], seed: int, **card: object
) -> Path:
    torch.manual_seed(seed)
    options = TrainingConfig.from_dict({"generator": generator}).generator
    return save_checkpoint(build_generator(options), options, folder / name, card)


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("join_checkpoints", *arguments)
    return str(caught.value)


def test_the_new_checkpoint_has_the_spots_of_one_and_the_concerns_of_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = {"data": [{"collection": "a"}], "licence": "CC0"}
    others = {"data": [{"collection": "a"}, {"collection": "b"}], "licence": "CC BY-NC 4.0"}
    spots = checkpoint(tmp_path, "spots", TINY, 1, **sources)
    concerns = checkpoint(tmp_path, "concerns", CONCERNS, 2, **others)
    call_command("join_checkpoints", str(spots), str(concerns), "both", "--mask-bias", "0.7")
    card = run_folder("both") / "both.json"
    assert str(card) in capsys.readouterr().out
    made = load_generator(card).state_dict()
    first, second = load_generator(spots).state_dict(), load_generator(concerns).state_dict()
    for name, value in made.items():
        if name.startswith("concern_branch."):
            assert torch.equal(value, second[name])
        elif name != "edit_head.bias":
            assert torch.equal(value, first[name])
    moved = made["edit_head.bias"] - first["edit_head.bias"]
    assert not moved[:48].any()
    assert torch.allclose(moved[48:], torch.tensor(0.7), atol=1e-3)
    values = json.loads(card.read_text())
    assert values["licence"] == "CC BY-NC 4.0"
    assert [source["collection"] for source in values["data"]] == ["a", "b"]
    assert values["joined_from"]["spots"]["name"] == "spots"
    assert Predictor.load(card).card.concerns == ("blemishes", "evenness", "shine")
    assert Checkpoint.objects.get(name="both").state == Checkpoint.State.CANDIDATE


def test_spots_are_averaged_with_those_of_another_run(tmp_path: Path) -> None:
    first = checkpoint(tmp_path, "first", TINY, 1, data=[{"collection": "a"}], licence="CC0")
    second = checkpoint(
        tmp_path, "second", CONCERNS, 2, data=[{"collection": "b"}], licence="CC BY-NC 4.0"
    )
    concerns = checkpoint(tmp_path, "concerns", CONCERNS, 3, licence="CC0")
    call_command("join_checkpoints", str(first), str(concerns), "mean", "--average", str(second))
    card = run_folder("mean") / "mean.json"
    made, own, other, third = (
        load_generator(path).state_dict() for path in (card, first, second, concerns)
    )
    for name, value in made.items():
        if name.startswith("concern_branch."):
            assert torch.equal(value, third[name])
        else:
            assert torch.allclose(value, (own[name] + other[name]) / 2, atol=1e-3)
    values = json.loads(card.read_text())
    assert values["licence"] == "CC BY-NC 4.0"
    assert [source["collection"] for source in values["data"]] == ["a", "b"]
    assert values["joined_from"]["averaged_with"]["name"] == "second"


def test_what_does_not_fit_together_is_refused_in_one_line(tmp_path: Path) -> None:
    spots = str(tiny_checkpoint(tmp_path, "spots"))
    concerns = str(checkpoint(tmp_path, "concerns", CONCERNS, 2))
    toned = str(checkpoint(tmp_path, "toned", CONCERNS, 2, skin_reference=[0.4, 0.7, 0.9]))
    published = str(checkpoint(tmp_path, "unet", {"name": "pix2pix_unet"}, 3))
    assert "has no concerns" in refused(spots, spots, "both")
    assert "different tones" in refused(spots, toned, "both")
    assert "no edit generator of ours" in refused(published, concerns, "both")
    wide = str(checkpoint(tmp_path, "wide", {**TINY, "local_channels": 24}, 4))
    assert "differ in size" in refused(spots, concerns, "both", "--average", wide)
    assert "different tones" in refused(spots, concerns, "both", "--average", toned)
    assert "no checkpoint 'absent'" in refused(spots, concerns, "both", "--average", "absent")
    assert "no checkpoint 'absent'" in refused("absent", concerns, "both")
    assert "cannot be a run's name" in refused(spots, concerns, "no/name")
    for bias in ("nan", "inf", "-11"):
        assert "at most 10" in refused(spots, concerns, "both", f"--mask-bias={bias}")
    assert not Checkpoint.objects.exists()
    assert not run_folder("both").exists()
    call_command("join_checkpoints", spots, concerns, "both")
    assert "exists already" in refused(spots, concerns, "both")
