"""Registering, promoting and rolling back, on real checkpoint files."""

import hashlib
import json
import logging
from pathlib import Path

import numpy as np
import pytest
from django.db import IntegrityError
from safetensors.numpy import load_file, save_file

from retouch_engine import services
from retouch_engine.inference import CheckpointError
from retouch_engine.models import Checkpoint, Promotion
from retouch_engine.promotion_gates import Verdict
from retouch_engine.registry import (
    checkpoint_check,
    checkpoint_promote,
    checkpoint_register,
    checkpoint_rollback,
)
from retouch_engine.services import checkpoint_resolve, promoted_checkpoint
from tests.support.checkpoints import shipped_copy, tiny_checkpoint

pytestmark = pytest.mark.django_db

PASSED = [Verdict("a gate", True, "it passed")]
FAILED = [Verdict("a gate", True, "it passed"), Verdict("another", False, "it failed")]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return checkpoint_register(shipped_copy(tmp_path, "first"))


@pytest.fixture
def second(tmp_path: Path) -> Checkpoint:
    return checkpoint_register(shipped_copy(tmp_path, "second"))


def promote(checkpoint: Checkpoint, verdicts: list[Verdict] = PASSED, **options: str) -> Promotion:
    values = {"judged_against": promoted_checkpoint().sha256, **options}
    promotion = checkpoint_promote(
        checkpoint=checkpoint, dataset="faces", split="validation", verdicts=verdicts, **values
    )
    checkpoint.refresh_from_db()
    return promotion


def states() -> dict[str, str]:
    return dict(Checkpoint.objects.values_list("name", "state"))


def test_a_registered_checkpoint_is_a_candidate_with_what_its_card_says(
    checkpoint: Checkpoint,
) -> None:
    assert (checkpoint.state, checkpoint.role, checkpoint.config_name) == (
        "candidate", "skin", "default_all_tones",
    )  # fmt: skip
    assert "StyleGAN2" in checkpoint.licence
    assert promoted_checkpoint().name == "shipped"


def test_a_card_cannot_claim_a_freer_licence_than_its_data(tmp_path: Path) -> None:
    data = [{"collection": "ffhqr", "licence": "CC BY-NC-SA 4.0 (non-commercial)", "photos": 9}]
    path = shipped_copy(tmp_path, "free", data=data, licence="public domain")
    assert checkpoint_register(path).licence == "CC BY-NC-SA 4.0 (non-commercial)"


