"""Running errands: claim, work, finish or fail, and giving lost ones back to the queue."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from gallery import storage
from gallery.models import Errand, Export, TileSet
from job_queue.queue import JobTimeoutError, enqueue, job_id
from retouch_engine.retoucher import AnalysisError, ImageError

logger = logging.getLogger(__name__)

MAXIMUM_ATTEMPTS = 3
SWEEP_GRACE = timedelta(seconds=5)
# A heartbeat's lifetime, see `runs`.
SWEEP_PATIENCE_SECONDS = 6.0
JOBS: dict[type[Errand], str] = {
    TileSet: "gallery.jobs.tiles_run",
    Export: "gallery.jobs.export_run",
}

Row = TypeVar("Row", TileSet, Export)
Work = Callable[[Row], dict[str, Any]]


def errand_queue(row: Row, *, first: bool = False, attempt: int = 0) -> None:
    """Put an errand into the queue under its next number; called inside a transaction.

    first: before what waits, since somebody looks at the page meanwhile.
    """
    changes: dict[str, Any] = {
        "status": Errand.Status.QUEUED,
        "progress": 0.0,
        "attempt": attempt,
        "error_code": "",
        "error_detail": "",
        "queued_at": timezone.now(),
        "started_at": None,
        "finished_at": None,
    }
    rows = type(row).objects.filter(pk=row.pk)
    rows.update(enqueue_number=F("enqueue_number") + 1, **changes)
    row.refresh_from_db()
    enqueue(JOBS[type(row)], str(row.pk), row.enqueue_number, first=first)


def errand_run(model: type[Row], identifier: str, work: Work[Row]) -> None:
    """Run job `{row id}-{number}`: `work` returns the fields that the finished row gets.

    Does nothing unless the row still waits for this number.
    """
    row_id, _, number = identifier.rpartition("-")
    row = _claim(model, row_id, int(number))
    if row is None:
        return
    try:
        fields = work(row)
        _finish(row, status=Errand.Status.SUCCEEDED, progress=1.0, **fields)
    except DatabaseError:
        raise
    except Exception as error:
        code, detail = _reason(error)
        logger.exception("job %s failed", identifier)
        _finish(row, status=Errand.Status.FAILED, error_code=code, error_detail=detail)


def _reason(error: Exception) -> tuple[str, str]:
    if isinstance(error, ImageError):
        return error.code, error.detail
    if isinstance(error, JobTimeoutError):
        return "timed_out", "This took too long, so it was stopped: please try again later."
    if isinstance(error, AnalysisError | FileNotFoundError):
        return "file_missing", "A stored file is gone: retouch this photo again."
    return "internal_error", "Something went wrong here; the operator's log says what."


def _claim(model: type[Row], row_id: str, number: int) -> Row | None:
    mine = model.objects.filter(pk=row_id, enqueue_number=number)
    claimed = mine.filter(status=Errand.Status.QUEUED).update(
        status=Errand.Status.RUNNING, attempt=F("attempt") + 1, started_at=timezone.now()
    )
    return mine.first() if claimed else None


def errand_progress(row: Row, share: float) -> None:
    """Note how far an errand is, 0..1."""
    _mine(row).update(progress=round(share, 3))


def _finish(row: Row, **fields: Any) -> None:
    finished = _mine(row).update(finished_at=timezone.now(), **fields)
    if not finished and "file" in fields and not type(row).objects.filter(pk=row.pk).exists():
        # Erased meanwhile: nobody else knows of this file.
        storage.remove(fields["file"])


def _mine(row: Row) -> Any:
    return type(row).objects.filter(
        pk=row.pk, status=Errand.Status.RUNNING, enqueue_number=row.enqueue_number
    )


def errands_sweep(live: set[str]) -> None:
    """Give errands that no live worker knows back to the queue; `live` holds job ids."""
    for tiles in list(_lost(TileSet, live)):
        _recover(tiles)
    for export in list(_lost(Export, live)):
        _recover(export)


_missing_since: dict[str, float] = {}


def _lost(model: type[Row], live: set[str]) -> Iterator[Row]:
    before = timezone.now() - SWEEP_GRACE
    waiting = Q(status=Errand.Status.QUEUED, queued_at__lt=before)
    running = Q(status=Errand.Status.RUNNING, started_at__lt=before)
    now = time.monotonic()
    for row in model.objects.filter(waiting | running):
        identifier = job_id(str(row.pk), row.enqueue_number)
        if identifier in live:
            _missing_since.pop(identifier, None)
        elif now - _missing_since.setdefault(identifier, now) >= SWEEP_PATIENCE_SECONDS:
            del _missing_since[identifier]
            yield row


@transaction.atomic
def _recover(row: Row) -> None:
    same = (
        type(row)
        .objects.select_for_update()
        .filter(pk=row.pk, status=row.status, enqueue_number=row.enqueue_number)
    )
    if same.first() is None:
        return
    if row.attempt >= MAXIMUM_ATTEMPTS:
        same.update(
            status=Errand.Status.FAILED,
            error_code="worker_lost",
            error_detail="This ended its worker several times, so it was given up.",
            finished_at=timezone.now(),
        )
        return
    errand_queue(row, attempt=row.attempt)
    logger.warning("%s was lost by its worker", row)
