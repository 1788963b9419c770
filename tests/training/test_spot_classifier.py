"""The classifier of spots is fitted on painted faces and lies in the checkpoint."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from retouch_engine.composition import FEATURES, SpotClassifier, SpotParts
from retouch_engine.face_spots import load_spot_classifier
from retouch_engine.inference import CheckpointError, Predictor, load_card
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import Painted
from retouch_engine.training import TrainingDataError, load_generator
from retouch_engine.training.checkpoints import file_sha256
from retouch_engine.training.spot_classifier import (
    fit_classifier,
    painted_kinds,
    painted_spots,
    write_classifier,
)
from tests.support.checkpoints import shipped_copy, tiny_checkpoint
from tests.support.training import tiny_faces

SHARES = (0.12, 0.0125)


def examples(count: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features in which two numbers tell the kinds apart, up to noise."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(1, 4, count)
    features = rng.normal(3.0, 2.0, (count, len(FEATURES)))
    features[:, 4] = kinds + rng.normal(0, 0.3, count)
    features[:, 9] = (kinds == 3) + rng.normal(0, 0.3, count)
    return features, kinds


def test_what_was_not_seen_is_told_apart_too() -> None:
    classifier = fit_classifier(*examples(), SHARES)
    features, kinds = examples(seed=1)
    assert (1 + classifier.probabilities(features).argmax(axis=1) == kinds).mean() > 0.85


def test_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(2)
    features = np.zeros((5000, len(FEATURES)))
    features[:, 0] = rng.integers(0, 2, 5000)
    moles = rng.random(5000) < np.where(features[:, 0] > 0, 0.3, 0.02)
    kinds = np.where(moles, 2, 1)
    kinds[:5] = 3
    classifier = fit_classifier(features, kinds, SHARES)
    ask = np.zeros((2, len(FEATURES)))
    ask[1, 0] = 1
    np.testing.assert_allclose(classifier.probabilities(ask)[:, 1], [0.02, 0.3], atol=0.03)


def test_a_kind_without_examples_is_refused() -> None:
    features, kinds = examples()
    with pytest.raises(TrainingDataError, match="no painted freckle"):
        fit_classifier(features[kinds < 3], kinds[kinds < 3], SHARES)


def test_a_parts_kind_is_what_most_of_its_change_is_of() -> None:
    clean = np.full((20, 40, 3), 200, np.uint8)
    image, kinds = clean.copy(), np.zeros((20, 40), np.uint8)
    labels = np.zeros((20, 40), np.int32)
    labels[5:10, 5:10], labels[5:10, 20:25], labels[15:19, 5:9] = 1, 2, 3
    image[5:10, 5:10], kinds[5:10, 5:10] = 120, 1
    image[5:10, 5:8], kinds[5:10, 5:8] = 60, 2
    image[5, 20], kinds[5, 20] = 100, 3
    density = np.where(kinds > 0, 0.5, 0).astype(np.float32)
    painted = Painted(image, density, kinds, density)
    parts = SpotParts(labels, np.zeros((3, 3)))
    # The second is painted at one pixel of 25, the third is the face's own.
    assert painted_kinds(parts, clean, painted).tolist() == [2, 0, 0]


def test_painted_faces_give_examples_that_depend_on_the_seed_alone() -> None:
    predictor = Predictor.load(shipped_checkpoint_path())
    first, again, other = (
        list(painted_spots(tiny_faces(), predictor, 2, seed)) for seed in (1, 1, 2)
    )
    assert len(first) == 2
    features, kinds = first[0]
    assert features.shape == (len(kinds), len(FEATURES))
    assert len(kinds) > 5
    assert set(kinds) <= {1, 2, 3}
    assert np.isfinite(features).all()
    assert np.array_equal(features, again[0][0])
    assert not np.array_equal(features, first[1][0])
    assert not np.array_equal(features, other[0][0])


def test_the_shipped_checkpoint_has_one() -> None:
    card = load_card(shipped_checkpoint_path())
    assert isinstance(load_spot_classifier(card), SpotClassifier)
    assert card.spot_classifier is not None
    assert card.spot_classifier["fitted_on"]["spots"]["mole"] > 1000


def test_a_checkpoint_without_one_is_decided_by_votes(tmp_path: Path) -> None:
    assert load_spot_classifier(load_card(tiny_checkpoint(tmp_path, "tiny"))) is None


def test_writing_changes_hash_and_card_and_no_weight(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path, "tiny")
    before, card = load_file(path.with_suffix(".safetensors")), json.loads(path.read_text())
    write_classifier(path, fit_classifier(*examples(seed=3), (0.5, 0.5)), {"seed": 3})
    classifier = fit_classifier(*examples(), SHARES)
    sha256 = write_classifier(path, classifier, {"seed": 0})
    after, new = load_file(path.with_suffix(".safetensors")), json.loads(path.read_text())
    assert set(after) - set(before) == {f"spots.{n}" for n in ("mean", "scale", "weight", "bias")}
    assert all(np.array_equal(after[key], before[key]) for key in before)
    told = new.pop("spot_classifier")
    assert told["shares"] == {"mole": 0.12, "freckle": 0.0125}
    assert told["fitted_on"] == {"seed": 0}
    assert new["sha256"].pop("safetensors") == file_sha256(path.with_suffix(".safetensors"))
    assert card["sha256"].pop("safetensors") != sha256
    assert new == card
    read = load_spot_classifier(load_card(path))
    assert read is not None
    np.testing.assert_allclose(read.weight, classifier.weight, rtol=1e-6)
    load_generator(path)
    Predictor.load(path, "torch")


def broken(folder: Path, **changes: object) -> Path:
    """Return a copy of the shipped checkpoint whose card tells something else of its classifier."""
    path = shipped_copy(folder, "broken")
    card = json.loads(path.read_text())
    card["spot_classifier"] |= changes
    path.write_text(json.dumps(card))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"features": ["log_mole"]},
        {"shares": {"mole": 0.1}},
        {"shares": {"mole": 0.1, "freckle": 7}},
        {"shares": {"mole": 0.1, "freckle": None}},
        {"shares": None},
    ],
)
def test_a_card_that_tells_another_classifier_is_refused(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(CheckpointError, match="does not fit") as caught:
        load_spot_classifier(load_card(broken(tmp_path, **changes)))
    assert caught.value.code == "checkpoint_alien"


def test_one_for_other_kinds_or_without_numbers_is_refused(tmp_path: Path) -> None:
    told = load_card(shipped_checkpoint_path()).spot_classifier
    empty = tiny_checkpoint(tmp_path, "empty", spot_classifier=told)
    with pytest.raises(CheckpointError, match="does not fit"):
        load_spot_classifier(load_card(empty))
    other = shipped_copy(tmp_path / "other", "other", kinds=["none", "blemish"])
    with pytest.raises(CheckpointError, match="tells other kinds"):
        load_spot_classifier(load_card(other))


def test_numbers_that_are_not_the_cards_are_refused(tmp_path: Path) -> None:
    path = shipped_copy(tmp_path, "changed")
    weights = path.with_suffix(".safetensors")
    shutil.copy(shipped_checkpoint_path().with_suffix(".safetensors"), weights)
    with pytest.raises(CheckpointError, match="does not match"):
        load_spot_classifier(load_card(path))
    weights.unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_spot_classifier(load_card(path))
