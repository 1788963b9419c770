"""How long a checkpoint trained: from its log, else from its run's row, else nobody knows."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from retouch_engine.models import TrainingRun
from retouch_engine.training_costs import logged_seconds, training_seconds

pytestmark = pytest.mark.django_db


def log(folder: Path, *moments: tuple[int, float]) -> None:
    lines = [json.dumps({"samples": samples, "seconds": s}) for samples, s in moments]
    (folder / "log.jsonl").write_text("\n".join([*lines, '{"samples": 9']))


def finished(folder: Path, *command: str, minutes: int = 12) -> None:
    now = timezone.now()
    TrainingRun.objects.create(
        name="run", folder=str(folder), state="finished",
        started_at=now - timedelta(minutes=minutes), finished_at=now,
    )  # fmt: skip
    (folder / "environment.json").write_text(json.dumps({"command": ["train", *command]}))


def test_pauses_between_resumptions_do_not_count(tmp_path: Path) -> None:
    log(tmp_path, (1000, 50.0), (2000, 100.0), (2000, 45.0), (3000, 90.0))
    finished(tmp_path, "--resume", minutes=600)
    assert training_seconds(tmp_path, 3000) == pytest.approx(190.0)


def test_what_was_trained_before_a_resumption_counts_at_the_end(tmp_path: Path) -> None:
    assert logged_seconds(tmp_path) == 0.0
    log(tmp_path, (1000, 50.0), (2000, 100.0), (2000, 45.0))
    assert logged_seconds(tmp_path) == pytest.approx(145.0)


def test_a_log_that_ends_early_gives_way_to_the_row(tmp_path: Path) -> None:
    log(tmp_path, (2000, 315.0))
    assert training_seconds(tmp_path, 3800) is None
    finished(tmp_path)
    assert training_seconds(tmp_path, 3800) == pytest.approx(720.0)


def test_a_resumed_row_counts_pauses_and_so_says_nothing(tmp_path: Path) -> None:
    finished(tmp_path, "--resume")
    assert training_seconds(tmp_path, 3800) is None


def test_a_checkpoint_without_a_run_has_no_training_time(tmp_path: Path) -> None:
    assert training_seconds(tmp_path, 3800) is None
