"""compare on two tiny photos: refusals come before anything is written."""

import json
from pathlib import Path

import cv2
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.services import shipped_checkpoint_path
from tests.support.dataset_layouts import make_ppr10k_code
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    for folder, columns in (("train", slice(None)), ("val", slice(None, None, -1))):
        (tmp_path / folder).mkdir()
        picture = large_astronaut()[:512, 100:800][:, columns]
        (tmp_path / folder / "astronaut.jpg").write_bytes(encoded(picture, quality=95))
    call_command("import_dataset", "portraits", str(tmp_path), "--name", "faces")
    return "faces"


def test_methods_are_compared_beside_the_untouched_input(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "comparison"
    methods = "default, frequency_separation,oracle_inpainting"
    call_command("compare", "--dataset", dataset, "--methods", methods, "--output", str(output))
    table = json.loads((output / "table.json").read_text())["methods"]
    names = [method["method"] for method in table]
    assert names == ["identity", "default", "frequency_separation", "oracle_inpainting"]
    assert table[1]["parameters"] > 1_000_000
    assert table[1]["samples_seen"] > 0
    assert table[1]["psnr_gain"]["mean"] > 1.0
    assert "| identity | 1 |" in (output / "table.md").read_text()
    assert "| identity | 1 |" in capsys.readouterr().out
    for picture in ("source", "truth", *names):
        assert (output / "pictures" / "0000" / f"{picture}.png").is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--methods", "pix2pixhd"], "train --config pix2pixhd"),
        (["--methods", "absent"], "no checkpoint 'absent'"),
        (["--methods", f"shipped,{shipped_checkpoint_path()}"], "would be called 'shipped'"),
        (["--split", "test"], "no photos in split"),
        (["--limit", "0"], "--limit must be"),
        (["--lpips", "absent"], "LPIPS needs weights"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_writes_nothing(
    dataset: str, tmp_path: Path, options: list[str], reason: str
) -> None:
    output = tmp_path / "comparison"
    with pytest.raises(CommandError, match=reason):
        call_command("compare", "--dataset", dataset, "--output", str(output), *options)
    assert not output.exists()


def test_a_full_folder_is_not_written_into(dataset: str, tmp_path: Path) -> None:
    for output, reason in ((tmp_path / "train", "not empty"), (Path(__file__), "is a file")):
        with pytest.raises(CommandError, match=reason):
            call_command(
                "compare", "--dataset", dataset, "--methods", "identity", "--output", str(output)
            )


def test_ppr10k_is_compared_by_its_own_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = make_ppr10k_code(tmp_path / "ppr10k", ["1_0", "1_1", "1400_0", "1400_1"])
    for file in [*source.rglob("*.tif"), *source.rglob("*.png")]:
        # Too small for the detector of artefacts as they are.
        picture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(file), cv2.resize(picture, (96, 128)))
    call_command("import_dataset", "ppr10k", str(source), "--name", "ppr", "-v0")
    output = tmp_path / "comparison"
    options = ("--dataset", "ppr", "--split", "test", "--output", str(output))
    call_command("compare", *options, "--methods", "shipped_tone")
    rows = json.loads((output / "table.json").read_text())["ppr10k"]
    assert set(rows) == {"identity", "shipped_tone"}
    assert set(rows["identity"]) == {"delta_e", "psnr_hc", "delta_e_hc", "m_glc", "groups"}
    assert "| method | delta E ab | PSNR^HC | delta E^HC | M_GLC |" in capsys.readouterr().out
