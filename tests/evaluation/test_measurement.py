"""A picture's row stands beside its identity, and the table says what is unproven."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.evaluation import (
    METRICS,
    Measured,
    Row,
    Subject,
    ValidationPainter,
    measure,
    painted_regions,
    table_rows,
)


def subject(seed: int = 1) -> Subject:
    truth = np.ascontiguousarray(astronaut()[:240, 100:340])
    skin = np.zeros((240, 240), np.float32)
    skin[70:185, 85:155] = 1.0
    painted = ValidationPainter().paint(truth, skin, 110, np.random.default_rng(seed))
    regions = painted_regions(painted.density, face_box=(40, 30, 200, 220))
    return Subject("astronaut", painted.image, truth, regions, skin, 110)


@pytest.fixture(scope="module")
def painted() -> Subject:
    return subject()


@pytest.fixture(scope="module")
def half_fixed(painted: Subject) -> Measured:
    blend = (painted.source.astype(float) + painted.truth) / 2
    return measure(painted, np.rint(blend).astype(np.uint8))


def test_doing_nothing_equals_the_identity_row(painted: Subject) -> None:
    measured = measure(painted, painted.source)
    for metric in METRICS:
        made, untouched = getattr(measured.result, metric), getattr(measured.identity, metric)
        assert made == untouched or (np.isnan(made) and np.isnan(untouched)), metric
    assert measured.identity.fixed_share == measured.identity.outside_error == 0.0
    assert measured.identity.soft_iou == 0.0
    assert measured.identity.texture_kept == 1.0


def test_the_truth_scores_perfectly(painted: Subject) -> None:
    perfect = measure(painted, painted.truth)
    assert perfect.result.psnr == float("inf")
    assert perfect.result.ssim == pytest.approx(1.0)
    assert perfect.result.fixed_share == perfect.result.soft_iou == 1.0
    assert perfect.result.inside_error == perfect.result.tone_delta_e == 0.0
    assert perfect.artefacts == ()


def test_half_a_retouch_lies_between(painted: Subject, half_fixed: Measured) -> None:
    assert half_fixed.result.fixed_share == pytest.approx(0.75, abs=0.02)
    assert half_fixed.result.soft_iou == pytest.approx(0.5, abs=0.05)
    assert half_fixed.result.psnr == pytest.approx(half_fixed.identity.psnr + 6.0, abs=0.3)
    assert 0 < half_fixed.result.tone_delta_e < half_fixed.identity.tone_delta_e


def test_changes_in_the_rest_of_the_photo_are_told_apart(painted: Subject) -> None:
    result = painted.source.copy()
    result[:20] ^= 4
    measured = measure(painted, result)
    assert measured.result.rest_error > 0.5
    assert measured.result.outside_error == 0.0


def test_lightening_all_skin_is_seen_with_its_sign(painted: Subject) -> None:
    lighter = np.clip(painted.truth.astype(int) + 12, 0, 255).astype(np.uint8)
    assert measure(painted, lighter).result.tone_lightness > 2


def test_lpips_is_no_number_unless_it_is_given(painted: Subject, half_fixed: Measured) -> None:
    assert np.isnan(half_fixed.result.lpips)
    measured = measure(painted, painted.source, lambda first, second: 0.25)
    assert measured.result.lpips == 0.25


def test_a_result_of_another_size_is_refused(painted: Subject) -> None:
    with pytest.raises(ValueError, match="sizes differ"):
        measure(painted, painted.source[:100])


def table(measured: list[Measured]) -> dict[str, Row]:
    return {row.name: row for row in table_rows(measured)}


def test_the_identity_row_comes_first_then_all_real_synthetic_and_the_bands(
    half_fixed: Measured,
) -> None:
    rows = table_rows([half_fixed, replace(half_fixed, synthetic=True)])
    names = [row.name for row in rows]
    assert names[:4] == ["identity", "all", "real", "synthetic"]
    assert names[4:] == [
        f"skin {band}" for band in ("very light", "light", "intermediate", "tan", "brown", "dark")
    ]
    assert [row.photos for row in rows[:4]] == [2, 2, 1, 1]


def test_bands_with_fewer_than_five_photos_are_unproven(half_fixed: Measured) -> None:
    measured = [replace(half_fixed, band="tan")] * 5 + [replace(half_fixed, band="dark")] * 4
    rows = table(measured)
    assert rows["skin tan"].note == ""
    assert rows["skin dark"].note == "unproven"
    assert (rows["skin brown"].photos, rows["skin brown"].note) == (0, "unproven")


def test_a_method_behind_identity_is_marked_so(half_fixed: Measured) -> None:
    behind = replace(half_fixed, result=replace(half_fixed.identity, psnr=20.0))
    assert table([behind] * 6)["all"].note == "behind identity"
    nothing = replace(half_fixed, result=half_fixed.identity)
    assert table([nothing] * 6)["all"].note == "not ahead of identity"
    rows = table([half_fixed] * 6)
    assert rows["all"].note == rows["identity"].note == ""
    assert rows["all"].psnr_gain.mean == pytest.approx(6.0, abs=0.3)


def test_a_row_holds_every_metric_with_its_interval(half_fixed: Measured) -> None:
    worse = replace(half_fixed, result=replace(half_fixed.result, ssim=0.5))
    ssim = table([half_fixed] * 4 + [worse] * 2)["all"].metrics["ssim"]
    assert 0.5 <= ssim.low < ssim.mean < ssim.high <= half_fixed.result.ssim
    assert set(table([half_fixed])["all"].metrics) == set(METRICS)
