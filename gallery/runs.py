"""Running a retouch: claim, analyse, render, finish; and giving lost rows back to the queue."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from gallery import storage
from gallery.analyses import (
    all_decisions,
    analysis_load,
    analysis_of,
    analysis_save,
    look_anchor,
    page_layers_store,
)
from gallery.errors import SupersededError
from gallery.events import retouch_announce
from gallery.groups import groups_advance
from gallery.models import Analysis, Rendition, Retouch, RetouchVersion
from gallery.previews import PREVIEW_SIZE, photo_make_previews, rendition_store_thumbnails
from gallery.services import RUN_JOB, decisions_hash, upload_limits
from gallery.webhooks.services import retouch_notify
from job_queue.queue import JobTimeoutError, enqueue, job_id
from retouch_engine import retoucher, services
from retouch_engine.retoucher import (
    AnalysisError,
    CheckpointError,
    DecodedPhoto,
    ImageError,
    Recipe,
    Retoucher,
)

logger = logging.getLogger(__name__)

MAXIMUM_ATTEMPTS = 3
PROGRESS_SECONDS = 0.25
SWEEP_GRACE = timedelta(seconds=5)
# A heartbeat's lifetime: after Redis forgot everything, living workers announce themselves again.
SWEEP_PATIENCE_SECONDS = 6.0


def retouch_run(identifier: str) -> None:
    """Run job `{row id}-{number}`; does nothing unless the row still waits for this number."""
    row_id, _, number = identifier.rpartition("-")
    retouch = _claim(row_id, int(number))
    if retouch is None:
        return
    try:
        _process(retouch)
    except SupersededError:
        logger.info("job %s was superseded", identifier)
    except (ImageError, CheckpointError) as error:
        _fail(retouch, error.code, error.detail)
    except AnalysisError as error:
        _fail(retouch, "analysis_damaged", str(error))
    except DatabaseError:
        raise
    except JobTimeoutError:
        logger.exception("job %s took too long", identifier)
        _fail(retouch, "timed_out", _too_long())
    except FileNotFoundError:
        logger.exception("job %s: a stored file is gone", identifier)
        _fail(retouch, "file_missing", "The stored photo is gone: please upload it again.")
    except Exception:
        logger.exception("job %s failed", identifier)
        _fail(retouch, "internal_error", "Something went wrong here; the operator's log says what.")


def _too_long() -> str:
    return (
        f"This photo was not done in {settings.JOB_TIMEOUT_SECONDS} s, so it was stopped: "
        "please try again when less is going on, or with a smaller copy."
    )


def _claim(row_id: str, number: int) -> Retouch | None:
    claimed = Retouch.objects.filter(
        pk=row_id, status=Retouch.Status.QUEUED, enqueue_number=number
    ).update(
        status=Retouch.Status.RUNNING,
        attempt=F("attempt") + 1,
        progress=0.0,
        started_at=timezone.now(),
    )
    if not claimed:
        return None
    # Under the number that was claimed: a newer wish may have come in between.
    mine = Retouch.objects.select_related("photo").filter(pk=row_id, enqueue_number=number)
    retouch = mine.first()
    if retouch is not None:
        retouch_announce(retouch)
    return retouch


def _mine(retouch: Retouch) -> QuerySet[Retouch]:
    return Retouch.objects.filter(
        pk=retouch.pk,
        status=Retouch.Status.RUNNING,
        enqueue_number=retouch.enqueue_number,
    )


def _progress(retouch: Retouch, share: float) -> None:
    if not _mine(retouch).update(progress=round(share, 3)):
        raise SupersededError
    retouch_announce(retouch)


def _throttled(retouch: Retouch) -> Callable[[float], None]:
    """Return a progress callback that writes at most four times a second."""
    last = time.monotonic()

    def report(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= PROGRESS_SECONDS:
            _progress(retouch, 0.15 + 0.6 * share)
            last = time.monotonic()

    return report


def _process(retouch: Retouch) -> None:
    started = time.monotonic()
    photo = retouch.photo
    decoded = retoucher.decode(storage.read(photo.file), upload_limits())
    decode_seconds = round(time.monotonic() - started, 3)
    photo_make_previews(photo, decoded)
    _progress(retouch, 0.15)
    row, analysis = _analysis(retouch, decoded)
    _take_carried_decisions(retouch, analysis)
    _progress(retouch, 0.75)
    recipe = Recipe.from_dict(retouch.recipe)
    rendition = Rendition.objects.filter(
        analysis=row,
        recipe_hash=retouch.recipe_hash,
        decisions_hash=decisions_hash(retouch.decisions),
    ).first()
    if rendition is None or not storage.exists(rendition.file):
        decisions = all_decisions(retouch, retouch.analysis_id)
        anchor = look_anchor(retouch.look)
        result = Retoucher.render(decoded, analysis, recipe, decisions, anchor)
        result.report["seconds"]["decode"] = decode_seconds
        _progress(retouch, 0.95)
        rendition = _rendition_save(retouch, row, result, rendition)
    _finish(retouch, rendition)
    # Last: who waits for the file need not wait for its page.
    page_layers_store(row, decoded, analysis)


def _take_carried_decisions(retouch: Retouch, analysis: retoucher.Analysis) -> None:
    """Give decisions that were made on another analysis to the marks at the same places."""
    if not retouch.carried_decisions:
        return
    for place in retouch.carried_decisions:
        mark = analysis.mark_at(place["x"], place["y"], place["radius"])
        if mark is not None:
            retouch.decisions[str(mark.id)] = place["decision"]
    retouch.carried_decisions = []
    if not _mine(retouch).update(decisions=retouch.decisions, carried_decisions=[]):
        raise SupersededError


def _engine(retouch: Retouch) -> Retoucher:
    """Return the retoucher of the row's checkpoint; raises CheckpointError if it is not here."""
    reference = services.promoted_checkpoint()
    if reference.sha256 != retouch.checkpoint_sha256:
        # The promoted one replaced it before this row ran: the row follows.
        if not _mine(retouch).update(
            checkpoint_name=reference.name, checkpoint_sha256=reference.sha256
        ):
            raise SupersededError
        retouch.checkpoint_name, retouch.checkpoint_sha256 = reference.name, reference.sha256
    return services.retoucher_for(reference.path, services.promoted_checkpoint("tone").path)


