"""retouch --consistent: a folder in one tone, without server or database."""

from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.retoucher import decode, tone_variance
from retouch_engine.synthesis.light import Light, with_light
from retouch_engine.tone import mean_chromaticity
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db


@pytest.fixture
def shoot(tmp_path: Path) -> Path:
    folder = tmp_path / "shoot"
    folder.mkdir()
    pixels = large_astronaut()[::2, ::2]
    nowhere = np.zeros(pixels.shape[:2], np.float32)
    lights = (Light(), Light(temperature=0.6), Light(temperature=-0.5, exposure=-0.4))
    for number, light in enumerate(lights):
        lit = with_light(pixels, nowhere, light)
        (folder / f"{number}.png").write_bytes(encoded(lit, "PNG"))
    return folder


def variance(folder: Path) -> float:
    files = sorted(folder.glob("*.png"))
    return tone_variance([mean_chromaticity(decode(f.read_bytes()).pixels) for f in files])


def test_a_folder_gets_one_tone(shoot: Path, tmp_path: Path) -> None:
    apart, together = tmp_path / "apart", tmp_path / "together"
    call_command("retouch", str(shoot), str(apart), "--recipe", "light=1")
    call_command("retouch", str(shoot), str(together), "--consistent")
    assert variance(together) < 0.6 * variance(apart)


def test_a_reference_is_matched(shoot: Path, tmp_path: Path) -> None:
    reference, output = shoot / "1.png", tmp_path / "out"
    call_command("retouch", str(shoot), str(output), "--consistent", "--reference", str(reference))
    wanted = np.array(mean_chromaticity(decode(reference.read_bytes()).pixels))
    for file in output.glob("*.png"):
        found = np.array(mean_chromaticity(decode(file.read_bytes()).pixels))
        assert np.linalg.norm(found - wanted) < 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["0.png", "out.png", "--consistent"], "needs a folder"),
        (["", "out", "--reference", "0.png"], "add that"),
        (["", "out", "--consistent", "--reference", "missing.png"], "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    shoot: Path, arguments: list[str], reason: str
) -> None:
    source, target, *options = arguments
    words = [str(shoot / word) if word.endswith("png") else word for word in options]
    with pytest.raises(CommandError, match=reason):
        call_command("retouch", str(shoot / source), str(shoot.parent / target), *words)


def test_one_photo_is_no_group_and_a_bad_file_fails_alone(shoot: Path, tmp_path: Path) -> None:
    (shoot / "2.png").write_bytes(b"no picture")
    with pytest.raises(CommandError, match="1 of 3 photos could not be retouched"):
        call_command("retouch", str(shoot), str(tmp_path / "out"), "--consistent")
    assert len(list((tmp_path / "out").glob("*.png"))) == 2
    (shoot / "1.png").unlink()
    with pytest.raises(CommandError, match="at least two photos"):
        call_command("retouch", str(shoot), str(tmp_path / "other"), "--consistent")
