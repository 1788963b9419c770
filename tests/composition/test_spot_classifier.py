"""Spots in spots, and who decides what they are: the whole spot and its company, not a pixel."""

from dataclasses import replace

import numpy as np
import pytest

from retouch_engine.composition import FEATURES, SpotClassifier, SpotEvidence, find_spots, parts_of

NAMES = ("none", "blemish", "mole", "freckle")
SIDE = 100
PATCH, MOLE = (slice(20, 60), slice(20, 60)), (slice(37, 43), slice(37, 43))


def by_votes(**changes: object) -> SpotClassifier:
    """Return a classifier that says what the votes say."""
    weight = np.zeros((3, len(FEATURES)))
    weight[np.arange(3), np.arange(3)] = 1.0
    zeros, ones = np.zeros(len(FEATURES)), np.ones(len(FEATURES))
    classifier = SpotClassifier(zeros, ones, weight, np.zeros(3), (0.3, 0.3))
    return replace(classifier, **changes)  # type: ignore[arg-type]


def face(mole: int = 2, patch: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mask, kinds, density and specks of a patch with a small dark spot in it."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[PATCH] = 0.9
    kinds = np.zeros((SIDE, SIDE, 4), np.float32)
    kinds[(*PATCH, patch)] = 1.0
    kinds[MOLE] = 0.0
    kinds[(*MOLE, mole)] = 1.0
    density = np.zeros((SIDE, SIDE, 3), np.float32)
    density[PATCH], density[MOLE] = 0.1, 0.6
    specks = np.zeros((SIDE, SIDE), bool)
    specks[MOLE] = True
    return mask, kinds, density, specks


def found(
    mask: np.ndarray,
    kinds: np.ndarray,
    density: np.ndarray,
    specks: np.ndarray,
    classifier: SpotClassifier | None = None,
) -> tuple[np.ndarray, list[str]]:
    evidence = SpotEvidence(density, specks, classifier or by_votes())
    labels, spots = find_spots(mask, kinds, NAMES, evidence=evidence)
    assert [spot.label for spot in spots] == list(range(1, len(spots) + 1))
    assert set(np.unique(labels)) == {0, *range(1, len(spots) + 1)}
    return labels, [spot.kind for spot in spots]


def test_a_mole_in_a_red_patch_is_a_spot_of_its_own() -> None:
    labels, kinds = found(*face())
    assert kinds == ["blemish", "mole"]
    assert (labels[MOLE] == 2).all()
    assert labels[22, 22] == labels[58, 58] == 1


def test_its_foot_is_a_part_of_it_so_that_no_edge_is_left_within_it() -> None:
    labels, _ = found(*face())
    assert labels[40, 34] == labels[34, 40] == labels[40, 45] == 2
    assert labels[40, 33] == labels[40, 46] == 1


def test_a_pimples_core_stays_with_its_flush() -> None:
    labels, kinds = found(*face(mole=1))
    assert kinds == ["blemish"]
    assert (labels[PATCH] == 1).all()


def test_a_pimple_among_what_is_kept_goes_alone() -> None:
    labels, kinds = found(*face(mole=1, patch=3))
    assert kinds == ["freckle", "blemish"]
    assert labels[40, 40] == 2


def test_a_mole_with_a_narrow_rim_is_one_spot() -> None:
    mask, kinds, density, specks = face()
    mask[:] = 0
    mask[33:47, 33:47] = 0.9
    _, names = found(mask, kinds, density, specks)
    assert len(names) == 1


def test_specks_outside_of_spots_and_single_pixels_are_nothing() -> None:
    mask, kinds, density, specks = face(mole=1)
    specks[MOLE] = False
    specks[80:90, 80:90] = specks[30, 30] = True
    assert found(mask, kinds, density, specks)[1] == ["blemish"]


def test_a_face_without_spots_has_none() -> None:
    mask, kinds, density, specks = face()
    labels, names = found(mask * 0, kinds, density, specks & False)
    assert names == []
    assert not labels.any()


def test_features_tell_votes_size_company_colour_and_shape() -> None:
    mask, kinds, density, specks = face()
    mask[70:74, 10:30], kinds[70:74, 10:30, 3] = 0.9, 1.0
    density[70:74, 10:30] = (0.1, -0.3, 0.2)
    parts, parents = parts_of(mask, kinds, density, specks)
    rows = [dict(zip(FEATURES, row, strict=True)) for row in parts.features]
    assert parents.tolist() == [1, 2, 1]
    patch, line, mole = rows
    assert np.exp(mole["log_area"]) == pytest.approx(36)
    assert np.exp(patch["log_area"]) == pytest.approx(1600 - 36)
    assert [row["is_speck"] for row in rows] == [0, 0, 1]
    assert np.exp(mole["log_mole"]) == pytest.approx(1, abs=1e-3)
    assert all(row["face_mole"] == pytest.approx(1 / 3) for row in rows)
    assert mole["peak_blue"] == pytest.approx(0.6)
    assert line["peak_green"] == pytest.approx(-0.3)
    assert mole["log_count"] == pytest.approx(np.log(4))
    assert mole["compactness"] == pytest.approx(1, abs=0.1)
    assert line["compactness"] == pytest.approx(1, abs=0.1)
    assert patch["compactness"] > 0.9


def test_a_ring_is_not_compact() -> None:
    mask = np.zeros((SIDE, SIDE), np.float32)
    ys, xs = np.mgrid[:SIDE, :SIDE]
    mask[np.abs(np.hypot(ys - 50, xs - 50) - 20) < 2] = 1
    kinds = np.ones((SIDE, SIDE, 4), np.float32)
    density = np.zeros((SIDE, SIDE, 3), np.float32)
    parts, _ = parts_of(mask, kinds, density, mask < 0)
    assert parts.features[0, FEATURES.index("compactness")] < 0.4


def test_what_may_be_a_mole_is_kept_from_its_share_on() -> None:
    mask, kinds, density, specks = face(mole=1)
    kinds[PATCH] = (0, 0.75, 0.25, 0)
    assert found(mask, kinds, density, specks)[1] == ["blemish"]
    careful = by_votes(shares=(0.2, 0.3))
    assert found(mask, kinds, density, specks, careful)[1] == ["mole"]


def test_the_same_spot_is_another_thing_in_other_company() -> None:
    weight = np.zeros((3, len(FEATURES)))
    weight[2, FEATURES.index("face_freckle")] = 20.0
    classifier = by_votes(weight=weight, bias=np.array([4.0, -9.0, 0.0]), shares=(0.5, 0.5))
    mask, kinds, density, specks = face(mole=1)
    kinds[PATCH] = (0, 0.95, 0, 0.05)
    assert found(mask, kinds, density, specks, classifier)[1] == ["blemish"]
    for x in range(10, 90, 8):
        mask[80:84, x : x + 4], kinds[80:84, x : x + 4, 3] = 0.9, 1.0
    assert set(found(mask, kinds, density, specks, classifier)[1]) == {"freckle"}


def test_probabilities_are_those_of_a_softmax() -> None:
    features = np.random.default_rng(0).normal(size=(5, len(FEATURES)))
    classifier = by_votes(bias=np.array([0.0, 1.0, 2.0]))
    logits = features[:, :3] + [0, 1, 2]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier.probabilities(features), expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mean": np.zeros(3)}, "mean is not"),
        ({"weight": np.zeros((3, 4))}, "weight is not"),
        ({"bias": np.array([0.0, np.nan, 0.0])}, "bias is not"),
        ({"scale": np.zeros(len(FEATURES))}, "not above 0"),
        ({"shares": (0.0, 0.1)}, "shares"),
        ({"shares": (0.1, 1.5)}, "shares"),
        ({"shares": (0.1, float("nan"))}, "shares"),
        ({"shares": (0.1,)}, "shares"),
    ],
)
def test_numbers_that_are_no_classifier_are_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        by_votes(**changes)


def test_what_is_larger_than_any_mole_is_none() -> None:
    mask, kinds, density, specks = face(mole=2, patch=2)
    specks[:] = False
    assert found(mask, kinds, density, specks)[1] == ["mole"]
    mask[10:70, 10:70], kinds[10:70, 10:70, 2] = 0.9, 1.0
    assert found(mask, kinds, density, specks)[1] == ["blemish"]


def test_what_the_network_is_sure_of_goes_in_any_company() -> None:
    freckled = by_votes(bias=np.array([0.0, 0.0, 9.0]))
    mask, kinds, density, specks = face(mole=1)
    assert found(mask, kinds, density, specks, freckled)[1] == ["blemish"]
    kinds[PATCH] = (0, 0.98, 0, 0.02)
    assert found(mask, kinds, density, specks, freckled)[1] == ["freckle"]
