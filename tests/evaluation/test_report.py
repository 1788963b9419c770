"""Tables that a person reads, JSON that a program reads, and PPR10K's measures of groups."""

import json
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.evaluation import (
    EvaluationPhoto,
    GroupMeasures,
    Measured,
    Measurement,
    Subject,
    artefacts_text,
    groups_json,
    groups_text,
    measured_json,
    rows_json,
    table_rows,
    text_tables,
)
from retouch_engine.evaluation.metrics import EditRegions

NOTHING = Measurement(*[0.0] * len(fields(Measurement)))


def measured(count: int, gain: float, band: str | None = "light") -> list[Measured]:
    untouched = replace(NOTHING, psnr=40.0, ssim=0.98, lpips=float("nan"), texture_kept=1.0)
    result = replace(untouched, psnr=40.0 + gain, fixed_share=0.8)
    return [
        Measured(f"photo {index}", False, band, untouched, result, ("seam",) if index == 0 else ())
        for index in range(count)
    ]


def test_the_table_begins_with_identity_and_fits_a_terminal() -> None:
    text = text_tables(table_rows(measured(7, 2.0)))
    lines = text.splitlines()
    assert lines[1].startswith("identity")
    assert lines[2].startswith("all")
    assert "42.00" in lines[2]
    assert "80.0" in lines[2]
    assert max(len(line) for line in lines) <= 100
    assert "LPIPS" not in text


def test_what_proves_nothing_and_what_is_behind_is_said() -> None:
    assert "all: unproven" in text_tables(table_rows(measured(4, 2.0)))
    assert "all: behind identity" in text_tables(table_rows(measured(6, -1.0)))


def test_json_holds_no_nan_and_every_photo() -> None:
    one = replace(measured(1, 0.0)[0], result=replace(NOTHING, psnr=float("inf"), ssim=1.0))
    values = {"rows": rows_json(table_rows([one])), "photos": measured_json([one])}
    parsed = json.loads(json.dumps(values, allow_nan=False))
    assert parsed["photos"][0]["result"]["psnr"] is None
    assert parsed["photos"][0]["result"]["ssim"] == 1.0
    assert parsed["photos"][0]["artefacts"] == ["seam"]
    assert parsed["rows"][0]["row"] == "identity"


def subject(name: str, tint: int) -> Subject:
    truth = np.ascontiguousarray(astronaut()[:64, 100:164])
    source = np.clip(truth + np.array([tint, 0, -tint]), 0, 255).astype(np.uint8)
    nowhere = np.zeros((64, 64), bool)
    regions = EditRegions(nowhere, nowhere, ~nowhere)
    return Subject(name, source, truth, regions, np.zeros((64, 64), np.float32), 30.0)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    mask = np.zeros((32, 32), np.uint8)
    mask[8:24, 8:24] = 255
    cv2.imwrite(str(path), mask)
    return path


def test_a_group_with_one_tone_is_more_consistent(people: Path) -> None:
    photos = [EvaluationPhoto(Path(f"{i}.jpg"), people=people, group="a") for i in range(3)]
    photos.append(EvaluationPhoto(Path("alone.jpg"), group="b"))
    groups = GroupMeasures(photos)
    for index, tint in enumerate((0, 12, 24)):
        one = subject(f"{index}.jpg", tint)
        groups.add(one, one.truth)
    groups.add(subject("alone.jpg", 0), subject("alone.jpg", 0).source)
    table = groups.rows()
    assert table["identity"]["groups"] == table["all"]["groups"] == 2
    assert table["identity"]["m_glc"] > 1.0
    assert table["all"]["m_glc"] == table["target"]["m_glc"] == 0.0
    assert table["identity"]["delta_e_hc"].mean > 1.0
    assert table["all"]["delta_e_hc"].mean == 0.0
    assert "m_glc" in groups_text(table)
    assert json.dumps(groups_json(table), allow_nan=False)


def test_a_group_of_one_photo_halves_the_mean_of_two_groups(people: Path) -> None:
    together = [EvaluationPhoto(Path(f"{i}.jpg"), group="a") for i in range(2)]
    alone = EvaluationPhoto(Path("2.jpg"), group="b")
    measures = []
    for photos in (together, [*together, alone]):
        groups = GroupMeasures(photos)
        for photo, tint in zip(photos, (0, 20, 5), strict=False):
            one = subject(str(photo.path), tint)
            groups.add(one, one.truth)
        measures.append(groups.rows()["identity"]["m_glc"])
    assert measures[1] == pytest.approx(measures[0] / 2)


def test_photos_that_are_groups_by_themselves_have_no_consistency() -> None:
    groups = GroupMeasures([EvaluationPhoto(Path("0.jpg"), group="0")])
    groups.add(subject("0.jpg", 3), subject("0.jpg", 3).truth)
    assert groups.rows() == {}


def test_the_share_of_photos_with_artefacts_is_told() -> None:
    assert "droplet 0 %, noise 0 %, checkerboard 0 %, seam 25 %" in artefacts_text(measured(4, 1.0))


def test_without_groups_and_masks_there_is_nothing_to_say() -> None:
    groups = GroupMeasures([EvaluationPhoto(Path("0.jpg"))])
    groups.add(subject("0.jpg", 3), subject("0.jpg", 3).truth)
    assert groups.rows() == {}
    assert groups_text({}) == ""
