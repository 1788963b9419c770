"""One face photographed three times: what it has each time is kept, a new spot is not."""

import cv2
import numpy as np
import pytest

from retouch_engine.analysis import Analysis
from retouch_engine.retoucher import Recipe, Retoucher, as_photo, group_decisions
from tests.support.portraits import large_astronaut, painted_astronaut

# Where no spot was painted, beside the chin, in pixels of the sample.
NEW_SPOT = (480.0, 322.0)


def taken(pixels: np.ndarray, scale: float, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the photo from another distance and at another angle, and the map (2, 3) to it."""
    matrix = cv2.getRotationMatrix2D((450.0, 280.0), degrees, scale)
    matrix[:, 2] += np.array([450.0, 400.0]) - (450.0, 280.0)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.warpAffine(pixels, matrix, (900, 900), flags=how), matrix


def with_a_new_spot(pixels: np.ndarray) -> np.ndarray:
    ys, xs = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    distance = np.hypot(ys - NEW_SPOT[1], xs - NEW_SPOT[0])
    share = np.clip(1.5 - distance / 4, 0, 1)[..., None]
    return np.rint(pixels + share * (np.array([150, 50, 60]) - pixels) * 0.8).astype(np.uint8)


def place_in(matrix: np.ndarray, x: float, y: float) -> tuple[float, float]:
    moved = matrix @ np.array([x, y, 1.0])
    return float(moved[0]), float(moved[1])


VIEWS = ((1.0, 0.0), (1.4, 12.0), (0.9, -9.0))


@pytest.fixture(scope="module")
def shots(retoucher: Retoucher) -> list[tuple[Analysis, np.ndarray]]:
    """Return analyses of three photos and the maps to them; the new spot is in the second alone."""
    found = []
    for number, view in enumerate(VIEWS):
        pixels = painted_astronaut()[0]
        pixels = with_a_new_spot(pixels) if number == 1 else pixels
        photo, matrix = taken(pixels, *view)
        found.append((retoucher.analyse(as_photo(photo)), matrix))
    return found


def test_a_new_spot_goes_and_the_lasting_ones_stay(
    shots: list[tuple[Analysis, np.ndarray]],
) -> None:
    decisions = group_decisions([analysis for analysis, _ in shots])
    analysis, matrix = shots[1]
    new = analysis.mark_at(*place_in(matrix, *NEW_SPOT), radius=4.0)
    assert new is not None
    assert decisions[1][new.id] == "remove"
    first = shots[0][0]
    sure = [mark.id for mark in first.marks if mark.confidence > 0.45]
    kept = [decisions[0].get(number) == "keep" for number in sure]
    assert len(sure) >= 10
    assert np.mean(kept) >= 0.75


def test_marks_decided_alike_lie_at_the_same_places(
    shots: list[tuple[Analysis, np.ndarray]],
) -> None:
    decisions = group_decisions([analysis for analysis, _ in shots])
    (first, back), (second, there) = shots[:2]
    between = (np.vstack([there, [0, 0, 1]]) @ np.linalg.inv(np.vstack([back, [0, 0, 1]])))[:2]
    kept, lasting = (
        [mark for mark in analysis.marks if chosen.get(mark.id) == "keep"]
        for analysis, chosen in zip((second, first), decisions[1::-1], strict=True)
    )
    places = [place_in(between, mark.x, mark.y) for mark in lasting]
    near = [min(np.hypot(m.x - x, m.y - y) for x, y in places) <= m.radius for m in kept]
    assert np.mean(near) >= 0.9


def test_the_decisions_are_what_a_rendition_takes(
    retoucher: Retoucher, shots: list[tuple[Analysis, np.ndarray]]
) -> None:
    pixels = taken(with_a_new_spot(painted_astronaut()[0]), *VIEWS[1])[0]
    analysis, matrix = shots[1]
    decisions = group_decisions([analysis for analysis, _ in shots])[1]
    result = retoucher.render(as_photo(pixels), analysis, Recipe(), decisions).srgb
    changed = (result != pixels).any(axis=2)
    (layer,) = analysis.layers
    x0, y0, x1, y1 = layer.box
    for mark in analysis.marks:
        where = np.zeros_like(changed)
        where[y0:y1, x0:x1] = layer.labels == mark.id
        if decisions.get(mark.id) == "keep":
            assert not changed[where].any()
    x, y = map(round, place_in(matrix, *NEW_SPOT))
    assert changed[y, x]


def test_a_clean_second_photo_of_the_same_face_removes_everything(retoucher: Retoucher) -> None:
    spotted = retoucher.analyse(as_photo(painted_astronaut()[0]))
    clean = retoucher.analyse(as_photo(taken(large_astronaut(), 1.2, 8)[0]))
    decisions = group_decisions([spotted, clean])[0]
    assert list(decisions.values()).count("remove") > 0.6 * len(spotted.marks)
