"""The validation painter: seeded, on skin alone, labelled, and another hand than the training's."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes, label
from scipy.stats import ks_2samp
from skimage.data import astronaut
from skimage.measure import regionprops

from retouch_engine.evaluation import (
    PaintsSpots,
    ValidationFace,
    ValidationPainter,
    ValidationPainterConfig,
    painted_scores,
)
from retouch_engine.evaluation.metrics import srgb_to_lab
from retouch_engine.evaluation.validation_shapes import level_set, spectral_noise
from retouch_engine.evaluation.validation_spots import SPOTS, Scene
from retouch_engine.synthesis import KINDS, Painted, Painter, PainterConfig
from retouch_engine.synthesis.outlines import blob

SIDE = 320
SCENE = Scene(face_width=400.0, light=0.0, lightness=65.0)


def cheek(lightness: float = 1.0) -> np.ndarray:
    """Return flat skin with the grain of a photo."""
    grain = np.random.default_rng(9).normal(0, 1.5, (SIDE, SIDE, 3))
    return np.clip(np.array([214, 168, 142]) * lightness + grain, 0, 255).astype(np.uint8)


def skin() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[30:-30, 30:-30] = 1.0
    return mask


def paint(seed: int = 1, **values: object) -> Painted:
    config = ValidationPainterConfig(**values)  # type: ignore[arg-type]
    return ValidationPainter(config).paint(cheek(), skin(), 300, np.random.default_rng(seed))


def only(name: str, seed: int = 1) -> Painted:
    if name == "freckle":
        return paint(seed, counts={}, freckles_probability=1.0)
    return paint(seed, counts={name: 20.0}, freckles_probability=0.0)


def test_the_same_seed_paints_the_same_picture_and_another_does_not() -> None:
    first, second, third = paint(4), paint(4), paint(5)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.kinds, second.kinds)
    assert not np.array_equal(first.image, third.image)


def test_nothing_changes_outside_the_skin() -> None:
    painted = paint()
    bare = skin() == 0
    assert np.array_equal(painted.image[bare], cheek()[bare])
    assert not painted.density[bare].any()
    assert not painted.kinds[bare].any()


def test_the_density_is_that_of_the_picture() -> None:
    painted = paint()
    seen = np.abs(np.log((painted.image + 1.0) / (cheek() + 1.0))).max(axis=2)
    changed = painted.density > 0
    assert (painted.image != cheek()).any(axis=2)[changed].mean() > 0.5
    assert np.array_equal(painted.image[~changed], cheek()[~changed])
    rounding = 0.5 / (painted.image.min() + 0.5)
    assert np.abs(seen - painted.density).max() < rounding


def test_every_edited_pixel_has_a_kind_and_no_other_has() -> None:
    painted = paint()
    assert np.array_equal(painted.edited > 0, painted.kinds > 0)


@pytest.mark.parametrize("name", sorted(SPOTS))
def test_each_sort_is_visible_and_labelled_with_its_kind(name: str) -> None:
    painted = only(name)
    expected = {"mole": "mole", "freckle": "freckle"}.get(name, "blemish")
    assert (painted.density > 0.04).sum() > 20
    assert np.unique(painted.kinds).tolist() == [0, KINDS.index(expected)]


@pytest.mark.parametrize("name", sorted(SPOTS))
def test_each_spot_ends_inside_its_patch(name: str) -> None:
    for seed in range(15):
        shift = SPOTS[name](SCENE, np.random.default_rng(seed)).shift
        border = np.concatenate([shift[0], shift[-1], shift[:, 0], shift[:, -1]])
        assert np.abs(border[:, 0]).max() < 0.02
        assert np.abs(border[:, 1:]).max() < 1.0


def area(name: str, face_width: float, seed: int) -> int:
    shift = SPOTS[name](Scene(face_width, 0.0, 65.0), np.random.default_rng(seed)).shift
    return int((np.abs(shift).max(axis=2) > 0.1).sum())


@pytest.mark.parametrize("name", sorted(SPOTS))
def test_each_spot_follows_the_size_of_the_face(name: str) -> None:
    areas = [sum(area(name, width, seed) for seed in range(12)) for width in (250.0, 1000.0)]
    assert areas[1] > 7 * areas[0]


def change(name: str) -> np.ndarray:
    """Return the mean shift of CIELAB where a sort of spot was painted."""
    painted = only(name)
    difference = srgb_to_lab(painted.image) - srgb_to_lab(cheek())
    return difference[painted.density > 0.04].mean(axis=0)


def test_inflammation_is_red_and_pigment_dark_and_brown() -> None:
    for name in ("papule", "pustule", "erythema", "scratch"):
        assert change(name)[1] > 2.5, name
    for name in ("lentigo", "mole", "freckle"):
        lightness, red, _ = change(name)
        assert lightness < -3, name
        assert red < -lightness, name


def test_dark_skin_shows_less_red_of_the_same_papule() -> None:
    light, dark = (
        SPOTS["papule"](Scene(400.0, 0.0, lightness), np.random.default_rng(2)).shift
        for lightness in (70.0, 25.0)
    )
    assert dark[..., 1].max() < 0.5 * light[..., 1].max()
    assert dark[..., 0].min() < light[..., 0].min()


def test_a_face_without_skin_stays_as_it_is() -> None:
    nothing = np.zeros((SIDE, SIDE), np.float32)
    painted = ValidationPainter().paint(cheek(), nothing, 300, np.random.default_rng(0))
    assert np.array_equal(painted.image, cheek())
    assert not painted.kinds.any()


def test_a_spot_larger_than_the_picture_is_cut() -> None:
    small = np.ascontiguousarray(cheek()[:40, :40])
    painted = ValidationPainter(ValidationPainterConfig(counts={"erythema": 400.0})).paint(
        small, np.ones((40, 40), np.float32), 300, np.random.default_rng(0)
    )
    assert painted.kinds.shape == (40, 40)
    assert painted.kinds.any()


def test_painted_faces_can_be_scored_with_this_painter() -> None:
    face = ValidationFace("cheek", cheek(), skin(), 300.0)
    scores = painted_scores([face], lambda picture, _: picture, painter=ValidationPainter())
    assert scores[0][1].fixed_share == 0.0
    assert np.isfinite(scores[0][1].identity_psnr)


def test_spectral_noise_falls_as_its_power_law() -> None:
    noise = spectral_noise((256, 256), 256.0, 2.0, np.random.default_rng(0))
    power = np.abs(np.fft.fft2(noise))[0, 8:64] ** 2 + np.abs(np.fft.fft2(noise))[8:64, 0] ** 2
    slope = np.polyfit(np.log(np.arange(8, 64)), np.log(power), 1)[0]
    assert noise.std() == pytest.approx(1.0)
    assert slope == pytest.approx(-4.0, abs=0.7)


def returns(spots: list[np.ndarray]) -> int:
    """Count the rays from the middle of 81 x 81 masks that leave the spot and enter it again."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    rows, columns = (
        np.rint(40 + np.arange(38) * turn(angles)[:, None]).astype(int) for turn in (np.sin, np.cos)
    )
    return sum(int((np.diff(s[rows, columns].astype(int)) == 1).any(axis=1).sum()) for s in spots)