def _analysis(retouch: Retouch, decoded: DecodedPhoto) -> tuple[Analysis, retoucher.Analysis]:
    """Return the stored analysis, which needs no weights any more, or make it."""
    row = analysis_of(retouch)
    analysis = _readable(row) if row is not None else None
    if row is None or analysis is None:
        analysis = _engine(retouch).analyse(decoded, _throttled(retouch))
        damaged, row = row, analysis_save(retouch.photo, analysis)
        if damaged is not None and damaged.pk != row.pk:
            # Decisions name marks of an analysis that nobody can read any more.
            retouch.decisions = {}
    if not _mine(retouch).update(analysis=row, decisions=retouch.decisions):
        raise SupersededError
    retouch.analysis = row
    return row, analysis


def _readable(row: Analysis) -> retoucher.Analysis | None:
    try:
        return analysis_load(row)
    except (AnalysisError, OSError):
        logger.exception("the analysis %s is damaged: made again", row.pk)
        return None


def _rendition_save(
    retouch: Retouch, row: Analysis, result: retoucher.Result, lost: Rendition | None
) -> Rendition:
    """Store a result; in the place of `lost`, the row of one whose file is gone."""
    rendition = lost or Rendition(
        analysis=row,
        recipe_hash=retouch.recipe_hash,
        decisions_hash=decisions_hash(retouch.decisions),
    )
    replaced = [rendition.preview, rendition.tone]
    stored = _rendition_files(rendition, result)
    try:
        with transaction.atomic():
            rendition.save()
        for name in filter(None, replaced):
            storage.remove(name)
    except IntegrityError as error:
        for name in stored:
            storage.remove(name)
        known = Rendition.objects.filter(
            analysis=row,
            recipe_hash=rendition.recipe_hash,
            decisions_hash=rendition.decisions_hash,
        ).first()
        if known is None:
            raise SupersededError from error
        return known
    return rendition


