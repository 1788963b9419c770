"""One person in several photos: what returns stays, what is there once goes."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from retouch_engine.composition import FaceLayers, Mark, group_decisions
from retouch_engine.faces import FaceFinder
from tests.support.portraits import large_astronaut

# Places on the face, in shares of the width and height of its landmarks.
CHEEK, FOREHEAD, CHIN, OTHER_CHEEK = (0.25, 0.55), (0.5, 0.12), (0.5, 0.9), (0.78, 0.6)
Pose = Callable[[np.ndarray], np.ndarray]


@lru_cache(maxsize=1)
def landmarks() -> np.ndarray:
    """Return the astronaut's landmarks, moved so that the face's middle is at 0, 0."""
    points = FaceFinder().find(large_astronaut())[0].landmarks
    return points - (points.min(axis=0) + points.max(axis=0)) / 2


def seen_from(
    degrees: float = 0, scale: float = 1, roll: float = 0, to: tuple[float, float] = (600, 600)
) -> Pose:
    """Return the pose of a head, a cylinder, turned, rolled, scaled and moved."""

    def pose(points: np.ndarray) -> np.ndarray:
        radius = 0.55 * np.ptp(landmarks()[:, 0])
        angle = np.arcsin(np.clip(points[:, 0] / radius, -1, 1)) + np.radians(degrees)
        turned = np.stack([radius * np.sin(angle), points[:, 1]], axis=1)
        cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        return scale * turned @ np.array([[cos, sin], [-sin, cos]]) + np.array(to)

    return pose


def face(pose: Pose, *places: tuple[float, float], noise: float = 0.0, seed: int = 0) -> FaceLayers:
    """Return a face with marks, ids from 1; noise: of landmarks, as a share of its width."""
    low, high = landmarks().min(axis=0), landmarks().max(axis=0)
    inside = np.array(places, float).reshape(-1, 2) * (high - low) + low
    random = np.random.default_rng(seed)
    seen, centres = pose(landmarks()), pose(inside)
    scale = np.ptp(seen[:, 1]) / np.ptp(landmarks()[:, 1])
    seen = seen + random.normal(0, noise * np.ptp(seen[:, 0]), seen.shape)
    box = (*(np.floor(seen.min(axis=0)).astype(int) - 20), *(seen.max(axis=0).astype(int) + 20))
    size = (box[3] - box[1], box[2] - box[0])
    marks = tuple(
        Mark(number, 0, float(x), float(y), 4 * float(scale), "blemish", 0.9)
        for number, (x, y) in enumerate(centres, start=1)
    )
    nothing = np.zeros(size, np.uint16)
    skin = np.full((size[0] // 2, size[1] // 2), 255, np.uint8)
    return FaceLayers(
        tuple(map(int, box)), np.zeros((*size, 3), np.uint8), nothing, marks, skin, {},
        seen.astype(np.float32),
    )  # fmt: skip


def decided(faces: list[FaceLayers | None]) -> list[dict[int, str]]:
    return group_decisions([[] if face is None else [face] for face in faces])


POSES = {
    "the same": [seen_from(), seen_from(), seen_from()],
    "moved": [seen_from(), seen_from(to=(300, 900)), seen_from(to=(2000, 150))],
    "scaled": [seen_from(), seen_from(scale=4), seen_from(scale=0.4)],
    "rolled": [seen_from(), seen_from(roll=35), seen_from(roll=-80)],
    "turned": [seen_from(-20), seen_from(), seen_from(20)],
    "all at once": [seen_from(-12, 2, 30), seen_from(3, 0.6), seen_from(15, 1.3, -20, (900, 400))],
}


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("poses", POSES.values(), ids=POSES.keys())
def test_what_is_seen_in_most_photos_is_kept_and_what_one_shows_goes(
    poses: list[Pose], noise: float
) -> None:
    first = face(poses[0], CHEEK, FOREHEAD, noise=noise, seed=1)
    second = face(poses[1], CHEEK, OTHER_CHEEK, noise=noise, seed=2)
    third = face(poses[2], CHEEK, noise=noise, seed=3)
    assert decided([first, second, third]) == [
        {1: "keep", 2: "remove"},
        {1: "keep", 2: "remove"},
        {1: "keep"},
    ]


def test_the_order_of_the_photos_and_of_their_marks_does_not_matter() -> None:
    first, second, third = face(seen_from(), CHEEK, CHIN), face(seen_from(10), CHIN, CHEEK), face(
        seen_from(scale=2), FOREHEAD
    )  # fmt: skip
    assert decided([first, second, third]) == [
        {1: "keep", 2: "keep"},
        {1: "keep", 2: "keep"},
        {1: "remove"},
    ]
    assert decided([third, second, first])[::-1] == decided([first, second, third])


def test_two_sightings_of_four_are_left_to_the_marks_own_default() -> None:
    faces = [
        face(seen_from(), CHEEK),
        face(seen_from(5), CHEEK),
        face(seen_from()),
        face(seen_from()),
    ]
    assert decided(faces) == [{}, {}, {}, {}]
    assert decided(faces[:3]) == [{1: "keep"}, {1: "keep"}, {}]


def test_a_photo_alone_and_no_photo_decide_nothing() -> None:
    assert decided([]) == []
    assert decided([face(seen_from(), CHEEK)]) == [{}]
    assert decided([face(seen_from(), CHEEK), None]) == [{}, {}]


def test_photos_without_a_mark_vote_all_the_same() -> None:
    assert decided([face(seen_from(), CHEEK), face(seen_from())]) == [{1: "remove"}, {}]


def test_an_analysis_without_landmarks_has_no_say() -> None:
    blind = replace(face(seen_from(), CHEEK), landmarks=None)
    assert decided([face(seen_from(), CHEEK), blind]) == [{}, {}]


def test_a_place_under_hair_does_not_vote() -> None:
    covered = face(seen_from())
    assert covered.skin is not None
    covered.skin[:, : covered.skin.shape[1] // 2] = 0
    assert decided([face(seen_from(), CHEEK, OTHER_CHEEK), covered])[0] == {2: "remove"}


def test_a_place_outside_of_the_box_does_not_vote() -> None:
    whole = face(seen_from(), CHEEK, OTHER_CHEEK)
    x0, y0, x1, y1 = whole.box
    middle = (x0 + x1) // 2
    cut = replace(
        face(seen_from()), box=(middle, y0, x1, y1), labels=whole.labels[:, middle - x0 :]
    )
    assert decided([whole, cut])[0] == {2: "remove"}


def test_a_cheek_that_is_turned_away_does_not_vote() -> None:
    frontal = face(seen_from(), (0.08, 0.55), OTHER_CHEEK)
    assert decided([frontal, face(seen_from(-55))])[0] == {2: "remove"}
    assert decided([frontal, face(seen_from(55))])[0].get(1) == "remove"


def test_a_face_too_small_to_show_a_mark_does_not_vote() -> None:
    assert decided([face(seen_from(), CHEEK), face(seen_from(scale=0.2))])[0] == {}


def test_a_mark_on_the_neck_cannot_be_told() -> None:
    neck = (0.5, 1.4)
    faces = [face(seen_from(), neck, CHEEK), face(seen_from(roll=20), CHEEK)]
    assert decided(faces) == [{2: "keep"}, {1: "keep"}]


def test_a_new_spot_between_freckles_is_not_taken_for_one_of_them() -> None:
    freckles = [(0.22 + 0.05 * k, 0.5 + 0.04 * (k % 2)) for k in range(6)]
    pimple = (0.27, 0.515)
    faces = [
        face(pose, *freckles, *(pimple,) * (number == 0))
        for number, pose in enumerate((seen_from(), seen_from(8), seen_from(roll=10)))
    ]
    first, second, third = decided(faces)
    assert second == third == dict.fromkeys(range(1, 7), "keep")
    assert first == {**second, 7: "remove"}


def test_where_another_mark_covers_the_place_a_photo_does_not_vote() -> None:
    spotted = face(seen_from(), CHEEK, FOREHEAD)
    merged = face(seen_from(roll=10))
    merged.labels[merged.labels.shape[0] * 2 // 5 :] = 9
    assert decided([spotted, merged])[0] == {2: "remove"}


def test_in_a_mirrored_photo_no_mark_gets_a_say() -> None:
    def mirrored(points: np.ndarray) -> np.ndarray:
        return points * [-1, 1] + 600

    faces = [face(seen_from(), CHEEK), face(mirrored, CHEEK, FOREHEAD)]
    assert "remove" not in decided(faces)[0].values()
