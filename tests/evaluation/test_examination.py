"""Everything that evaluate asks, on one painted portrait and on results whose answer is known."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retouch_engine.evaluation import (
    CONCERNS,
    ConcernScores,
    DefaultScores,
    EvaluationPhoto,
    Examination,
    Examined,
    Protocol,
    Subject,
    SubjectError,
    clean_rows,
    clean_score,
    concern_rows,
    concern_scores,
    default_rows,
    default_score,
    examination_json,
    examination_rows,
    examination_text,
    read_clean_list,
    subjects,
)
from retouch_engine.evaluation.band_scores import BandScores, band_scores
from retouch_engine.evaluation.concern_scores import ConcernScore, faces_to_paint, painted_concern
from retouch_engine.evaluation.default_scores import landmarks_moved
from retouch_engine.evaluation.metrics import bootstrap_mean
from retouch_engine.faces import FaceFinder
from retouch_engine.retoucher import Retoucher
from tests.support.portraits import large_astronaut


@lru_cache(maxsize=1)
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    path = tmp_path_factory.mktemp("portraits") / "portrait.png"
    Image.fromarray(np.ascontiguousarray(large_astronaut()[:512, 160:672])).save(path)
    (one,) = subjects([EvaluationPhoto(path)], finder(), seed=20_005)
    return one


def test_by_default_the_truth_is_the_photo_with_its_moles_and_freckles(subject: Subject) -> None:
    assert subject.spots is not None
    untouched = default_score(subject, subject.source)
    perfect = default_score(subject, subject.spots.kept)
    assert (untouched.fixed_share, untouched.outside_error) == (0.0, 0.0)
    assert perfect.fixed_share == 1.0
    assert perfect.psnr == float("inf")
    assert perfect.tone_delta_e == 0.0


def test_a_second_run_is_judged_in_the_face_box(subject: Subject) -> None:
    again = subject.source.copy()
    x0, y0, x1, y1 = subject.box
    again[y0:y1, x0:x1] += 2
    score = default_score(subject, subject.source, again=again)
    # uint8 wraps where the source is white.
    assert score.again_error >= 2.0
    assert default_score(subject, subject.source, again=subject.source).again_error == 0.0


def test_landmarks_of_a_shifted_face_moved_by_the_shift(subject: Subject) -> None:
    shifted = np.roll(subject.truth, 6, axis=1)
    assert landmarks_moved(finder(), subject.truth, subject.truth) == 0.0
    assert landmarks_moved(finder(), subject.truth, shifted) == pytest.approx(6.0, abs=1.0)
    nothing = np.zeros_like(subject.truth)
    assert landmarks_moved(finder(), subject.truth, nothing) == float("inf")
    assert np.isnan(landmarks_moved(finder(), nothing, nothing))


def test_rows_begin_with_identity_and_hold_real_and_synthetic_apart(subject: Subject) -> None:
    untouched = default_score(subject, subject.source)
    half = replace(untouched, psnr=untouched.psnr + 3.0, fixed_share=0.5)
    scores = [DefaultScores(index < 2, "tan", untouched, half) for index in range(6)]
    rows = {row.name: row for row in default_rows(scores)}
    assert list(rows)[:4] == ["identity", "all", "real", "synthetic"]
    assert rows["identity"].metrics["fixed_share"].mean == 0.0
    assert rows["real"].photos == 4
    assert rows["synthetic"].psnr_gain.mean == pytest.approx(3.0)
    assert rows["skin tan"].photos == 6


def test_the_worst_band_stands_beside_the_best() -> None:
    def row(fixed: float, count: int) -> dict[str, object]:
        return {
            name: bootstrap_mean([value] * count)
            for name, value in (
                ("fixed_share", fixed), ("tone_delta_e", 0.2), ("tone_lightness", -0.1),
            )
        }  # fmt: skip

    rows = {"skin dark": row(0.6, 6), "skin light": row(0.8, 9), "skin tan": row(0.1, 4)}
    bands = band_scores(rows)  # type: ignore[arg-type]
    assert (bands.worst, bands.best) == ("dark", "light")
    assert bands.ratio == pytest.approx(0.75)
    assert bands.tone_lightness == {"dark": pytest.approx(-0.1), "light": pytest.approx(-0.1)}
    assert np.isnan(BandScores({}, {}, {}).ratio)


def test_a_concern_is_painted_on_the_face_alone(subject: Subject) -> None:
    regions = faces_to_paint(subject)
    for number, concern in enumerate(CONCERNS):
        rng = np.random.default_rng(number)
        painted = painted_concern(concern, subject.truth, regions, rng)
        changed = (painted != subject.truth).any(axis=2)
        assert changed.any()
        assert not changed[subject.skin == 0].any()


def test_a_checkpoint_without_concerns_says_that_they_are_not_installed(
    subject: Subject, retoucher: Retoucher
) -> None:
    card = replace(retoucher.predictor.card, concerns=("blemishes",))
    predictor = type(retoucher.predictor)(card, retoucher.predictor._runtime)
    scores = concern_scores(Retoucher(predictor, finder()), subject, Protocol(), (1, 2))
    assert scores.result == {}
    rows = concern_rows([scores])
    assert [(row.faces, row.metrics) for row in rows] == [("all", {})] * 3


def test_each_concern_has_its_own_row_beside_identity() -> None:
    identity = ConcernScore(0.0, 0.0, 0.0, 0.0, 0.0)
    shine = ConcernScore(0.6, 0.7, 0.1, 0.2, 4.0)
    scores = [
        ConcernScores(synthetic, {"shine": identity}, {"shine": shine})
        for synthetic in (True, False)
    ]
    rows = {(row.faces, row.concern): row for row in concern_rows(scores)}
    assert rows["identity", "shine"].metrics["fixed_share"].mean == 0.0
    assert rows["real", "shine"].metrics["fixed_share"].mean == 0.6
    assert rows["all", "evenness"].metrics == {}
    assert ("real", "evenness") not in rows


def test_clean_photos_are_found_by_their_file_names(tmp_path: Path) -> None:
    photos = [EvaluationPhoto(Path(f"folder/{name}.jpg")) for name in ("a", "b")]
    listed = tmp_path / "clean.csv"
    listed.write_text("file,reason\nb.jpg,smooth\n")
    assert read_clean_list(listed, photos) == {"folder/b.jpg"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name\na.jpg\n", "needs a column 'file'"),
        ("file\n", "lists no photo"),
        ("file\nabsent.jpg\n", r"lists absent\.jpg, which is not among the photos"),
        ("file\n\xff", "cannot be read"),
    ],
)
def test_a_list_of_clean_photos_that_is_none_is_refused(
    tmp_path: Path, content: str, reason: str
) -> None:
    listed = tmp_path / "clean.csv"
    listed.write_bytes(content.encode("latin-1"))
    with pytest.raises(SubjectError, match=reason):
        read_clean_list(listed, [EvaluationPhoto(Path("a.jpg"))])


def test_a_list_of_clean_photos_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"absent\.csv cannot be read"):
        read_clean_list(tmp_path / "absent.csv", [])


def test_a_portrait_is_examined_from_end_to_end(subject: Subject, retoucher: Retoucher) -> None:
    seen = []
    examination = Examination(
        retoucher, clean={subject.name}, observe=lambda one, result: seen.append(one.name)
    )
    (examined,) = examination.run([subject])
    assert seen == [subject.name]
    assert examined.default is not None
    assert examined.default.result.fixed_share > 0.2
    assert examined.default.result.psnr > examined.default.identity.psnr
    assert examined.default.result.landmarks_moved < 5.0
    assert examined.spots is not None
    assert any(outcome.found for outcome in examined.spots.outcomes)
    assert examined.clean is not None
    assert examined.clean.psnr > 35.0
    tell(examined)


def tell(examined: Examined) -> None:
    rows = examination_rows([examined])
    text = examination_text(rows)
    for title in ("default recipe", "moles and freckles", "sorts of spots", "concerns", "clean"):
        assert title in text
    values = json.loads(json.dumps(examination_json(rows, [examined]), allow_nan=False))
    assert values["default_recipe"][0]["row"] == "identity"
    assert {row["sort"] for row in values["sorts"]} >= {"papule", "mole", "freckle"}
    assert values["examined"][0]["clean"]["again_error"] is not None
    assert max(len(line) for line in text.splitlines()) <= 100


def test_of_pairs_only_what_a_target_can_tell_is_measured(
    subject: Subject, retoucher: Retoucher
) -> None:
    (examined,) = Examination(retoucher).run([replace(subject, spots=None)])
    assert examined.default is examined.spots is examined.concerns is None
    assert examination_text(examination_rows([examined])) == ""


def test_clean_photos_that_come_back_unchanged_count_as_such(
    subject: Subject, retoucher: Retoucher
) -> None:
    faceless = replace(subject, truth=np.full((64, 64, 3), 90, np.uint8), faces=())
    score = clean_score(retoucher, faceless, Protocol())
    assert (score.psnr, score.again_error, score.spots_removed) == (99.0, 0.0, 0)
    changed = replace(score, psnr=40.0, again_error=0.4, synthetic=True)
    rows = {row.faces: row for row in clean_rows([score, changed])}
    assert rows["all"].unchanged_share == 0.5
    assert rows["real"].unchanged_share == 1.0
    assert rows["all"].least_psnr == 40.0
    assert rows["synthetic"].largest_again_error == 0.4
