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
    clock = [(int(line["samples"]), float(line["seconds"])) for line in _log(folder)]
    if clock and clock[-1][0] >= samples:
        seconds = [moment for _, moment in clock]
        ends = [a for a, b in itertools.pairwise(seconds) if b < a]
        return sum(ends) + seconds[-1]
    row = TrainingRun.objects.filter(
        folder=str(folder), state=TrainingRun.State.FINISHED, finished_at__isnull=False
    ).first()
    if row is None or row.finished_at is None or _was_resumed(folder):
        return None
    return (row.finished_at - row.started_at).total_seconds()


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
