"""What the database remembers of training runs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils import timezone

from retouch_engine.models import TrainingRun
from retouch_engine.training import TrainingConfig, TrainingState, TrainingStoppedError

ORIGIN, ORIGIN_FILE = "started_from", "started_from.json"


@contextmanager
def training_recorded(
    *,
    run: str,
    config: TrainingConfig,
    datasets: list[str],
    folder: Path,
    state: TrainingState,
    writes: bool = True,
) -> Iterator[None]:
    """Keep a `TrainingRun` row of what runs inside: how it ended, why, and after how many samples.

    A run that goes on keeps its row and its start. `writes` is False in all but the first of
    several processes.
    """
    if not writes:
        yield
        return
    known = {
        "config": config.to_dict(),
        "datasets": datasets,
        "folder": str(folder),
        "state": TrainingRun.State.RUNNING,
        "reason": "",
        "samples": state.samples,
        "finished_at": None,
    }
    row, _ = TrainingRun.objects.update_or_create(
        name=run, defaults=known, create_defaults={**known, "started_at": timezone.now()}
    )
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, TrainingStoppedError)
        ended = TrainingRun.State.STOPPED if stopped else TrainingRun.State.FAILED
        _end(row, state, ended, str(error) or type(error).__name__)
        raise
    _end(row, state, TrainingRun.State.FINISHED)


def _end(row: TrainingRun, state: TrainingState, ended: str, reason: str = "") -> None:
    row.state, row.reason, row.samples = ended, reason, state.samples
    row.finished_at = timezone.now()
    row.save(update_fields=["state", "reason", "samples", "finished_at"])


def is_first_process() -> bool:
    """Return whether this process is the only one, or the first of those that torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def run_origin(folder: Path, start: Path | None) -> dict[str, Any]:
    """Return what a card says of the weights that its run began with; a resumed run remembers."""
    remembered = folder / ORIGIN_FILE
    if start is not None and is_first_process():
        card = json.loads(start.read_text())
        told = ("name", "sha256", "training", "licence", "data", ORIGIN)
        kept = {key: card[key] for key in told if key in card}
        remembered.write_text(json.dumps(kept))
    return {ORIGIN: json.loads(remembered.read_text())} if remembered.is_file() else {}


def origin_licence(origin: dict[str, Any]) -> list[str]:
    """Return the licence of the weights that a run began with, none where it began with none."""
    return [str(card.get("licence", "")) for card in origin.values()]
