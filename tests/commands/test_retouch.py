"""manage.py retouch: files and folders, without server, queue or database."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.imaging import decode
from retouch_engine.management.commands.retouch import folder_pairs
from tests.support.portraits import encoded

pytestmark = pytest.mark.django_db


@pytest.fixture
def portrait(tmp_path: Path, portrait_jpeg: bytes) -> Path:
    path = tmp_path / "in" / "one.jpg"
    path.parent.mkdir()
    path.write_bytes(portrait_jpeg)
    return path


def test_a_file_is_retouched_with_a_report(portrait: Path, tmp_path: Path) -> None:
    output, report = tmp_path / "out.jpg", tmp_path / "report.json"
    call_command("retouch", str(portrait), str(output), "--report", str(report))
    assert decode(output.read_bytes()).pixels.shape == (1024, 1024, 3)
    assert json.loads(report.read_text())["spots_removed"] > 0


def test_a_folder_keeps_its_shape_and_a_bad_file_stops_nothing(
    portrait: Path, tmp_path: Path
) -> None:
    inner = portrait.parent / "deep"
    inner.mkdir()
    (inner / "bad.png").write_bytes(b"no picture")
    (inner / "plain.png").write_bytes(encoded(np.zeros((50, 50, 3), np.uint8), "PNG"))
    report = tmp_path / "report.json"
    with pytest.raises(CommandError, match="1 of 3"):
        call_command(
            "retouch", str(portrait.parent), str(tmp_path / "out"), "--report", str(report)
        )
    assert (tmp_path / "out" / "deep" / "plain.png").is_file()
    assert (tmp_path / "out" / "one.jpg").is_file()
    photos = json.loads(report.read_text())["photos"]
    assert [photo["error"]["code"] for photo in photos if "error" in photo] == ["not_an_image"]


def test_existing_files_are_kept_without_overwrite(portrait: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jpg"
    output.write_bytes(b"mine")
    with pytest.raises(CommandError):
        call_command("retouch", str(portrait), str(output))
    assert output.read_bytes() == b"mine"
    call_command("retouch", str(portrait), str(output), "--overwrite")
    assert output.read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "smooth=1"], "Unknown key"),
        (["--recipe", "blemishes"], "not KEY=VALUE"),
        (["--recipe", "light=1.5"], "from 0 to 1"),
        (["--checkpoint", "/nowhere/none.json"], "no checkpoint"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    portrait: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("retouch", str(portrait), str(tmp_path / "out.jpg"), *options)


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        call_command("retouch", str(tmp_path / "none.jpg"), str(tmp_path / "out.jpg"))


def test_a_heic_beside_a_jpeg_of_its_name_gets_a_place_of_its_own(tmp_path: Path) -> None:
    for name in ("IMG_1.heic", "IMG_1.JPG", "IMG_2.heic"):
        (tmp_path / name).touch()
    places = dict(folder_pairs(tmp_path, Path("out")))
    assert {path.name: place.name for path, place in places.items()} == {
        "IMG_1.JPG": "IMG_1.JPG",
        "IMG_1.heic": "IMG_1.heic.jpg",
        "IMG_2.heic": "IMG_2.jpg",
    }
