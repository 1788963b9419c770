"""The second painter of concerns: on its places, of its colours, and another hand."""

import inspect

import numpy as np
import pytest

from retouch_engine.evaluation import CONCERNS, FaceToPaint, concern_painter, paint_concern
from retouch_engine.evaluation.metrics import srgb_to_lab
from retouch_engine.evaluation.subjects import face_region
from retouch_engine.faces import FaceFinder
from tests.support.portraits import large_astronaut


@pytest.fixture(scope="module")
def face() -> FaceToPaint:
    found = FaceFinder().find(large_astronaut())[0]
    place, skin = face_region(large_astronaut(), found)
    corner = np.array([place[1].start, place[0].start], np.float32)
    region = np.ascontiguousarray(large_astronaut()[place])
    return FaceToPaint(region, skin, found.landmarks - corner, found.box[2] - found.box[0])


def painted(concern: str, face: FaceToPaint, seed: int = 1) -> np.ndarray:
    return paint_concern(concern, face, np.random.default_rng(seed))


def change(concern: str, face: FaceToPaint, seed: int = 1) -> np.ndarray:
    """Return the shift of CIELAB, (H, W, 3)."""
    return srgb_to_lab(painted(concern, face, seed)) - srgb_to_lab(face.image)


@pytest.mark.parametrize("concern", CONCERNS)
def test_it_is_seen_on_skin_alone_and_follows_its_seed(concern: str, face: FaceToPaint) -> None:
    one = painted(concern, face)
    changed = (one != face.image).any(axis=2)
    assert changed.sum() > 0.002 * changed.size
    assert not changed[face.skin == 0].any()
    assert np.array_equal(one, painted(concern, face))
    assert not np.array_equal(one, painted(concern, face, 2))


@pytest.mark.parametrize("concern", CONCERNS)
def test_it_is_strong_enough_to_be_worth_removing(concern: str, face: FaceToPaint) -> None:
    strongest = [np.abs(change(concern, face, seed)).max(axis=2) for seed in range(6)]
    assert np.median([np.percentile(values[values > 0], 90) for values in strongest]) > 2.0


def test_shine_lightens_and_pales_and_never_darkens(face: FaceToPaint) -> None:
    moved = [change("shine", face, seed) for seed in range(4)]
    strong = np.concatenate([one[one[..., 0] > 4] for one in moved])
    assert len(strong) > 500
    assert strong[:, 1].mean() < 0
    assert all(one[..., 0].min() > -1.0 for one in moved)


def test_darkness_lies_below_the_eyes_and_above_the_mouth(face: FaceToPaint) -> None:
    dark = change("under_eyes", face)[..., 0] < -2.0
    rows = np.nonzero(dark)[0]
    upper_lid, mouth = face.landmarks[159, 1], face.landmarks[13, 1]
    assert len(rows) > 200
    assert rows.min() > upper_lid
    assert rows.max() < mouth
    middle = face.landmarks[168, 0]
    columns = np.nonzero(dark)[1]
    assert (columns < middle).any()
    assert (columns > middle).any()


def test_unevenness_has_no_fine_detail(face: FaceToPaint) -> None:
    # On skin that is flat all around, so that what is seen is what was painted.
    flat = FaceToPaint(
        np.full((512, 512, 3), (200, 150, 130), np.uint8),
        np.ones((512, 512), np.float32), face.landmarks, 400.0,
    )  # fmt: skip
    shift = change("evenness", flat)[..., 1]
    power = np.abs(np.fft.rfft2(shift - shift.mean())) ** 2
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    coarse = power[frequency < 16 / 400].sum()
    assert coarse > 0.95 * power.sum()


def test_nothing_is_shared_with_the_training_painter() -> None:
    assert "retouch_engine.synthesis" not in inspect.getsource(concern_painter)


def test_a_face_without_skin_stays_as_it_is(face: FaceToPaint) -> None:
    bare = FaceToPaint(face.image, np.zeros_like(face.skin), face.landmarks, face.face_width)
    for concern in CONCERNS:
        assert np.array_equal(painted(concern, bare), face.image)
