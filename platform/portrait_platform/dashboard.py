"""The staff's dashboard: queue, workers, throughput, failures, storage; one page that refreshes.

It shows counts, times, codes and ids: nobody's pictures, and no names of files.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from gallery import statistics
from job_queue.heartbeats import COLD, IDLE, Heartbeat
from job_queue.status import QueueStatus, queue_status
from portrait_platform.version import software_version
from retouch_engine.retoucher import CheckpointError
from retouch_engine.services import SKIN, TONE, promoted_checkpoint

DAY = timedelta(days=1)
# Of the chart, in its own units.
CHART_HEIGHT, BAR_WIDTH, BAR_GAP = 60, 10, 2
# Below it, the next uploads may find no room.
LOW_DISK_SHARE = 0.1


BUSY = "busy"
STATES = {BUSY: gettext_lazy("busy"), IDLE: gettext_lazy("idle"), COLD: gettext_lazy("no networks")}


@dataclass(frozen=True)
class Worker:
    """A living worker as the page shows it; retouch: the row that it works on, or ""."""

    name: str
    beat: Heartbeat
    state: str
    age: float
    since: datetime
    retouch: str

    @property
    def label(self) -> str:
        """Return the state in words."""
        return str(STATES.get(self.state, self.state))

    @classmethod
    def of(cls, name: str, beat: Heartbeat, now: datetime) -> "Worker":
        """Return what a heartbeat says."""
        since = datetime.fromtimestamp(beat.since, now.tzinfo)
        row = beat.job.rpartition("-")[0] if beat.is_busy else ""
        state = BUSY if beat.is_busy else beat.job
        return cls(name[:8], beat, state, max(0.0, now.timestamp() - beat.sent_at), since, row)


@require_safe
@never_cache
@admin.site.admin_view
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show the dashboard."""
    return render(request, "portrait_platform/dashboard.html", figures())


@require_safe
@never_cache
@admin.site.admin_view
def dashboard_figures(request: HttpRequest) -> HttpResponse:
    """Answer with the part of the page that changes."""
    return render(request, "portrait_platform/_dashboard.html", figures())


def figures() -> dict[str, Any]:
    """Return what the dashboard shows; what Redis knows is None while it is down."""
    now, status = timezone.now(), _queue()
    per_hour = statistics.finished_per_hour(now)
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "now": now,
        "redis": status,
        "workers": [Worker.of(*worker, now) for worker in status.workers.items()] if status else [],
        "unfinished": statistics.unfinished(),
        "running": statistics.running(),
        "today": sum(count for hour, count in per_hour if hour >= midnight),
        "last_day": sum(count for _, count in per_hour),
        "this_hour": per_hour[-1][1],
        "most": max(count for _, count in per_hour),
        "bars": bars(per_hour),
        "chart_width": len(per_hour) * (BAR_WIDTH + BAR_GAP),
        "chart_height": CHART_HEIGHT,
        "durations": statistics.durations(now - DAY),
        "failures": statistics.failures(now - DAY),
        "newest_failures": statistics.newest_failures(),
        "webhooks": statistics.deliveries(),
        "stored": statistics.stored(),
        "disk": disk(),
        "database": _database(),
        "version": software_version(),
        "checkpoints": [_checkpoint(role) for role in (SKIN, TONE)],
    }


def bars(per_hour: list[tuple[datetime, int]]) -> list[dict[str, Any]]:
    """Return the chart's bars; an hour with anything in it is at least a line high."""
    most = max((count for _, count in per_hour), default=0) or 1
    return [
        {
            "x": index * (BAR_WIDTH + BAR_GAP),
            "y": CHART_HEIGHT - height,
            "width": BAR_WIDTH,
            "height": height,
            "hour": hour,
            "count": count,
        }
        for index, (hour, count) in enumerate(per_hour)
        for height in [max(2, round(count / most * CHART_HEIGHT)) if count else 1]
    ]


def disk() -> dict[str, Any]:
    """Return size and free bytes of the disk that the data lie on."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    return {
        "total": usage.total,
        "free": usage.free,
        "is_low": usage.free < LOW_DISK_SHARE * usage.total,
    }


def _queue() -> QueueStatus | None:
    try:
        return queue_status()
    except RedisError:
        return None


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        version = cursor.fetchone()[0]
        cursor.execute(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if sqlite
            else "SELECT pg_database_size(current_database())"
        )
        size = cursor.fetchone()[0]
    return {"vendor": connection.display_name, "version": version, "bytes": size}


def _checkpoint(role: str) -> dict[str, str]:
    try:
        reference = promoted_checkpoint(role)
    except CheckpointError as error:
        return {"role": role, "problem": error.detail}
    return {"role": role, "name": reference.name, "sha256": reference.sha256}
