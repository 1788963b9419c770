"""The painter paints seeded spots on skin alone and knows exactly where."""

import numpy as np
import pytest
from scipy.ndimage import label
from skimage.data import astronaut

from retouch_engine.synthesis import KINDS, Painter, PainterConfig, to_density, to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN, pigment
from retouch_engine.synthesis.lesions import FRECKLE, MOLE, PAINTERS
from retouch_engine.synthesis.outlines import blob, irregular_radius


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


def test_some_blemishes_are_faint_and_some_strong(skin: np.ndarray) -> None:
    painter = Painter(always(counts={"brown_spot": 4.0}, freckles_probability=0.0))
    peaks = []
    for seed in range(24):
        painted = painter.paint(astronaut(), skin, 110, np.random.default_rng(seed))
        spots, count = label(painted.edited > 0.5)
        peaks += [painted.density[spots == spot].max() for spot in range(1, count + 1)]
    assert np.percentile(peaks, 10) < 0.12
    assert np.percentile(peaks, 90) > 3 * np.percentile(peaks, 10)


def test_moles_and_freckles_are_never_fainter_than_they_are_drawn(skin: np.ndarray) -> None:
    painter = Painter(always(counts={"mole": 60.0}, freckles_probability=0.0))
    for seed in range(8):
        painted = painter.paint(astronaut(), skin, 110, np.random.default_rng(seed))
        assert painted.density.max() > 0.5


def test_every_edited_pixel_has_a_kind(skin: np.ndarray) -> None:
    painted = Painter(always()).paint(astronaut(), skin, 110, np.random.default_rng(2))
    assert (painted.kinds[painted.edited > 0] > 0).all()


def test_a_face_without_skin_stays_as_it_is() -> None:
    nothing = np.zeros((512, 512), np.float32)
    painted = Painter(always()).paint(astronaut(), nothing, 110, np.random.default_rng(0))
    assert np.array_equal(painted.image, astronaut())


@pytest.mark.parametrize("name", sorted(PAINTERS))
def test_each_spot_follows_the_size_of_the_face(name: str) -> None:
    small, large = (
        sum(
            (PAINTERS[name](width, 0.0, np.random.default_rng(seed)).coverage > 0.5).sum()
            for seed in range(10)
        )
        for width in (200.0, 800.0)
    )
    assert large > 6 * small


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
        assert mole.density.max() > 0.4
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


def pieces(roughness: float) -> int:
    """Count the parts that twenty spots of 81 x 81 pixels fall into."""
    spots = [
        blob(40, 14.0, 0.2, 0.2, np.random.default_rng(seed), roughness) > 0.5 for seed in range(20)
    ]
    return sum(label(spot)[1] for spot in spots)


def test_a_rough_spot_is_torn_and_a_smooth_one_is_whole() -> None:
    assert pieces(0.0) == 20
    assert pieces(1.0) > 30


def test_an_outline_turns_with_the_angle() -> None:
    smooth = irregular_radius(10.0, 0.3, 0.0, np.random.default_rng(2))
    rough = irregular_radius(10.0, 0.3, 1.0, np.random.default_rng(2))
    assert np.abs(np.diff(smooth)).max() < 1.0
    assert np.abs(np.diff(rough)).max() > 1.0
    assert abs(smooth[0] - smooth[-1]) < 1.0


def test_crowded_spots_leave_areas_free() -> None:
    skin = np.ones((256, 256), np.float32)
    image = np.full((256, 256, 3), 150, np.uint8)
    free = []
    for probability in (0.0, 1.0):
        config = PainterConfig(
            clean_probability=0.0, crowding_probability=probability, freckles_probability=1.0
        )
        painted = [
            Painter(config).paint(image, skin, 300, np.random.default_rng(seed)).edited > 0
            for seed in range(20)
        ]
        cells = [mask.reshape(8, 32, 8, 32).any(axis=(1, 3)) for mask in painted]
        free.append(np.mean([1 - cell.mean() for cell in cells]))
    assert free[1] > free[0] + 0.1
