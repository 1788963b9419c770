"""What the database remembers of training runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils import timezone

from retouch_engine.models import TrainingRun
from retouch_engine.training import TrainingConfig, TrainingState, TrainingStoppedError


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
