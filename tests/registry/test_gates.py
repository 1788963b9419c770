"""Every gate of a promotion, passing and failing, on photos that were measured by hand."""

import json
import math
from dataclasses import asdict, fields, replace

import pytest

from retouch_engine.evaluation import Measured, Measurement
from retouch_engine.promotion_gates import (
    Verdict,
    beats_current,
    beats_identity,
    free_of_artefacts,
    no_band_regresses,
    quality_verdicts,
    runtimes_agree,
)


def numbers(mse: float) -> Measurement:
    values = dict.fromkeys((field.name for field in fields(Measurement)), 0.0)
    psnr = 10 * math.log10(255**2 / mse) if mse else math.inf
    return Measurement(**{**values, "mse": mse, "psnr": psnr})


def photos(
    errors: list[float],
    *,
    untouched: float = 4.0,
    band: str = "light",
    artefacts: tuple[str, ...] = (),
) -> list[Measured]:
    return [
        Measured(
            name=f"{band} {index}",
            synthetic=False,
            band=band,
            identity=numbers(untouched),
            result=numbers(error),
            artefacts=artefacts if index == 0 else (),
        )
        for index, error in enumerate(errors)
    ]


def test_a_checkpoint_that_is_better_on_every_photo_beats_identity() -> None:
    verdict = beats_identity(photos([1.0, 1.5, 2.0, 1.0, 3.0]))
    assert verdict.passed
    assert verdict.figures["photos"] == 5
    assert "5 photos" in verdict.text


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ([8.0, 9.0, 6.0, 5.0, 5.0], "worse"),
        ([4.0] * 6, "nothing was changed"),
        ([0.5, 16.0, 0.5, 16.0, 4.0, 4.0], "better and worse alike"),
    ],
)
def test_a_checkpoint_that_is_not_surely_better_does_not_beat_identity(
    errors: list[float], why: str
) -> None:
    assert not beats_identity(photos(errors)).passed


def test_four_photos_prove_nothing() -> None:
    verdict = beats_identity(photos([1.0] * 4))
    assert not verdict.passed
    assert "unproven" in verdict.text
    assert not beats_current(photos([1.0] * 4), photos([2.0] * 4)).passed


def test_photos_that_nothing_was_wrong_with_do_not_count() -> None:
    verdict = beats_identity([*photos([1.0] * 5), *photos([0.0] * 3, untouched=0.0)])
    assert (verdict.passed, verdict.figures["photos"]) == (True, 5)


@pytest.mark.parametrize(
    ("factor", "passes"), [(0.9, True), (0.96, True), (0.98, False), (1.0, False), (1.2, False)]
)
def test_three_percent_less_error_than_the_current_one_is_wanted(
    factor: float, passes: bool
) -> None:
    current = [1.0, 2.0, 3.0, 2.0, 1.5, 2.5]
    verdict = beats_current(photos([factor * error for error in current]), photos(current))
    assert verdict.passed is passes
    assert verdict.figures["mean"] == pytest.approx(1 - factor)


def test_a_mean_that_one_photo_makes_does_not_beat_the_current_one() -> None:
    current = photos([1.0] * 9 + [30.0])
    assert not beats_current(photos([1.3] * 9 + [2.0]), current).passed


def test_a_tone_band_that_gets_worse_is_named_and_fails() -> None:
    current = photos([2.0] * 6) + photos([2.0] * 6, band="dark")
    candidate = photos([1.0] * 6) + photos([2.2] * 6, band="dark")
    assert beats_current(candidate, current).passed
    verdict = no_band_regresses(candidate, current)
    assert not verdict.passed
    assert verdict.text.startswith("dark regressed; ")


def test_a_band_of_four_is_named_unproven_and_does_not_decide() -> None:
    current = photos([2.0] * 6) + photos([2.0] * 4, band="dark")
    verdict = no_band_regresses(photos([1.0] * 6) + photos([9.0] * 4, band="dark"), current)
    assert verdict.passed
    assert "dark unproven (n=4)" in verdict.text
    assert "brown unproven (n=0)" in verdict.text


def test_a_band_without_any_error_regresses_when_one_appears() -> None:
    perfect, spoilt = photos([0.0] * 5), photos([0.5] * 5)
    assert not no_band_regresses(spoilt, perfect).passed
    assert no_band_regresses(perfect, perfect).passed


@pytest.mark.parametrize("artefact", ["droplet", "checkerboard", "seam", "noise"])
def test_an_artefact_in_one_photo_fails_and_names_it(artefact: str) -> None:
    verdict = free_of_artefacts(photos([1.0] * 5, artefacts=(artefact,)))
    assert not verdict.passed
    assert verdict.text == f"{artefact} in 1 of 5, first light 0"
    assert free_of_artefacts(photos([1.0] * 5)).passed


@pytest.mark.parametrize(
    ("difference", "passes"), [(0.0, True), (1e-3, True), (1.1e-3, False), (math.nan, False)]
)
def test_torch_and_onnx_must_agree(difference: float, passes: bool) -> None:
    assert runtimes_agree(difference).passed is passes


def test_different_photos_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different photos"):
        quality_verdicts(photos([1.0] * 5), photos([1.0] * 5, band="dark"))


def test_verdicts_are_plain_json_whatever_was_measured() -> None:
    verdicts: list[Verdict] = quality_verdicts([], [])
    verdicts += quality_verdicts(photos([0.5] * 5), photos([0.0] * 5))
    verdicts.append(runtimes_agree(math.inf))
    json.dumps([asdict(verdict) for verdict in verdicts], allow_nan=False)


def test_six_photos_of_two_sitters_prove_nothing() -> None:
    few = [replace(photo, group=f"sitter {i % 2}") for i, photo in enumerate(photos([1.0] * 6))]
    verdict = beats_identity(few)
    assert not verdict.passed
    assert verdict.text.endswith("6 photos of 2 sitters: unproven, 5 are needed")
    assert "light unproven (n=2)" in no_band_regresses(few, few).text
    assert not beats_current(few, photos([4.0] * 6)).passed
