"""The regions of a face lie where a person would look for them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from retouch_engine.faces import (
    REGIONS,
    Face,
    FaceFinder,
    celeba_regions,
    is_celeba_mask,
    mirrored_regions,
    read_celeba_parts,
    region_map,
    skin_mask,
    under_eye_map,
)
from retouch_engine.faces.regions import CELEBA_PARTS, merge_celeba_parts
from tests.support.portraits import large_astronaut

# Landmarks that nobody would place elsewhere; left and right are the person's.
PLACES = {
    "forehead": 9, "nose": 4, "left_cheek": 425, "right_cheek": 205, "chin": 200, "lips": 13,
    "brows": 105,
}  # fmt: skip


@pytest.fixture(scope="module")
def face() -> Face:
    return FaceFinder().find(large_astronaut())[0]


@pytest.fixture(scope="module")
def regions(face: Face) -> np.ndarray:
    return region_map(face.landmarks, skin_mask(large_astronaut(), face.landmarks))


def name_at(regions: np.ndarray, x: float, y: float) -> str:
    return REGIONS[regions[round(float(y)), round(float(x))]]


@pytest.mark.parametrize("name", PLACES)
def test_a_landmark_lies_in_its_region(name: str, regions: np.ndarray, face: Face) -> None:
    assert name_at(regions, *face.landmarks[PLACES[name]]) == name


def test_eyes_neck_and_background_are_told_apart(regions: np.ndarray, face: Face) -> None:
    for corners in ((33, 133), (362, 263)):
        assert name_at(regions, *face.landmarks[list(corners)].mean(axis=0)) == "eyes"
    assert "neck" in {REGIONS[number] for number in np.unique(regions[355:])}
    assert not regions[:, :250].any()
    assert not regions[:80].any()


def test_the_persons_left_cheek_is_on_the_pictures_right(regions: np.ndarray) -> None:
    left, right = (
        np.nonzero(regions == REGIONS.index(n))[1] for n in ("left_cheek", "right_cheek")
    )
    assert left.mean() > right.mean() + 50


def test_the_map_turns_with_the_head(regions: np.ndarray, face: Face) -> None:
    matrix = cv2.getRotationMatrix2D((450, 250), 25, 1.0)
    points = (face.landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    skin = skin_mask(large_astronaut(), face.landmarks)
    size = (1024, 1024)
    turned = region_map(points, cv2.warpAffine(skin, matrix, size))
    expected = cv2.warpAffine(regions, matrix, size, flags=cv2.INTER_NEAREST)
    somewhere = (turned > 0) | (expected > 0)
    assert (turned == expected)[somewhere].mean() > 0.95


def test_mirroring_exchanges_left_and_right_alone() -> None:
    numbers = np.arange(len(REGIONS), dtype=np.uint8)[None]
    names = [REGIONS[number] for number in mirrored_regions(numbers)[0]]
    swapped = {"left_cheek": "right_cheek", "right_cheek": "left_cheek"}
    assert names == [swapped.get(name, name) for name in REGIONS]


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((100, 100), np.uint8)
    mask[y0:y1, x0:x1] = 255
    return mask


@pytest.fixture
def parts() -> dict[str, np.ndarray]:
    return {
        "skin": rectangle(20, 10, 80, 90),
        "nose": rectangle(45, 40, 55, 60),
        "l_eye": rectangle(60, 38, 70, 42),
        "r_eye": rectangle(30, 38, 40, 42),
        "l_brow": rectangle(58, 30, 72, 33),
        "r_brow": rectangle(28, 30, 42, 33),
        "u_lip": rectangle(40, 68, 60, 71),
        "l_lip": rectangle(40, 71, 60, 74),
        "hair": rectangle(20, 10, 80, 20),
        "neck": rectangle(35, 88, 65, 100),
    }


def test_parts_merge_in_the_published_order(parts: dict[str, np.ndarray]) -> None:
    merged = merge_celeba_parts(parts)
    published = {
        (5, 5): 0, (25, 50): 1, (50, 50): 2, (65, 40): 4, (50, 69): 11, (50, 72): 12, (50, 15): 13,
        (50, 89): 17,
    }  # fmt: skip
    assert {(x, y): merged[y, x] for x, y in published} == published
    assert CELEBA_PARTS.index("cloth") + 1 == 18


def test_celeba_parts_give_the_same_regions(parts: dict[str, np.ndarray]) -> None:
    regions = celeba_regions(parts)
    wanted = {
        (50, 25): "forehead", (50, 50): "nose", (70, 55): "left_cheek", (30, 55): "right_cheek",
        (50, 80): "chin", (65, 40): "eyes", (65, 31): "brows", (50, 70): "lips", (50, 95): "neck",
        (50, 15): "background", (5, 5): "background",
    }  # fmt: skip
    assert {place: name_at(regions, *place) for place in wanted} == wanted


def test_part_masks_are_read_beside_the_skins(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    for name, mask in parts.items():
        cv2.imwrite(str(tmp_path / f"00007_{name}.png"), mask)
    cv2.imwrite(str(tmp_path / "00008_hat.png"), parts["hair"])
    skin = tmp_path / "00007_skin.png"
    assert is_celeba_mask(skin)
    assert not is_celeba_mask(tmp_path / "0_1.png")
    read = read_celeba_parts(skin)
    assert read.keys() == parts.keys()
    assert np.array_equal(celeba_regions(read), celeba_regions(parts))
    (tmp_path / "00007_hat.png").write_bytes(b"no picture")
    with pytest.raises(OSError, match=r"00007_hat\.png is no picture"):
        read_celeba_parts(skin)


def test_unknown_parts_and_several_sizes_are_refused(parts: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="'tail' is no part"):
        celeba_regions({**parts, "tail": parts["skin"]})
    with pytest.raises(ValueError, match="one size"):
        celeba_regions({**parts, "hat": np.zeros((50, 50), np.uint8)})


def test_shadows_lie_under_both_lower_lids_and_nowhere_else(
    face: Face, regions: np.ndarray
) -> None:
    under = under_eye_map(face.landmarks, regions.shape)
    assert 0 <= under.min() < 0.01
    assert 0.7 < under.max() <= 1
    width = face.box[2] - face.box[0]
    for lid, corner in ((145, 133), (374, 362)):
        x, y = face.landmarks[lid]
        eye = 2 * abs(float(face.landmarks[corner][0] - x))
        assert under[round(y + 0.2 * eye), round(x)] > 0.5
        assert under[round(y + 1.0 * eye), round(x)] < 0.05
    assert under[regions == REGIONS.index("lips")].max() < 0.01
    assert under.sum() < 0.1 * width**2


def test_the_map_of_shadows_grows_with_the_picture(face: Face, regions: np.ndarray) -> None:
    small = under_eye_map(face.landmarks / 2, (512, 512))
    large = cv2.resize(under_eye_map(face.landmarks, (1024, 1024)), (512, 512))
    assert np.abs(small - large).mean() < 0.002
