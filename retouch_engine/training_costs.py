"""What a checkpoint's training took, as far as its run wrote it down."""

import itertools
import json
from pathlib import Path
from typing import Any

from retouch_engine.models import TrainingRun

RESUMED = "--resume"


def training_seconds(folder: Path, samples: int) -> float | None:
    """Return how long the run in `folder` trained for its `samples`; None where nobody knows.

    Taken from the log where it reaches the last sample: each resumption's clock begins at 0, and
    pauses between them do not count. Else from the run's row, if it ran in one go.
    """
    log = _log(folder)
    if log and int(log[-1]["samples"]) >= samples:
        return _sum_of_clocks(log)
    row = TrainingRun.objects.filter(
        folder=str(folder), state=TrainingRun.State.FINISHED, finished_at__isnull=False
    ).first()
    if row is None or row.finished_at is None or _was_resumed(folder):
        return None
    return (row.finished_at - row.started_at).total_seconds()


def logged_seconds(folder: Path) -> float:
    """Return how long a run has trained by its log so far, its resumptions together."""
    return _sum_of_clocks(_log(folder))


def _sum_of_clocks(log: list[dict[str, Any]]) -> float:
    seconds = [float(line["seconds"]) for line in log]
    ends = [a for a, b in itertools.pairwise(seconds) if b < a]
    return sum(ends) + (seconds[-1] if seconds else 0.0)


def _log(folder: Path) -> list[dict[str, Any]]:
    try:
        texts = (folder / "log.jsonl").read_text().splitlines()
    except (OSError, ValueError):
        return []
    return [line for line in map(_parsed, texts) if {"samples", "seconds"} <= line.keys()]


def _was_resumed(folder: Path) -> bool:
    try:
        environment = _parsed((folder / "environment.json").read_text())
    except (OSError, ValueError):
        return True
    return RESUMED in environment.get("command", [RESUMED])


def _parsed(text: str) -> dict[str, Any]:
    """Return a JSON object; an empty one for a line that a kill cut off."""
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
