"""One face photographed three times: what it has each time is kept, a new spot is not."""

import cv2
import numpy as np
import pytest

from retouch_engine.analysis import Analysis
from retouch_engine.composition import Mark
from retouch_engine.retoucher import Recipe, Retoucher, as_photo, group_decisions
from tests.support.portraits import large_astronaut, painted_astronaut

# On the sample's cheeks, forehead and chin, in its pixels.
LASTING = ((405, 250), (500, 250), (447, 176), (400, 300))
NEW = (485, 322)
# Scale and rotation of each photo; the new spot is in the second alone.
VIEWS = ((1.0, 0.0), (1.4, 12.0), (0.9, -9.0))


def spotted(*places: tuple[int, int]) -> np.ndarray:
    pixels = large_astronaut().astype(np.float64)
    ys, xs = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    for x, y in places:
        share = np.clip(1.5 - np.hypot(ys - y, xs - x) / 4, 0, 1)[..., None]
        pixels += 0.8 * share * (np.array([150, 50, 60]) - pixels)
    return np.rint(pixels).astype(np.uint8)


def matrix_of(scale: float, degrees: float) -> np.ndarray:
    """Return the map (2, 3) from the sample to its photo at another distance and angle."""
    matrix = cv2.getRotationMatrix2D((450.0, 280.0), degrees, scale)
    matrix[:, 2] += np.array([0.0, 120.0])
    return matrix


def taken(pixels: np.ndarray, scale: float, degrees: float) -> np.ndarray:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(pixels, matrix_of(scale, degrees), (900, 900), flags=how)


def mark_at(analysis: Analysis, view: tuple[float, float], place: tuple[int, int]) -> Mark:
    x, y = matrix_of(*view) @ np.array([*place, 1.0])
    mark = analysis.mark_at(float(x), float(y), radius=4.0)
    assert mark is not None
    return mark


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    return [
        taken(spotted(*LASTING, *(NEW,) * (number == 1)), *view)
        for number, view in enumerate(VIEWS)
    ]


@pytest.fixture(scope="module")
def shots(retoucher: Retoucher, photos: list[np.ndarray]) -> list[Analysis]:
    return [retoucher.analyse(as_photo(photo)) for photo in photos]


def decided(*analyses: Analysis) -> list[dict[int, str]]:
    return group_decisions([analysis.layers for analysis in analyses])


def test_lasting_spots_stay_in_every_photo_and_the_new_one_goes(shots: list[Analysis]) -> None:
    decisions = decided(*shots)
    for analysis, view, chosen in zip(shots, VIEWS, decisions, strict=True):
        assert [chosen[mark_at(analysis, view, place).id] for place in LASTING] == ["keep"] * 4
    assert decisions[1][mark_at(shots[1], VIEWS[1], NEW).id] == "remove"


def test_the_decisions_are_what_a_rendition_takes(
    retoucher: Retoucher, photos: list[np.ndarray], shots: list[Analysis]
) -> None:
    decisions = decided(*shots)[1]
    (layer,) = shots[1].layers
    x0, y0, x1, y1 = layer.box
    result = retoucher.render(as_photo(photos[1]), shots[1], Recipe(), decisions).srgb
    changed = (result != photos[1])[y0:y1, x0:x1].any(axis=2)
    for place in LASTING:
        assert not changed[layer.labels == mark_at(shots[1], VIEWS[1], place).id].any()
    assert changed[layer.labels == mark_at(shots[1], VIEWS[1], NEW).id].mean() > 0.5


def test_a_clean_second_photo_says_that_no_spot_lasts(
    retoucher: Retoucher, shots: list[Analysis]
) -> None:
    clean = retoucher.analyse(as_photo(taken(large_astronaut(), 1.2, 8)))
    decisions = decided(shots[0], clean)[0]
    assert [decisions[mark_at(shots[0], VIEWS[0], p).id] for p in LASTING] == ["remove"] * 4


def test_most_of_many_spots_are_recognised_in_a_turned_and_smaller_photo(
    retoucher: Retoucher,
) -> None:
    first = retoucher.analyse(as_photo(painted_astronaut()[0]))
    other = retoucher.analyse(as_photo(taken(painted_astronaut()[0], 0.85, 9)))
    kept = [list(chosen.values()).count("keep") for chosen in decided(first, other)]
    assert kept[0] == kept[1]
    assert kept[0] >= 0.6 * min(len(first.marks), len(other.marks))
