"""Methods beside one another: whoever fails or falls behind is named, and costs are told."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from retouch_engine.baselines import METHODS
from retouch_engine.evaluation import Measured, Measurement, Subject
from retouch_engine.evaluation.comparison import (
    Contender,
    Standing,
    compared,
    face_by_face,
    identity,
    processor,
    without_learning,
)
from retouch_engine.evaluation.comparison_page import ComparisonPage
from retouch_engine.evaluation.comparison_tables import comparison_json, comparison_markdown
from retouch_engine.evaluation.metrics import EditRegions
from retouch_engine.faces import FaceFinder
from tests.evaluation.test_measurement import subject
from tests.support.portraits import large_astronaut

NOTHING = Measurement(*[0.0] * len(fields(Measurement)))


def standing(name: str, gain: float, photos: int = 6, **costs: Any) -> Standing:
    untouched = replace(NOTHING, psnr=40.0, lpips=float("nan"))
    result = replace(untouched, psnr=40.0 + gain)
    contender = Contender(name, lambda given: given.source, **costs)
    measured = [
        Measured(f"{i}.png", False, "tan", untouched, result, ("droplet",) if i < 3 else ())
        for i in range(photos)
    ]
    return Standing(contender, measured, [0.5] * photos)


def truth(given: Subject) -> np.ndarray:
    return given.truth


def broken(given: Subject) -> np.ndarray:
    raise RuntimeError("out of luck")


def test_every_contender_sees_the_same_photos_and_a_failure_stops_nobody() -> None:
    given = [subject(1), subject(2)]
    yardstick, perfect, failing = compared(
        [identity(), Contender("truth", truth), Contender("broken", broken)], given
    )
    assert [m.result.psnr for m in yardstick.measured] == [
        m.identity.psnr for m in perfect.measured
    ]
    assert all(m.result.fixed_share == 1.0 for m in perfect.measured)
    assert failing.failures == ["astronaut: out of luck"] * 2
    assert failing.overall is None
    table = comparison_markdown([yardstick, perfect, failing], "astronaut")
    assert "| broken | 0 |" in table
    assert "- broken failed on astronaut: out of luck" in table


def test_a_result_of_another_size_is_a_failure_and_its_time_does_not_count() -> None:
    contender = Contender("cropping", lambda given: given.source[:100])
    (standing,) = compared([contender], [subject(1)])
    assert standing.failures[0].startswith("astronaut: sizes differ")
    assert standing.seconds == standing.measured == []


def test_a_method_on_faces_changes_the_skin_that_it_finds_and_nothing_else() -> None:
    clean = large_astronaut()
    nothing = np.zeros(clean.shape[:2], bool)
    given = replace(subject(1), source=clean, truth=clean, regions=EditRegions(*[nothing] * 3))
    asked: list[float | None] = []

    def blackened(image, skin, *, face_width=None, truth=None):
        asked.append(face_width)
        assert truth is None
        return np.where(skin[..., None] > 0.5, 0, image).astype(np.uint8)

    result = face_by_face(blackened, FaceFinder())(given)
    (width,) = asked
    assert 100 < width < 400
    changed = (result != clean).any(axis=2)
    assert 0.3 * width**2 < changed.sum() < 2 * width**2


def test_the_oracle_alone_is_told_where_spots_are() -> None:
    given = subject(1)
    (oracle,) = compared([without_learning(METHODS["oracle_inpainting"], FaceFinder())], [given])
    assert oracle.measured[0].result.soft_iou > 0.3
    assert oracle.measured[0].result.outside_error == 0.0
    assert "bound" in oracle.contender.description


def test_a_method_behind_identity_is_marked() -> None:
    table = comparison_markdown([standing("good", 2.0), standing("bad", -1.0)], "faces")
    assert "behind identity" not in next(r for r in table.splitlines() if r.startswith("| good"))
    assert "behind identity" in next(r for r in table.splitlines() if r.startswith("| bad"))


def test_costs_and_artefacts_are_told() -> None:
    costs = {"parameters": 2_070_000, "samples": 48_000, "training_seconds": 720.0}
    standings = [standing("net", 1.0, **costs)]
    table = comparison_markdown(standings, "faces")
    assert "| net | 0.50 | 2.07 | 48,000 | 12.0 |" in table
    assert f"on {processor()}" in table
    blocks = [block.splitlines() for block in table.split("\n\n")]
    assert [len(block) for block in blocks] == [1, 3, 3, 3, 1]
    assert "| net | 50 (17..83) | 0 (0..0) |" in table
    (values,) = json.loads(json.dumps(comparison_json(standings), allow_nan=False))
    assert (values["parameters"], values["samples_seen"]) == (2_070_000, 48_000)
    assert values["training_seconds"] == 720.0
    assert values["artefacts"]["droplet"]["mean"] == 0.5
    assert values["photos"][0]["result"]["lpips"] is None


@pytest.fixture
def page(tmp_path: Path) -> Path:
    given = replace(subject(1), name="<b>astronaut</b>.png")
    writer = ComparisonPage(tmp_path)
    contenders = [identity(), Contender("perfect", truth), Contender("broken", broken)]
    standings = compared(contenders, [given], observe=writer.add)
    return writer.write(standings, "A & B")


def test_the_page_holds_lossless_crops_of_every_method(page: Path) -> None:
    given = subject(1)
    with Image.open(page.parent / "pictures/0000/identity.png") as picture:
        crop = np.asarray(picture)
    # The face box of the subject is 40, 30, 200, 220.
    assert np.array_equal(crop, given.source[30:220, 40:200])
    text = page.read_text()
    assert text.count("<figure>") == 4
    assert text.count('class="failed">failed: out of luck') == 1
    assert "broken failed on &lt;b&gt;astronaut&lt;/b&gt;.png: out of luck" in text
    assert "A &amp; B" in text
    assert "<b>astronaut" not in text
    assert (page.parent / "comparison.js").is_file()
