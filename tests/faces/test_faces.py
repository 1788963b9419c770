"""Faces are found at every size, and the skin mask holds skin alone."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut, coffee

from retouch_engine.faces import (
    Face,
    FaceFinder,
    FaceModelError,
    face_crop,
    models,
    resize_to_photo,
    resize_to_working,
    skin_mask,
)
from tests.support.portraits import large_astronaut


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def face(finder: FaceFinder) -> Face:
    return finder.find(large_astronaut())[0]


@pytest.fixture(scope="module")
def mask(face: Face) -> np.ndarray:
    return skin_mask(large_astronaut(), face.landmarks)


def at(mask: np.ndarray, face: Face, index: int) -> float:
    x, y = face.landmarks[index]
    return float(mask[round(float(y)), round(float(x))])


def test_landmarks_lie_on_the_eyes(face: Face) -> None:
    # the astronaut's eyes at 1024 pixels, read off by eye
    for indices, expected in (((33, 133), (407, 203)), ((362, 263), (494, 207))):
        middle = face.landmarks[list(indices)].mean(axis=0)
        assert np.abs(middle - expected).max() < 8


@pytest.mark.parametrize("width", [64, 90, 200])
def test_small_faces_in_a_large_photo_are_found(finder: FaceFinder, width: int) -> None:
    scale = width / 97.0
    small = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    photo = np.full((1400, 2000, 3), 120, np.uint8)
    photo[600 : 600 + small.shape[0], 900 : 900 + small.shape[1]] = small[
        : 1400 - 600, : 2000 - 900
    ]
    faces = finder.find(photo)
    assert len(faces) == 1
    assert faces[0].box[2] - faces[0].box[0] == pytest.approx(width, rel=0.25)


def test_a_face_that_fills_the_frame_is_found(finder: FaceFinder) -> None:
    close = np.ascontiguousarray(large_astronaut()[100:380, 320:560])
    assert len(finder.find(close)) == 1


def test_several_faces_are_found_largest_first(finder: FaceFinder) -> None:
    photo = np.full((1024, 1600, 3), 90, np.uint8)
    photo[:, :1024] = large_astronaut()
    photo[300:812, 1060:1572] = astronaut()
    faces = finder.find(photo)
    assert len(faces) == 2
    assert faces[0].box[0] < 1024 < faces[1].box[0]


@pytest.mark.parametrize("degrees", [-25, 20])
def test_a_tilted_head_is_found(finder: FaceFinder, degrees: int) -> None:
    matrix = cv2.getRotationMatrix2D((450, 250), degrees, 1.0)
    tilted = cv2.warpAffine(large_astronaut(), matrix, (1024, 1024))
    assert len(finder.find(np.asarray(tilted, np.uint8))) == 1


def test_pictures_without_a_face_have_none(finder: FaceFinder) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3)).astype(np.uint8)
    for picture in (noise, coffee(), np.full((40, 30, 3), 200, np.uint8)):
        assert finder.find(picture) == []


def test_the_mask_holds_the_cheeks(mask: np.ndarray, face: Face) -> None:
    assert all(at(mask, face, index) > 0.9 for index in (50, 280, 205, 425))


def test_the_mask_leaves_out_eyes_lips_and_brows(mask: np.ndarray, face: Face) -> None:
    assert all(at(mask, face, index) < 0.1 for index in (159, 386, 13, 14, 105, 334))


def test_the_mask_leaves_out_hair_and_background(mask: np.ndarray) -> None:
    assert mask[60, 430] < 0.1
    assert mask[:, :250].max() < 0.1


def test_a_fringe_over_the_forehead_is_not_skin(face: Face) -> None:
    crop = face_crop(face, (1024, 1024))
    region = np.ascontiguousarray(large_astronaut()[crop.y0 : crop.y1, crop.x0 : crop.x1])
    working = resize_to_working(region, crop)
    points = (face.landmarks - np.array([crop.x0, crop.y0], np.float32)) * crop.scale
    mask = skin_mask(working, points)
    cheek = working[round(float(points[50, 1])), round(float(points[50, 0]))].mean()
    brow, left, right = round(float(points[105, 1])), *points[[127, 356], 0].round().astype(int)
    forehead = (slice(brow - 120, brow), slice(left, right))
    hair = working[forehead].mean(axis=2) < 0.6 * cheek
    assert hair.mean() > 0.2
    assert mask[forehead][hair].mean() < 0.02


def test_a_wall_of_skin_colour_beside_the_face_is_not_skin(face: Face) -> None:
    cheek = face.landmarks[[50, 205]].round().astype(int)
    colour = np.median([large_astronaut()[y, x] for x, y in cheek], axis=0)
    wall = colour + np.random.default_rng(0).normal(0, 3, (1024, 1024, 3))
    photo = large_astronaut().copy()
    left, right = int(face.box[0]), int(face.box[2])
    for beside in (np.s_[:, :left], np.s_[:, right:]):
        photo[beside] = wall.clip(0, 255)[beside]
    mask = skin_mask(photo, face.landmarks)
    assert mask[:, : left - 4].mean() < 0.002
    assert mask[:, right + 4 :].mean() < 0.002
    assert at(mask, face, 50) > 0.9


def test_a_bald_crown_does_not_take_the_forehead_away(face: Face) -> None:
    photo = large_astronaut().copy()
    cheek = face.landmarks[[50, 205]].round().astype(int)
    colour = np.median([photo[y, x] for x, y in cheek], axis=0)
    middle = face.landmarks[9]
    skull = np.zeros((1024, 1024), np.uint8)
    width = float(face.box[2] - face.box[0])
    centre = (round(float(middle[0])), round(float(middle[1])))
    axes = (round(0.52 * width), round(0.75 * width))
    cv2.ellipse(skull, centre, axes, 0, 180, 360, 1, -1)
    photo[skull > 0] = colour
    mask = skin_mask(photo, face.landmarks)
    assert at(mask, face, 151) > 0.9
    assert at(mask, face, 10) > 0.9


def test_a_spot_on_the_cheek_stays_in_the_mask(face: Face) -> None:
    painted = large_astronaut().copy()
    x, y = (round(float(v)) for v in face.landmarks[50])
    cv2.circle(painted, (x, y), 3, (170, 85, 80), -1)
    assert skin_mask(painted, face.landmarks)[y, x] > 0.8


def test_a_monochrome_photo_has_skin_too(finder: FaceFinder) -> None:
    grey = np.repeat(cv2.cvtColor(large_astronaut(), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    face = finder.find(grey)[0]
    assert at(skin_mask(grey, face.landmarks), face, 50) > 0.9


def test_the_crop_holds_the_face_at_the_working_width(face: Face) -> None:
    crop = face_crop(face, (1024, 1024))
    assert crop.x0 < face.box[0]
    assert crop.y1 > face.box[3]
    assert crop.scale == 2.0
    region = large_astronaut()[crop.y0 : crop.y1, crop.x0 : crop.x1]
    working = resize_to_working(region, crop)
    assert working.shape[1::-1] == crop.working_size
    back = resize_to_photo(working.astype(np.float32), crop)
    assert np.abs(back - region).mean() < 2.0


def test_another_model_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.MODEL_SHA256, "face_landmark.tflite", "0" * 64)
    with pytest.raises(FaceModelError, match="not the expected file"):
        models.model_path("face_landmark.tflite")