def test_promoting_retires_what_served_and_keeps_the_history(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    promote(checkpoint)
    promotion = promote(second, promoted_by="anna")
    assert states() == {"first": "retired", "second": "promoted"}
    assert promoted_checkpoint().sha256 == second.sha256
    assert checkpoint_resolve("default") == Path(second.path)
    assert (promotion.replaced, promotion.dataset, promotion.promoted_by) == (
        checkpoint, "faces", "anna",
    )  # fmt: skip
    assert promotion.verdicts == [
        {"gate": "a gate", "passed": True, "text": "it passed", "figures": {}}
    ]


def test_rolling_back_goes_step_by_step_to_the_shipped_one(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    promote(checkpoint)
    promote(second)
    assert checkpoint_rollback().to_name == "first"
    assert states() == {"first": "promoted", "second": "retired"}
    done = checkpoint_rollback(rolled_back_by="anna")
    assert (done.from_name, done.to_name) == ("first", "shipped")
    assert promoted_checkpoint().name == "shipped"
    assert set(Promotion.objects.values_list("rolled_back_by", flat=True)) == {"", "anna"}
    with pytest.raises(CheckpointError, match="nothing to roll back to"):
        checkpoint_rollback()


def test_a_checkpoint_that_was_rolled_back_can_be_promoted_again(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    for chosen in (checkpoint, second, checkpoint):
        promote(chosen)
    checkpoint_rollback()
    assert states() == {"first": "retired", "second": "promoted"}
    promote(checkpoint)
    assert checkpoint_rollback().to_name == "second"


def test_rolling_back_passes_over_what_cannot_be_used_any_more(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    promote(checkpoint)
    promote(second)
    Path(checkpoint.path).with_suffix(".onnx").unlink()
    done = checkpoint_rollback()
    assert (done.to_name, done.passed_over) == ("shipped", ("first",))
    assert states() == {"first": "retired", "second": "retired"}


def test_rolling_back_passes_over_what_was_changed_since_it_was_judged(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    promote(checkpoint)
    promote(second)
    # As a training that went on, or new clusters of styles, leave it: whole, and judged by nobody.
    card = Path(checkpoint.path)
    values = json.loads(card.read_text())
    weights = card.with_suffix(".safetensors")
    save_file({**load_file(weights), "spots.more": np.zeros(1, np.float32)}, weights)
    values["sha256"]["safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    card.write_text(json.dumps(values))
    Checkpoint.objects.filter(pk=checkpoint.pk).update(sha256=values["sha256"]["safetensors"])
    done = checkpoint_rollback()
    assert (done.to_name, done.passed_over) == ("shipped", ("first",))


def test_one_checkpoint_per_role_is_promoted(checkpoint: Checkpoint, second: Checkpoint) -> None:
    promote(checkpoint)
    second.state = Checkpoint.State.PROMOTED
    with pytest.raises(IntegrityError):
        second.save()


def test_a_failed_gate_needs_a_reason_which_is_recorded(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="another"):
        promote(checkpoint, FAILED)
    assert states() == {"first": "candidate"}
    assert promote(checkpoint, FAILED, forced_reason="a demo").forced_reason == "a demo"


def test_nothing_is_promoted_without_verdicts(checkpoint: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="no gate was run"):
        promote(checkpoint, [], forced_reason="a demo")


def test_a_promotion_that_came_in_between_is_noticed(
    checkpoint: Checkpoint, second: Checkpoint
) -> None:
    before = promoted_checkpoint().sha256
    promote(checkpoint)
    with pytest.raises(CheckpointError, match="has changed while the gates ran"):
        promote(second, judged_against=before)
    assert states() == {"first": "promoted", "second": "candidate"}


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_a_file_that_is_not_the_cards_is_refused(checkpoint: Checkpoint, suffix: str) -> None:
    path = Path(checkpoint.path).with_suffix(suffix)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CheckpointError, match="does not match its card's hash") as refusal:
        checkpoint_check(checkpoint)
    assert refusal.value.code == "checkpoint_broken"
    path.unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        checkpoint_check(checkpoint)


def test_a_card_that_was_exchanged_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    shipped_copy(tmp_path / "other", "first", note="other weights, as the metadata differ")
    Checkpoint.objects.update(path=str(tmp_path / "other" / "first.json"), sha256="0" * 64)
    checkpoint.refresh_from_db()
    with pytest.raises(CheckpointError, match="not the one that was registered"):
        checkpoint_check(checkpoint)


def test_a_card_of_another_role_is_refused(tmp_path: Path) -> None:
    checkpoint = checkpoint_register(shipped_copy(tmp_path, "light", role="tone"))
    assert checkpoint.role == "tone"
    checkpoint.role = "skin"
    with pytest.raises(CheckpointError, match="role differs"):
        checkpoint_check(checkpoint)


def test_promoted_weights_are_not_replaced_by_training(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    promote(checkpoint)
    same = checkpoint_register(Path(checkpoint.path))
    assert same.state == "promoted"
    other = shipped_copy(tmp_path / "other", "other")
    for path in (other, other.with_suffix(".safetensors"), other.with_suffix(".onnx")):
        path.rename(path.with_stem("first"))
    with pytest.raises(CheckpointError, match="is promoted: train under another name"):
        checkpoint_register(other.with_stem("first"))


def test_the_newest_checkpoint_is_the_one_whose_weights_came_last(tmp_path: Path) -> None:
    first = checkpoint_register(shipped_copy(tmp_path, "first"))
    second = checkpoint_register(shipped_copy(tmp_path, "second"))
    assert checkpoint_register(Path(first.path)).created_at == first.created_at
    newer = tiny_checkpoint(tmp_path / "again", "first", role="skin")
    again = checkpoint_register(newer)
    assert again.pk == first.pk
    assert again.created_at > second.created_at


def test_asking_for_the_promoted_checkpoint_is_one_query(
    checkpoint: Checkpoint, django_assert_num_queries: object
) -> None:
    promote(checkpoint)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert promoted_checkpoint().name == "first"


def test_the_default_without_a_database_is_the_shipped_one_and_that_is_said(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:  # fmt: skip
    promote(checkpoint)
    missing = tmp_path / "database.sqlite3"
    monkeypatch.setitem(services.connection.settings_dict, "NAME", str(missing))
    monkeypatch.setattr(logging.getLogger("retouch_engine"), "propagate", True)
    assert checkpoint_resolve("default") == services.shipped_checkpoint_path()
    assert "no database" in caplog.text
    assert not missing.exists()
    with pytest.raises(CheckpointError, match="no checkpoint 'first'; known: default, shipped"):
        checkpoint_resolve("first")
