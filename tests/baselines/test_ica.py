"""Independent components and the two pigments are found up to order, scale and sign."""

import numpy as np
import pytest

from retouch_engine.baselines.ica import fast_ica
from retouch_engine.baselines.pigments import find_pigments
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN

RNG_SEED = 5
SHADE = np.ones(3)


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=0)


def sparse_amounts(count: int = 20_000) -> np.ndarray:
    """Return independent amounts (2, count), mostly small, seldom large, as spots are."""
    rng = np.random.default_rng(RNG_SEED)
    return rng.exponential(0.05, (2, count)) * (rng.random((2, count)) < 0.3)


@pytest.mark.parametrize("sources", ["sparse", "uniform"])
def test_a_known_mixture_is_found_up_to_order_scale_and_sign(sources: str) -> None:
    rng = np.random.default_rng(RNG_SEED)
    independent = sparse_amounts() if sources == "sparse" else rng.random((2, 20_000))
    mixing = np.array([[1.0, 0.4], [0.3, 1.0]])
    found = fast_ica(mixing @ independent + 7.0)
    likeness = np.abs(unit(found).T @ unit(mixing))
    assert np.sort(likeness.max(axis=1)) == pytest.approx([1.0, 1.0], abs=0.005)
    assert likeness.argmax(axis=1).tolist() in ([0, 1], [1, 0])


def test_the_sources_come_out_with_variance_one_and_uncorrelated() -> None:
    signals = np.array([[1.0, 0.4], [0.3, 1.0]]) @ sparse_amounts()
    sources = np.linalg.inv(fast_ica(signals)) @ signals
    assert np.cov(sources) == pytest.approx(np.eye(2), abs=1e-3)


def test_the_same_signals_give_the_same_mixing() -> None:
    signals = np.array([[1.0, 0.4], [0.3, 1.0]]) @ sparse_amounts()
    assert np.array_equal(fast_ica(signals), fast_ica(signals.copy()))


def test_signals_on_one_line_are_refused() -> None:
    line = np.outer([1.0, 2.0], np.random.default_rng(0).normal(size=500))
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        fast_ica(line)


def shaded_skin() -> tuple[np.ndarray, np.ndarray]:
    """Return amounts (N, 2) of melanin and haemoglobin and a density (N, 3) with shade."""
    amounts = sparse_amounts().T
    shade = np.random.default_rng(1).normal(0.0, 0.3, len(amounts))
    density = amounts @ np.stack([MELANIN, HAEMOGLOBIN]) + shade[:, None] * SHADE
    return amounts, density.astype(np.float32)


def test_melanin_and_haemoglobin_are_told_apart_under_shade_six_times_their_strength() -> None:
    _, density = shaded_skin()
    pigments = find_pigments(density)
    assert pigments is not None
    chroma = pigments.directions - pigments.directions.mean(axis=0)
    for found, true in zip(chroma.T, (MELANIN, HAEMOGLOBIN), strict=True):
        assert unit(found) @ unit(true - true.mean()) > 0.995


def test_how_dark_a_pigment_is_comes_out_where_the_shade_is_weak() -> None:
    amounts = sparse_amounts().T
    shade = np.random.default_rng(1).normal(0.0, 0.01, len(amounts))
    density = amounts @ np.stack([MELANIN, HAEMOGLOBIN]) + shade[:, None] * SHADE
    pigments = find_pigments(density.astype(np.float32))
    assert pigments is not None
    for found, true in zip(pigments.directions.T, (MELANIN, HAEMOGLOBIN), strict=True):
        assert unit(found) @ unit(true) > 0.998


def test_shade_changes_no_amount_of_pigment() -> None:
    _, density = shaded_skin()
    pigments = find_pigments(density)
    assert pigments is not None
    darker = density + np.float32(0.7)
    assert pigments.amounts(darker) == pytest.approx(pigments.amounts(density), abs=1e-3)


def test_amounts_and_density_are_inverse_but_for_shade() -> None:
    _, density = shaded_skin()
    pigments = find_pigments(density)
    assert pigments is not None
    amounts = pigments.amounts(density[:100])
    assert pigments.amounts(pigments.density(amounts)) == pytest.approx(amounts, abs=1e-3)


@pytest.mark.parametrize(
    "variation",
    [
        np.zeros((0, 3)),
        np.zeros((500, 3)),
        np.random.default_rng(0).normal(size=(500, 1)) * np.ones(3),
        np.random.default_rng(0).normal(size=(500, 1)) * HAEMOGLOBIN,
    ],
    ids=["no pixel", "one colour", "grey", "one pigment"],
)
def test_colours_that_span_no_plane_give_no_pigments(variation: np.ndarray) -> None:
    assert find_pigments(variation.astype(np.float32)) is None
