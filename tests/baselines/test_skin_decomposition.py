"""Skin decomposition takes spots of pigment out and leaves gradients, light and pores."""

import numpy as np
import pytest

from retouch_engine.baselines import SkinDecomposition
from retouch_engine.evaluation import psnr
from retouch_engine.faces import FaceFinder, skin_mask
from retouch_engine.synthesis import Painter, PainterConfig, to_density, to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN
from tests.support.portraits import large_astronaut

from .skins import FACE_WIDTH, SIZE, disc, skin

METHOD = SkinDecomposition()


def error(first: np.ndarray, second: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(first.astype(float) - second)[where].mean())


@pytest.mark.parametrize(("red", "brown"), [(0.35, 0.0), (0.0, 0.4), (0.3, 0.3)])
def test_a_spot_of_either_pigment_is_taken_out(red: float, brown: float) -> None:
    made = skin(red, brown)
    result = METHOD(made.image, made.mask, face_width=FACE_WIDTH)
    inside = made.spot > 0.9
    assert error(made.image, made.clean, inside) > 20
    assert error(result, made.clean, inside) < 0.25 * error(made.image, made.clean, inside)


def test_a_melanin_gradient_and_light_from_one_side_stay() -> None:
    made = skin()
    result = METHOD(made.image, made.mask, face_width=FACE_WIDTH).astype(float)
    for axis in (0, 1):
        change = (result - made.clean).mean(axis=(axis, 2))
        assert np.abs(change).max() < 1.5


def test_what_is_no_lesion_is_bit_equal() -> None:
    made = skin()
    result = METHOD(made.image, made.mask, face_width=FACE_WIDTH)
    changed = (result != made.image).any(axis=2)
    assert 0 < changed.sum() < 0.1 * SIZE * SIZE
    assert not changed[made.mask == 0].any()
    assert not changed[np.abs(np.arange(SIZE) - 160) > 145].any()


def test_pores_inside_the_spot_are_kept() -> None:
    made = skin()
    result = METHOD(made.image, made.mask, face_width=FACE_WIDTH)
    inside = made.spot > 0.9
    pores = made.clean[inside].astype(float).mean(axis=1)
    kept = result[inside].astype(float).mean(axis=1)
    assert np.corrcoef(pores, kept)[0, 1] > 0.9


def test_a_spot_goes_and_a_line_of_the_same_colour_stays() -> None:
    made = skin(red=0.0)
    line = np.zeros((SIZE, SIZE), np.float32)
    line[80:86, 60:170] = 1.0
    marked = np.maximum(line, disc(220, 220, 7))[..., None] * 0.35 * HAEMOGLOBIN
    image = to_image(to_density(made.image) + marked)
    result = METHOD(image, made.mask, face_width=FACE_WIDTH)
    assert np.array_equal(result[line > 0], image[line > 0])
    assert error(result, image, disc(220, 220, 6) > 0.9) > 15


def test_a_patch_wider_than_a_lesion_stays() -> None:
    made = skin(red=0.0)
    patch = disc(160, 160, 60)[..., None] * [0.05, 0.2, 0.16]
    flushed = np.rint(made.image * np.exp(-patch)).astype(np.uint8)
    result = METHOD(flushed, made.mask, face_width=FACE_WIDTH)
    middle = (slice(150, 170), slice(150, 170))
    assert error(result[middle], flushed[middle], np.ones((20, 20), bool)) < 1.0


def test_a_painted_real_face_comes_nearer_to_its_clean_original() -> None:
    clean = large_astronaut()
    face = FaceFinder().find(clean)[0]
    mask = skin_mask(clean, face.landmarks)
    width = face.box[2] - face.box[0]
    painter = Painter(PainterConfig(clean_probability=0.0))
    painted = painter.paint(clean, mask, width, np.random.default_rng(3)).image
    result = METHOD(painted, mask, face_width=width)
    assert psnr(result, clean) > psnr(painted, clean) + 1.0


def test_a_red_cloth_beside_the_skin_changes_nothing_of_it() -> None:
    made = skin()
    beside = made.image.copy()
    beside[made.mask == 0] = [180, 10, 10]
    skin_alone = METHOD(made.image, made.mask, face_width=FACE_WIDTH)
    result = METHOD(beside, made.mask, face_width=FACE_WIDTH)
    assert np.array_equal(result[made.mask > 0], skin_alone[made.mask > 0])
