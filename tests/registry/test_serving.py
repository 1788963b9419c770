"""What a promotion does to the next retouch, in one process and without a restart."""

from pathlib import Path

import pytest

from accounts.models import User
from gallery import marks, runs, services
from gallery.models import Photo, Retouch
from job_queue.queue import job_id
from retouch_engine.models import Checkpoint
from retouch_engine.promotion_gates import Verdict
from retouch_engine.registry import checkpoint_promote, checkpoint_register, checkpoint_rollback
from retouch_engine.services import promoted_checkpoint
from tests.support.checkpoints import shipped_copy, tiny_checkpoint

pytestmark = pytest.mark.django_db


def promoted(card: Path) -> Checkpoint:
    checkpoint = checkpoint_register(card)
    checkpoint_promote(
        checkpoint=checkpoint,
        judged_against=promoted_checkpoint().sha256,
        dataset="faces",
        split="validation",
        verdicts=[Verdict("a gate", True, "it passed")],
    )
    return checkpoint


def run(retouch: Retouch) -> Retouch:
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    retouch.refresh_from_db()
    return retouch


def test_the_next_retouch_uses_promoted_weights_and_rolled_back_ones_after_that(
    owner: User, photo: Photo, tmp_path: Path
) -> None:
    retouch = run(services.retouch_create(owner=owner, photo=photo)[0])
    assert (retouch.checkpoint_name, retouch.status) == ("shipped", "succeeded")
    removed = {"shipped": retouch.versions.get().report["spots_removed"]}
    tiny = promoted(tiny_checkpoint(tmp_path, "tiny"))
    again = run(marks.retouch_again(retouch=retouch))
    assert (again.checkpoint_sha256, again.status) == (tiny.sha256, "succeeded")
    version = again.versions.get(number=2)
    assert (version.checkpoint_name, version.report["checkpoint"]["name"]) == ("tiny", "tiny")
    # An untrained network finds other spots, or none.
    assert version.report["spots_removed"] != removed["shipped"]
    checkpoint_rollback()
    back = run(marks.retouch_again(retouch=again))
    assert back.checkpoint_name == "shipped"
    assert back.versions.get(number=3).report["spots_removed"] == removed["shipped"]


def test_a_job_that_waits_while_a_promotion_happens_follows_it(
    owner: User, photo: Photo, tmp_path: Path
) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    promoted(tiny_checkpoint(tmp_path, "tiny"))
    assert run(retouch).checkpoint_name == "tiny"


@pytest.mark.parametrize("damage", ["onnx gone", "card gone", "card no json", "other weights"])
def test_a_job_says_that_the_promoted_files_are_broken_and_the_next_one_is_served(
    owner: User, photo: Photo, tmp_path: Path, damage: str
) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    card = Path(promoted(tiny_checkpoint(tmp_path, "tiny")).path)
    if damage == "onnx gone":
        card.with_suffix(".onnx").unlink()
    elif damage == "card gone":
        card.unlink()
    elif damage == "card no json":
        card.write_text("{")
    else:
        shipped_copy(tmp_path, "tiny")
    failed = run(retouch)
    assert (failed.status, failed.error_code) == ("failed", "checkpoint_broken")
    assert "'tiny'" in failed.error_detail
    assert str(tmp_path) not in failed.error_detail
    checkpoint_rollback()
    assert run(services.retouch_retry(retouch=failed)).status == "succeeded"


def test_a_corrupt_network_fails_the_job_with_a_code(
    owner: User, photo: Photo, tmp_path: Path
) -> None:
    card = Path(promoted(tiny_checkpoint(tmp_path, "tiny")).path)
    graph = card.with_suffix(".onnx")
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    assert run(retouch).error_code == "checkpoint_broken"
