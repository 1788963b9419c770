"""Real faces, where the folder named by PORTRAITS_DIR is at hand."""

import os
from pathlib import Path

import pytest

from retouch_engine.evaluation import score_checkpoint, score_table
from retouch_engine.retoucher import Recipe, Retoucher, decode

FOLDER = Path(os.environ.get("PORTRAITS_DIR", "/nonexistent"))

pytestmark = [
    pytest.mark.portraits,
    pytest.mark.skipif(not (FOLDER / "val").is_dir(), reason="PORTRAITS_DIR is not set"),
]


def test_the_shipped_checkpoint_is_well_ahead_of_identity(retoucher: Retoucher) -> None:
    paths = sorted((FOLDER / "val").glob("*.jpg"))[::8]
    table = score_table(score_checkpoint(retoucher, [(path, False) for path in paths]))
    assert table["all"]["psnr"] > table["identity"]["psnr"] + 6
    assert table["all"]["fixed_share"] > 0.8
    assert table["all"]["outside_error"] < 0.25


def test_every_real_portrait_has_a_face_and_keeps_its_texture(retoucher: Retoucher) -> None:
    for path in sorted((FOLDER / "real").glob("*.jpg")):
        photo = decode(path.read_bytes())
        report = retoucher.render(photo, retoucher.analyse(photo), Recipe()).report
        assert report["faces"] == 1, path.name
        assert report["texture_kept"] > 0.95, path.name
        assert report["tone_shift"] < 0.5, path.name
