"""Pictures go in and out without loss or as JPEG; truth and untouched source go the same way."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retouch_engine.evaluation import EvaluationPhoto, Protocol, SpotTruth, Subject, subjects
from retouch_engine.evaluation.metrics import painted_regions, psnr
from retouch_engine.evaluation.subjects import enlarged
from retouch_engine.faces import FaceFinder
from retouch_engine.retoucher import Recipe, Retoucher
from tests.support.portraits import large_astronaut, painted_astronaut


def subject() -> Subject:
    source, clean = painted_astronaut()[0], large_astronaut()
    regions = painted_regions(np.zeros(clean.shape[:2], np.float32))
    skin = np.zeros(clean.shape[:2], np.float32)
    return Subject("a", source, clean, regions, skin, 300.0, spots=SpotTruth.nothing(clean))


def test_without_jpeg_nothing_is_lost() -> None:
    one = subject()
    assert Protocol().subject(one) is one
    assert np.array_equal(Protocol().given(one.source).pixels, one.source)


def test_with_jpeg_the_source_is_a_file_and_every_picture_goes_the_same_way() -> None:
    protocol = Protocol(jpeg=80)
    one = subject()
    given = protocol.given(one.source)
    assert given.header.format == "jpeg"
    assert given.source.startswith(b"\xff\xd8")
    coded = protocol.subject(one)
    assert 30 < psnr(coded.truth, one.truth) < 48
    assert coded.spots is not None
    assert np.array_equal(coded.spots.kept, coded.truth)
    assert np.array_equal(coded.source, protocol.coded(one.source))


def test_a_lower_quality_loses_more() -> None:
    pixels = large_astronaut()
    coarse, fine = (psnr(Protocol(jpeg=quality).coded(pixels), pixels) for quality in (40, 95))
    assert coarse < fine - 3


def test_a_result_is_taken_from_the_file_that_a_person_gets(retoucher: Retoucher) -> None:
    protocol = Protocol(jpeg=70)
    photo = protocol.given(painted_astronaut()[0])
    result = retoucher.render(photo, retoucher.analyse(photo), Recipe(keep_marks=False))
    taken = protocol.taken(result)
    assert result.encoded.format == "jpeg"
    assert not np.array_equal(taken, result.srgb)
    assert psnr(taken, result.srgb) > 35


@pytest.mark.parametrize("scale", [1, 2])
def test_photos_are_enlarged_before_they_are_painted(tmp_path: Path, scale: int) -> None:
    path = tmp_path / "portrait.png"
    Image.fromarray(large_astronaut()[:400, :600]).save(path)
    (one,) = subjects([EvaluationPhoto(path)], FaceFinder(), scale=scale)
    assert one.source.shape == (400 * scale, 600 * scale, 3)
    assert np.array_equal(one.truth, enlarged(large_astronaut()[:400, :600], scale))
    assert one.face_width == pytest.approx(200 * scale, rel=0.2)
    assert (one.source != one.truth).any()