def _rendition_files(rendition: Rendition, result: retoucher.Result) -> list[str]:
    """Store a result's files and note them in its row; returns their names."""
    data, folder = result.encoded.data, f"renditions/{rendition.pk}"
    rendition.content_type = result.encoded.content_type
    rendition.extension = result.encoded.extension
    rendition.sha256, rendition.bytes = hashlib.sha256(data).hexdigest(), len(data)
    rendition.report = result.report
    rendition.file = storage.store(f"{folder}/file", data)
    preview = retoucher.thumbnail(result.srgb, PREVIEW_SIZE)
    rendition.preview = storage.store(f"{folder}/preview.webp", preview)
    rendition.tone = ""
    if result.tone is not None:
        shown = json.dumps(retoucher.shown_tone(result.tone)).encode()
        rendition.tone = storage.store(f"{folder}/tone.json", shown)
    small = rendition_store_thumbnails(rendition, result.srgb)
    return [*filter(None, (rendition.file, rendition.preview, rendition.tone)), *small]


@transaction.atomic
def _finish(retouch: Retouch, rendition: Rendition) -> None:
    finished = _mine(retouch).update(
        status=Retouch.Status.SUCCEEDED, progress=1.0, finished_at=timezone.now()
    )
    if not finished:
        raise SupersededError
    RetouchVersion.objects.update_or_create(
        retouch=retouch,
        number=retouch.version,
        defaults={
            "recipe": retouch.recipe,
            "decisions": retouch.decisions,
            "look": retouch.look,
            "rendition": rendition,
            "checkpoint_name": retouch.checkpoint_name,
            "report": rendition.report,
        },
    )
    retouch_announce(retouch)
    retouch_notify(retouch)
    _tell_groups(retouch)


@transaction.atomic
def _fail(retouch: Retouch, code: str, detail: str) -> None:
    failed = _mine(retouch).update(
        status=Retouch.Status.FAILED,
        error_code=code,
        error_detail=detail,
        finished_at=timezone.now(),
    )
    if failed:
        retouch_announce(retouch)
        retouch_notify(retouch)
        _tell_groups(retouch)


def _tell_groups(retouch: Retouch) -> None:
    """Let groups that wait for this photo go on, after the commit; the sweeper does so too."""
    transaction.on_commit(lambda: groups_advance(retouch))


def retouch_sweep(live: set[str]) -> None:
    """Give rows that no live worker knows back to the queue; `live` holds job ids.

    A row that lost three workers fails with `worker_lost`: its photo may be what kills them.
    """
    before = timezone.now() - SWEEP_GRACE
    waiting = Retouch.objects.filter(status=Retouch.Status.QUEUED, queued_at__lt=before)
    running = Retouch.objects.filter(status=Retouch.Status.RUNNING, started_at__lt=before)
    rows = {job_id(str(row.pk), row.enqueue_number): row for row in [*waiting, *running]}
    now = time.monotonic()
    for identifier in [known for known in _missing_since if known not in rows or known in live]:
        del _missing_since[identifier]
    for identifier, retouch in rows.items():
        if identifier in live:
            continue
        if now - _missing_since.setdefault(identifier, now) >= SWEEP_PATIENCE_SECONDS:
            _recover(retouch)


_missing_since: dict[str, float] = {}


@transaction.atomic
def _recover(retouch: Retouch) -> None:
    row = Retouch.objects.filter(
        pk=retouch.pk, status=retouch.status, enqueue_number=retouch.enqueue_number
    )
    if retouch.status == Retouch.Status.RUNNING and retouch.attempt >= MAXIMUM_ATTEMPTS:
        detail = (
            f"This photo ended its worker {retouch.attempt} times, so it was given up: "
            "please try a smaller copy or another format."
        )
        changed = row.update(
            status=Retouch.Status.FAILED,
            error_code="worker_lost",
            error_detail=detail,
            finished_at=timezone.now(),
        )
        if changed:
            retouch_notify(retouch)
    else:
        changed = row.update(
            status=Retouch.Status.QUEUED,
            enqueue_number=F("enqueue_number") + 1,
            queued_at=timezone.now(),
            progress=0.0,
            started_at=None,
        )
        if changed:
            enqueue(RUN_JOB, str(retouch.pk), retouch.enqueue_number + 1)
    if changed:
        logger.warning("retouch %s was lost by its worker", retouch.pk)
        retouch_announce(retouch)
