"""The detector finds what generators add, and stays silent on clean retouches."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.composition.artefacts import find_artefacts

FACE_WIDTH = 220.0
SIZE = 240


def portrait() -> np.ndarray:
    """Return a face twice as large as the sample's, so that artefacts have room."""
    face = astronaut()[20:140, 165:285].astype(np.float64)
    return np.rint(np.kron(face, np.ones((2, 2, 1)))).astype(np.uint8)


def gaussian(y: float, x: float, sigma: float) -> np.ndarray:
    ys, xs = np.mgrid[:SIZE, :SIZE]
    return np.exp(-0.5 * ((ys - y) ** 2 + (xs - x) ** 2) / sigma**2)[..., None]


def spotted() -> np.ndarray:
    spots = sum(gaussian(y, x, 4) for y, x in ((90, 80), (150, 110), (60, 130), (140, 160)))
    return added(-45 * spots * [0.4, 1.0, 0.8])


def added(change: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(portrait() + change), 0, 255).astype(np.uint8)


def found(result: np.ndarray) -> tuple[str, ...]:
    return find_artefacts(spotted(), result, portrait(), FACE_WIDTH).found


def test_doing_nothing_a_perfect_and_a_half_retouch_are_clean() -> None:
    half = np.rint((spotted().astype(float) + portrait()) / 2).astype(np.uint8)
    for result in (spotted(), portrait(), half):
        assert found(result) == ()


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_light_or_dark_patch_is_a_droplet_and_its_place_is_told(sign: int) -> None:
    artefacts = find_artefacts(
        spotted(), added(sign * 55 * gaussian(130, 70, 5)), portrait(), FACE_WIDTH
    )
    assert artefacts.found == ("droplet",)
    assert abs(artefacts.droplet.place[0] - 70) <= 4
    assert abs(artefacts.droplet.place[1] - 130) <= 4


def test_a_noisy_patch_is_found() -> None:
    noise = np.random.default_rng(0).normal(0, 20, (SIZE, SIZE, 3))
    artefacts = find_artefacts(
        spotted(), added(noise * gaussian(60, 120, 12)), portrait(), FACE_WIDTH
    )
    assert "noise" in artefacts.found
    assert abs(artefacts.noise.place[0] - 120) <= 12


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_checkerboard_of_each_stride_is_found(period: int) -> None:
    ys, xs = np.mgrid[:SIZE, :SIZE]
    board = np.where((ys * 2 // period + xs * 2 // period) % 2, 2.0, -2.0)[..., None]
    assert "checkerboard" in found(added(board))


def test_the_strength_of_a_wave_is_its_amplitude() -> None:
    wave = np.broadcast_to(np.sin(np.pi / 2 * np.arange(SIZE))[None, :, None], (SIZE, SIZE, 3))
    artefacts = find_artefacts(portrait(), added(6 * wave), portrait(), FACE_WIDTH)
    assert artefacts.checkerboard.strength == pytest.approx(6.0, rel=0.2)


def test_grain_is_no_checkerboard() -> None:
    grain = np.random.default_rng(1).normal(0, 3, (SIZE, SIZE, 3))
    assert "checkerboard" not in found(added(grain))


def test_a_pattern_that_the_photo_has_itself_is_no_finding() -> None:
    ys, xs = np.mgrid[:SIZE, :SIZE]
    board = np.where((ys + xs) % 2, 4.0, -4.0)[..., None]
    source = np.clip(spotted() + board, 0, 255).astype(np.uint8)
    result = added(board)
    assert find_artefacts(source, result, result, FACE_WIDTH).found == ()


@pytest.mark.parametrize("axis", [0, 1])
def test_a_straight_border_of_a_tile_is_a_seam(axis: int) -> None:
    tile = np.zeros((SIZE, SIZE, 1))
    tile[tuple(slice(100, None) if a == axis else slice(None) for a in (0, 1))] = 4.0
    artefacts = find_artefacts(spotted(), added(tile), portrait(), FACE_WIDTH)
    assert artefacts.found == ("seam",)
    assert artefacts.seam.place[1 - axis] == 99


def test_a_soft_border_is_no_seam() -> None:
    ramp = np.clip((np.arange(SIZE) - 90) / 40, 0, 1)[None, :, None] * 6.0
    assert "seam" not in found(added(ramp))


def test_sizes_that_differ_and_tiny_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="sizes differ"):
        find_artefacts(portrait(), portrait()[:100], portrait(), FACE_WIDTH)
    tiny = np.zeros((20, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 32 x 32"):
        find_artefacts(tiny, tiny, tiny, FACE_WIDTH)
