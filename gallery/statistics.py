"""Figures for staff about everybody's retouches: counts, times and codes, never what is on photos.

Every function asks one or two indexed queries, or remembers what a slower one said for a minute.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from gallery.models import (
    Analysis,
    Photo,
    Rendition,
    Retouch,
    RetouchVersion,
    Webhook,
    WebhookDelivery,
)
from gallery.services import UNFINISHED

# Of a list on a page, and of the rows that times are taken from.
MOST_ROWS, MOST_TIMES = 20, 1000
REMEMBERED_SECONDS = 60.0


@dataclass(frozen=True)
class Unfinished:
    """What waits and runs; oldest: since when the longest waiting row has waited."""

    queued: int
    running: int
    oldest: datetime | None


@dataclass(frozen=True)
class Durations:
    """Seconds from wish to result of the newest `count` retouches since some time."""

    count: int
    median: float
    p95: float
    total: float


@dataclass(frozen=True)
class Failures:
    """How often a code ended retouches, and when it did last."""

    code: str
    count: int
    newest: datetime


@dataclass(frozen=True)
class Stored:
    """Bytes of what is kept, and what arrived in the last 24 hours."""

    photos: int
    original_bytes: int
    analysis_bytes: int
    rendition_bytes: int
    uploads: int
    upload_bytes: int


def unfinished() -> Unfinished:
    """Return what waits and runs now."""
    queued = Q(status=Retouch.Status.QUEUED)
    found = Retouch.objects.filter(status__in=UNFINISHED).aggregate(
        queued=Count("pk", filter=queued),
        all=Count("pk"),
        oldest=Min("queued_at", filter=queued),
    )
    return Unfinished(found["queued"], found["all"] - found["queued"], found["oldest"])


def running() -> list[Retouch]:
    """Return what runs, the longest first."""
    rows = Retouch.objects.filter(status=Retouch.Status.RUNNING).order_by("started_at")
    return list(rows[:MOST_ROWS])


def finished_per_hour(now: datetime, hours: int = 24) -> list[tuple[datetime, int]]:
    """Return how many versions were finished in each of the last hours, the oldest first."""
    # Hours of UTC: those of India begin half an hour later.
    newest = now.replace(minute=0, second=0, microsecond=0)
    starts = [newest - timedelta(hours=back) for back in reversed(range(hours))]
    counted = dict(
        RetouchVersion.objects.filter(finished_at__gte=starts[0])
        .order_by()
        .annotate(hour=TruncHour("finished_at", tzinfo=UTC))
        .values_list("hour")
        .annotate(Count("pk"))
    )
    return [(start, counted.get(start, 0)) for start in starts]


def durations(since: datetime) -> Durations:
    """Return how long retouches took that succeeded since, waiting included."""
    rows = Retouch.objects.filter(status=Retouch.Status.SUCCEEDED, finished_at__gte=since)
    times = rows.order_by("-finished_at").values_list("queued_at", "finished_at")[:MOST_TIMES]
    seconds = sorted(
        (finished - queued).total_seconds() for queued, finished in times if finished is not None
    )
    return Durations(len(seconds), quantile(seconds, 0.5), quantile(seconds, 0.95), sum(seconds))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value that `share` of the ordered ones do not exceed, 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def failures(since: datetime) -> list[Failures]:
    """Return the codes that ended retouches since, the most frequent first."""
    rows = Retouch.objects.filter(status=Retouch.Status.FAILED, finished_at__gte=since)
    counted = (
        rows.order_by().values_list("error_code").annotate(n=Count("pk"), last=Max("finished_at"))
    )
    return [Failures(*row) for row in counted.order_by("-n", "error_code")[:MOST_ROWS]]


def newest_failures() -> list[Retouch]:
    """Return what failed last."""
    rows = Retouch.objects.filter(status=Retouch.Status.FAILED, finished_at__isnull=False)
    return list(rows.order_by("-finished_at")[: MOST_ROWS // 2])


def deliveries() -> dict[str, int]:
    """Return how many webhook deliveries wait, and how many webhooks fail or were disabled."""
    webhooks = Webhook.objects.aggregate(
        failing=Count("pk", filter=Q(enabled=True, failures__gt=0)),
        disabled=Count("pk", filter=~Q(disabled_reason="")),
    )
    waiting = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.QUEUED).count()
    return {"queued": waiting, **webhooks}


def stored() -> Stored:
    """Return what is kept, at most a minute old: adding it up reads whole tables."""
    now = time.monotonic()
    if _remembered and now - _remembered[0][0] < REMEMBERED_SECONDS:
        return _remembered[0][1]
    found = _stored()
    _remembered[:] = [(now, found)]
    return found


_remembered: list[tuple[float, Stored]] = []


def _stored() -> Stored:
    since = Q(created_at__gte=timezone.now() - timedelta(days=1))
    photos = Photo.objects.aggregate(
        count=Count("pk"),
        total=Sum("bytes", default=0),
        new=Count("pk", filter=since),
        new_bytes=Sum("bytes", filter=since, default=0),
    )
    analyses = Analysis.objects.aggregate(total=Sum("bytes", default=0))
    renditions = Rendition.objects.aggregate(total=Sum("bytes", default=0))
    return Stored(
        photos=photos["count"],
        original_bytes=photos["total"],
        analysis_bytes=analyses["total"],
        rendition_bytes=renditions["total"],
        uploads=photos["new"],
        upload_bytes=photos["new_bytes"],
    )
