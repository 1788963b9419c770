"""The painter paints seeded spots on skin alone and knows exactly where."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.synthesis import KINDS, Painter, PainterConfig, to_density, to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN, pigment
from retouch_engine.synthesis.lesions import FRECKLE, MOLE, PAINTERS


@pytest.fixture
def skin() -> np.ndarray:
    mask = np.zeros((512, 512), np.float32)
    mask[90:180, 180:260] = 1.0
    return mask


def always(**values: object) -> PainterConfig:
    return PainterConfig(clean_probability=0.0, **values)  # type: ignore[arg-type]


def test_density_and_back_is_exact_for_every_value() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = np.repeat(values[..., None], 3, axis=2)
    assert np.array_equal(to_image(to_density(image)), image)


def test_the_same_seed_paints_the_same_picture(skin: np.ndarray) -> None:
    first = Painter().paint(astronaut(), skin, 110, np.random.default_rng(4))
    second = Painter().paint(astronaut(), skin, 110, np.random.default_rng(4))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.kinds, second.kinds)


def test_another_seed_paints_another_picture(skin: np.ndarray) -> None:
    first = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(4))
    second = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(5))
    assert not np.array_equal(first.image, second.image)


def test_nothing_outside_the_skin_is_touched(skin: np.ndarray) -> None:
    painted = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(1))
    assert np.array_equal(painted.image[skin == 0], astronaut()[skin == 0])
    assert not painted.edited[skin == 0].any()
    assert not painted.kinds[skin == 0].any()


def test_something_is_painted_and_the_truth_says_where(skin: np.ndarray) -> None:
    painted = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(1))
    changed = (painted.image != astronaut()).any(axis=2)
    assert changed.sum() > 50
    assert (painted.density[changed] > 0).all()
    assert not changed[painted.density == 0].any()


def test_every_edited_pixel_has_a_kind(skin: np.ndarray) -> None:
    painted = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(2))
    assert (painted.kinds[painted.edited > 0] > 0).all()


def test_a_face_without_skin_stays_as_it_is() -> None:
    nothing = np.zeros((512, 512), np.float32)
    painted = Painter(always()).paint(astronaut(), nothing, 110, np.random.default_rng(0))
    assert np.array_equal(painted.image, astronaut())


@pytest.mark.parametrize("name", sorted(PAINTERS))
def test_each_spot_follows_the_size_of_the_face(name: str) -> None:
    small = PAINTERS[name](200.0, 0.0, np.random.default_rng(3))
    large = PAINTERS[name](800.0, 0.0, np.random.default_rng(3))
    assert (large.coverage > 0.5).sum() > 6 * (small.coverage > 0.5).sum()


@pytest.mark.parametrize("name", sorted(PAINTERS))
def test_each_spot_ends_inside_its_patch(name: str) -> None:
    for seed in range(30):
        density = PAINTERS[name](500.0, 1.0, np.random.default_rng(seed)).density
        border = np.concatenate([density[0], density[-1], density[:, 0], density[:, -1]])
        assert np.abs(border).max() < 0.05


def test_moles_and_freckles_have_kinds_of_their_own() -> None:
    rng = np.random.default_rng(0)
    assert PAINTERS["mole"](500.0, 0.0, rng).kind == MOLE == KINDS.index("mole")
    assert PAINTERS["freckle"](500.0, 0.0, rng).kind == FRECKLE == KINDS.index("freckle")


def test_a_mole_is_dark_and_at_least_one_percent_of_the_face_wide() -> None:
    for seed in range(20):
        mole = PAINTERS["mole"](500.0, 0.0, np.random.default_rng(seed))
        assert mole.density.max() > 0.6
        assert (mole.coverage > 0.5).any(axis=0).sum() >= 4


def test_blood_darkens_green_more_than_red_and_melanin_blue_most() -> None:
    rng = np.random.default_rng(0)
    red, green, blue = pigment(0.5, 0.0, rng)
    assert green > blue > red
    red, green, blue = MELANIN
    assert blue > green > red
    assert HAEMOGLOBIN[1] == 1.0


def test_clusters_and_severity_vary_between_faces(skin: np.ndarray) -> None:
    counts = [
        (Painter().paint(astronaut(), skin, 110, np.random.default_rng(s)).edited > 0.5).sum()
        for s in range(12)
    ]
    assert max(counts) > 3 * min(counts)
