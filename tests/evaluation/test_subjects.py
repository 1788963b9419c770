"""Photos of a data set become pictures with a known truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.data import coffee

from retouch_engine.evaluation import judged, retouching
from retouch_engine.evaluation.subjects import EvaluationPhoto, SubjectError, subjects
from retouch_engine.faces import FaceFinder
from retouch_engine.retoucher import Retoucher
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import Painter
from tests.support.portraits import large_astronaut


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "portrait.png"
    Image.fromarray(large_astronaut()).save(path)
    return path


def test_a_clean_portrait_is_painted_on_its_skin_alone(portrait: Path, finder: FaceFinder) -> None:
    (subject,) = subjects([EvaluationPhoto(portrait)], finder)
    changed = (subject.source != subject.truth).any(axis=2)
    assert np.array_equal(subject.truth, large_astronaut())
    assert changed.any()
    assert not changed[subject.skin == 0].any()
    assert subject.regions.inside.any()
    assert not subject.regions.inside[subject.regions.rest].any()


def test_each_photo_has_its_own_seed_and_the_painter_can_be_chosen(
    portrait: Path, finder: FaceFinder
) -> None:
    photos = [EvaluationPhoto(portrait), EvaluationPhoto(portrait)]
    first, second = subjects(photos, finder)
    again, _ = subjects(photos, finder)
    other, _ = subjects(photos, finder, painter=Painter())
    assert np.array_equal(first.source, again.source)
    assert not np.array_equal(first.source, second.source)
    assert not np.array_equal(first.source, other.source)


def test_a_pair_of_16_bits_is_its_own_truth(
    portrait: Path, tmp_path: Path, finder: FaceFinder
) -> None:
    source, target = tmp_path / "source.tif", tmp_path / "target.tif"
    deep = large_astronaut().astype(np.uint16) * 257
    cv2.imwrite(str(source), deep[..., ::-1])
    deep[100:110, 100:110] = 0
    cv2.imwrite(str(target), deep[..., ::-1])
    (subject,) = subjects([EvaluationPhoto(source, target)], finder)
    assert np.array_equal(subject.source, large_astronaut())
    assert not subject.truth[100:110, 100:110].any()
    wanted = np.zeros(subject.skin.shape, bool)
    wanted[100:110, 100:110] = True
    assert not (subject.regions.inside & ~wanted).any()
    assert subject.regions.inside.sum() > 90


def test_a_photo_without_a_face_counts_as_unchanged(tmp_path: Path, finder: FaceFinder) -> None:
    path = tmp_path / "coffee.png"
    Image.fromarray(coffee()).save(path)
    (subject,) = subjects([EvaluationPhoto(path)], finder)
    assert np.array_equal(subject.source, subject.truth)
    assert not subject.skin.any()
    (measured,) = judged(lambda given: given.source, [subject])
    assert measured.result.rest_error == 0.0
    assert np.isnan(measured.result.fixed_share)


def test_the_whole_path_of_a_photo_is_judged(portrait: Path, finder: FaceFinder) -> None:
    retoucher = Retoucher.load(shipped_checkpoint_path())
    (measured,) = judged(retouching(retoucher), subjects([EvaluationPhoto(portrait)], finder))
    assert measured.identity.fixed_share == 0.0
    assert measured.result.fixed_share > 0.3
    assert measured.result.psnr > measured.identity.psnr + 1.0


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_an_unreadable_photo_is_named(tmp_path: Path, finder: FaceFinder, content: bytes) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(SubjectError, match=r"broken\.jpg cannot be read"):
        list(subjects([EvaluationPhoto(path)], finder))


def test_a_photo_that_is_too_small_is_named(tmp_path: Path, finder: FaceFinder) -> None:
    path = tmp_path / "icon.png"
    Image.fromarray(large_astronaut()[:31, :64]).save(path)
    with pytest.raises(SubjectError, match=r"icon\.png is too small"):
        list(subjects([EvaluationPhoto(path)], finder))


def test_a_pair_of_two_sizes_is_refused(portrait: Path, tmp_path: Path, finder: FaceFinder) -> None:
    target = tmp_path / "small.png"
    Image.fromarray(large_astronaut()[:64, :64]).save(target)
    with pytest.raises(SubjectError, match="differ in size"):
        list(subjects([EvaluationPhoto(portrait, target)], finder))