def test_level_sets_have_lobes_that_no_radius_around_the_middle_can_draw() -> None:
    seeds = [np.random.default_rng(seed) for seed in range(20)]
    lobed = returns([level_set(40, 14.0, 0.4, 0.1, rng) > 0.5 for rng in seeds])
    stars = returns([blob(40, 14.0, 0.2, 0.5, rng) > 0.5 for rng in seeds])
    assert lobed > 400
    assert stars < 20


@lru_cache(maxsize=2)
def features(hand: str) -> dict[str, np.ndarray]:
    """Return how spots of 24 pictures look: share of blue in their colour, and solidity."""
    painters: dict[str, Callable[[], PaintsSpots]] = {
        "validation": ValidationPainter,
        "training": lambda: Painter(PainterConfig(clean_probability=0.0)),
    }
    blue, solidity = [], []
    for seed in range(24):
        painted = painters[hand]().paint(cheek(), skin(), 300, np.random.default_rng(seed))
        change = -np.log((painted.image + 1.0) / (cheek() + 1.0))
        strong = painted.density > 0.12
        blue.append((change[strong, 2] - change[strong, 0])[::20] / painted.density[strong][::20])
        regions = regionprops(label(binary_fill_holes(strong))[0])
        solidity += [region.solidity for region in regions if region.area >= 25]
    return {"blue": np.concatenate(blue), "solidity": np.array(solidity)}


@pytest.mark.parametrize("feature", ["blue", "solidity"])
def test_colours_and_outlines_are_not_those_of_the_training_painter(feature: str) -> None:
    validation, training = (features(hand)[feature] for hand in ("validation", "training"))
    assert min(len(validation), len(training)) > 30
    assert ks_2samp(validation, training).pvalue < 1e-3


def test_an_astronaut_gets_spots_of_several_kinds() -> None:
    face = np.ascontiguousarray(astronaut()[60:200, 175:265])
    mask = np.zeros(face.shape[:2], np.float32)
    mask[10:125, 10:80] = 1.0
    painter = ValidationPainter(ValidationPainterConfig(freckles_probability=1.0))
    painted = [painter.paint(face, mask, 110, np.random.default_rng(seed)) for seed in range(4)]
    kinds = {int(kind) for one in painted for kind in np.unique(one.kinds)}
    assert kinds == {0, 1, 2, 3}


@pytest.mark.parametrize("name", ["papule", "crust", "comedones", "scratch"])
def test_sizes_shrink_spots_and_nothing_else(name: str) -> None:
    def core(size: float) -> int:
        scene = Scene(face_width=1200.0, light=0.0, lightness=65.0, size=size)
        shift = np.abs(SPOTS[name](scene, np.random.default_rng(1)).shift).max(axis=2)
        return int((shift > 0.5 * shift.max()).sum())

    assert core(0.5) < 0.7 * core(1.0)


def test_a_painter_paints_a_sort_at_its_size() -> None:
    image, skin = np.full((600, 600, 3), 170, np.uint8), np.ones((600, 600), np.float32)
    widths = []
    for sizes in ({}, {"papule": 0.3}):
        config = ValidationPainterConfig({"papule": 60.0}, freckles_probability=0.0, sizes=sizes)
        spots = ValidationPainter(config).paint(image, skin, 1200.0, np.random.default_rng(4))
        widths.append(np.median([spot.width for spot in spots.truth.spots]))
    assert widths[1] < 0.5 * widths[0]
