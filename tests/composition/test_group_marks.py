"""What one person has on every photo stays, what is on a single one goes."""

import numpy as np
import pytest

from retouch_engine.composition import FaceLayers, Mark, group_decisions


def face(
    spots: dict[int, tuple[float, float]],
    *,
    scale: float = 1.0,
    angle: float = 0.0,
    noise: float = 0.0,
    hidden: tuple[float, float] | None = None,
    seed: int = 0,
) -> FaceLayers:
    """Return a face of 400 pixels' width at (0, 0) .. (400, 500), turned, scaled and moved."""
    ys, xs = np.mgrid[0:500:20j, 0:400:16j]
    landmarks = np.column_stack([xs.ravel(), ys.ravel()])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    rng = np.random.default_rng(seed)
    moved = landmarks @ turn.T + (700, 600) + rng.normal(0, noise * scale, landmarks.shape)
    low, high = moved.min(axis=0).astype(int) - 20, moved.max(axis=0).astype(int) + 20
    marks = []
    for number, place in spots.items():
        x, y = turn @ np.array(place) + (700, 600)
        marks.append(Mark(number, 0, float(x), float(y), 4.0 * scale, "blemish", 0.9))
    skin = np.full((100, 100), 255, np.uint8)
    if hidden is not None:
        x, y = (turn @ np.array(hidden) + (700, 600) - low) / (high - low) * 100
        skin[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4] = 0
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    empty = np.zeros((1, 1), np.uint16)
    return FaceLayers(
        box, np.zeros((1, 1, 3), np.uint8), empty, tuple(marks), skin, {},
        moved.astype(np.float32),
    )  # fmt: skip


MOLE, PIMPLE = (120.0, 300.0), (260.0, 180.0)
POSES = [
    {"scale": 1.0, "angle": 0.0},
    {"scale": 2.5, "angle": 0.4},
    {"scale": 0.5, "angle": -0.7},
]


def test_a_mark_on_most_photos_is_kept_and_one_on_a_single_photo_is_removed() -> None:
    photos = [
        [face({1: MOLE, 2: PIMPLE}, **POSES[0])],
        [face({7: MOLE}, **POSES[1])],
        [face({3: MOLE}, **POSES[2])],
    ]
    assert group_decisions(photos) == [{1: "keep", 2: "remove"}, {7: "keep"}, {3: "keep"}]


def test_landmarks_that_shake_a_little_do_not_matter() -> None:
    photos = [[face({1: MOLE, 2: PIMPLE}, noise=2.0, seed=k, **POSES[k])] for k in range(3)]
    assert group_decisions(photos) == [{1: "keep", 2: "keep"}] * 3


def test_neighbours_at_different_places_are_different_marks() -> None:
    beside = (MOLE[0] + 20, MOLE[1])
    photos = [[face({1: MOLE}, **POSES[0])], [face({1: beside}, **POSES[1])]]
    assert group_decisions(photos) == [{1: "remove"}, {1: "remove"}]


def test_a_photo_that_hides_the_place_does_not_vote() -> None:
    photos = [
        [face({1: MOLE})],
        [face({}, hidden=MOLE, **POSES[1])],
        [face({}, hidden=MOLE, **POSES[2])],
    ]
    assert group_decisions(photos) == [{}, {}, {}]
    photos[1] = [face({4: MOLE}, **POSES[1])]
    assert group_decisions(photos) == [{1: "keep"}, {4: "keep"}, {}]


def test_a_mark_on_two_of_five_photos_is_left_to_its_own_default() -> None:
    seen = [face({1: MOLE}, scale=s) for s in (1.0, 1.5)]
    others = [face({}, scale=s) for s in (0.8, 1.2, 2.0)]
    assert group_decisions([[one] for one in (*seen, *others)]) == [{}, {}, {}, {}, {}]


@pytest.mark.parametrize("photos", [[], [[]], [[face({1: MOLE})]], [[face({1: MOLE})], []]])
def test_one_face_is_no_group(photos: list[list[FaceLayers]]) -> None:
    assert group_decisions(photos) == [{} for _ in photos]


def test_of_several_faces_the_largest_one_counts() -> None:
    bystander = face({9: PIMPLE}, scale=0.3)
    photos = [[bystander, face({1: MOLE})], [face({2: MOLE}, **POSES[1])]]
    assert group_decisions(photos) == [{1: "keep"}, {2: "keep"}]
