"""PPR10K's protocol on tone checkpoints: rows, groups, good light; and the gates on them."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.evaluation.metrics import delta_e, psnr, psnr_hc
from retouch_engine.evaluation.subjects import EvaluationPhoto, SubjectError
from retouch_engine.evaluation.tone_report import tone_json, tone_text
from retouch_engine.evaluation.tone_scores import (
    TonedPicture,
    ToneScore,
    band_shifts,
    good_light_row,
    lit_subjects,
    tone_rows,
)
from retouch_engine.faces import FaceFinder
from retouch_engine.tone_gates import (
    beats_current,
    gains_enough,
    halves_delta_e,
    leaves_good_light,
    lightens_nobody,
    tone_verdicts,
)
from tests.support.portraits import encoded

NAN = float("nan")


def picture(psnr_db: float, distance: float, a: float = 0.0) -> TonedPicture:
    return TonedPicture(psnr_db, distance, NAN, NAN, (a, 0.0))


def score(
    number: int, *, gain: float = 5.0, left: float = 4.0, ita: float = 0.0, kept: float = 0.0
) -> ToneScore:
    return ToneScore(
        name=f"photo {number}",
        group="",
        synthetic=False,
        band="light",
        identity=picture(20.0, 10.0),
        result=picture(20.0 + gain, left),
        target=picture(math.inf, 0.0),
        in_dead_zone=kept == 0,
        kept_delta_e=kept,
        ita_shift=ita,
    )


def scores(**values: float) -> list[ToneScore]:
    return [score(number, **values) for number in range(10)]


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "1_1.png"
    path.write_bytes(encoded(astronaut(), "PNG"))
    return path


def test_a_good_portrait_is_put_under_seeded_bad_light(portrait: Path, finder: FaceFinder) -> None:
    photos = [EvaluationPhoto(portrait), EvaluationPhoto(portrait)]
    first, second = lit_subjects(photos, finder, short_side=None)
    assert np.array_equal(first.target, astronaut())
    assert not np.array_equal(first.source, second.source)
    again = next(lit_subjects(photos, finder, short_side=None))
    assert np.array_equal(first.source, again.source)
    reduced = next(lit_subjects(photos, finder))
    assert min(reduced.source.shape[:2]) == 360


def test_pairs_are_judged_by_their_targets_and_masks(
    portrait: Path, tmp_path: Path, finder: FaceFinder
) -> None:
    target, mask = tmp_path / "target.png", tmp_path / "mask.png"
    target.write_bytes(encoded(255 - astronaut(), "PNG"))
    people = np.zeros((256, 256), np.uint8)
    people[:128] = 255
    cv2.imwrite(str(mask), people)
    photo = EvaluationPhoto(portrait, target=target, people=mask)
    subject = next(lit_subjects([photo], finder, short_side=None))
    assert np.array_equal(subject.source, astronaut())
    assert np.array_equal(subject.target, 255 - astronaut())
    assert (subject.people[:256] > 0).all()
    assert not subject.people[256:].any()
    small = tmp_path / "small.png"
    small.write_bytes(encoded(astronaut()[:300], "PNG"))
    with pytest.raises(SubjectError, match="differ in size"):
        next(lit_subjects([EvaluationPhoto(portrait, target=small)], finder))


def test_a_miniature_by_hand() -> None:
    target = np.full((2, 2, 3), 100, np.uint8)
    result = target.copy()
    result[0] += 10
    # Squared errors of 100 on half of the pixels.
    assert psnr(result, target) == pytest.approx(10 * math.log10(255**2 / 50))
    people = np.array([[1, 1], [0, 0]])
    assert psnr_hc(result, target, people) == pytest.approx(10 * math.log10(255**2 / 50))
    assert psnr_hc(result, target, 1 - people) == pytest.approx(
        10 * math.log10(255**2 / (100 * 0.25 / 2))
    )
    # Greys: delta E ab is the difference of L*.
    assert delta_e(result, target) == pytest.approx(2.01, abs=0.05)


def test_rows_hold_identity_first_and_groups_their_variance() -> None:
    first = replace(score(0), group="7", result=picture(25.0, 4.0, a=1.0))
    second = replace(score(1), group="7", synthetic=True, result=picture(27.0, 2.0, a=4.0))
    rows = tone_rows([first, second])
    assert list(rows)[:2] == ["identity, all", "tone, all"]
    assert rows["tone, all"]["psnr"] == 26.0
    # Variance of 1 and 4 is 4.5, of b* 0: their mean.
    assert rows["tone, all"]["m_glc"] == pytest.approx(2.25)
    assert rows["identity, all"]["m_glc"] == 0.0
    assert "m_glc" not in tone_rows(scores())["tone, all"]


def test_the_report_is_readable_and_valid_json() -> None:
    table = tone_text(scores())
    assert table.splitlines()[1].startswith("identity, all")
    assert max(len(line) for line in table.splitlines()) <= 100
    report = tone_json(scores())
    assert report["rows"]["tone, all"]["psnr_hc"] is None
    assert report["photos"][0]["target"]["psnr"] is None


def test_a_good_checkpoint_passes_every_gate() -> None:
    verdicts = tone_verdicts(scores(), scores(left=4.5))
    assert [v.gate for v in verdicts if not v.passed] == []
    assert len(verdicts) == 5


def test_each_gate_fails_for_its_own_reason() -> None:
    assert not gains_enough(scores(gain=3.9)).passed
    assert not gains_enough(scores()[:3]).passed
    assert not halves_delta_e(scores(left=5.1)).passed
    assert not leaves_good_light([*scores()[:7], *(score(n, kept=1.0) for n in range(3))]).passed
    assert leaves_good_light([*scores()[:8], *(score(n, kept=1.4) for n in range(2))]).passed
    assert not leaves_good_light([*scores()[:9], score(9, kept=1.6)]).passed
    assert not lightens_nobody(scores(ita=2.1)).passed
    assert not lightens_nobody(scores(ita=-2.1)).passed
    assert not beats_current(scores(left=4.45), scores(left=4.5)).passed
    with pytest.raises(ValueError, match="different photos"):
        tone_verdicts(scores(), scores()[:5])


def test_good_light_is_counted_and_bands_are_named() -> None:
    rows = good_light_row([score(0), score(1, kept=1.2), score(2, kept=0.7)])
    assert rows == {"photos": 3, "dead_zone_share": pytest.approx(1 / 3), "largest_delta_e": 1.2}
    dark = replace(score(0, ita=-1.5), band="dark")
    assert band_shifts([dark, *scores(ita=0.5)]) == {"light": (0.5, 10), "dark": (-1.5, 1)}
