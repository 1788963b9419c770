"""evaluate: the protocols and lists that it takes, and what it refuses before it begins."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    """Import a portrait of 400 pixels a side, and its upper part."""
    small = np.ascontiguousarray(large_astronaut()[20:420, 220:620])
    for folder, height in (("train", 300), ("val", 400)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.png").write_bytes(encoded(small[:height], "PNG"))
    call_command("import_dataset", "portraits", str(tmp_path), "--name", "faces")
    return "faces"


def test_photos_enlarged_as_jpeg_with_clean_ones_are_told_in_text_and_json(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean, report = tmp_path / "clean.csv", tmp_path / "report.json"
    clean.write_text("file,reason\nval.png,smooth\n")
    options = ["--scale", "2", "--jpeg", "90", "--clean", str(clean), "--no-concerns"]
    call_command("evaluate", "--dataset", dataset, *options, "--json", str(report))
    printed = capsys.readouterr().out
    assert "default recipe: blemishes go, moles and freckles stay" in printed
    assert "clean photos by the default recipe" in printed
    assert "concerns" not in printed
    values = json.loads(report.read_text())
    assert values["protocol"] == {"scale": 2, "jpeg": 90}
    assert [row["row"] for row in values["default_recipe"]][:2] == ["identity", "all"]
    assert values["clean"][0]["photos"] == 1
    assert values["bands"]["default"]["worst_of_best"] is None
    identity, result = values["rows"][:2]
    assert identity["psnr"]["mean"] < result["psnr"]["mean"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--scale", "0"], "--scale must be a whole number from 1 to 4"),
        (["--jpeg", "101"], "--jpeg must be a quality from 1 to 100"),
        (["--clean", "absent.csv"], r"absent\.csv cannot be read"),
    ],
)
def test_options_that_are_wrong_are_refused_in_one_line(
    dataset: str, options: list[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason) as refusal:
        call_command("evaluate", "--dataset", dataset, *options)
    assert "\n" not in str(refusal.value)
