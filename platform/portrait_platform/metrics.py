"""`/metrics`: Prometheus' text format, for whoever holds METRICS_TOKEN.

Everything is read from the database and Redis when it is asked for, so that any web process
answers for the whole installation; a client library counts within one process. What rows tell of
the last hour is a gauge: rows are erased with their photos, and a counter must not fall.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from redis.exceptions import RedisError

from gallery import statistics
from job_queue.heartbeats import COLD
from job_queue.status import queue_status
from portrait_platform.dashboard import disk
from portrait_platform.version import software_version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Gauge:
    """A family of samples: label values to number; help is one sentence with the unit."""

    name: str
    help: str
    samples: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = field(default=())

    def lines(self) -> Iterable[str]:
        """Return the family as text."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for values, number in self.samples.items():
            pairs = zip(self.labels, values, strict=True)
            inside = ",".join(f'{label}="{_escaped(value)}"' for label, value in pairs)
            yield f"{self.name}{{{inside}}} {number}" if inside else f"{self.name} {number}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _one(name: str, help: str, number: float) -> Gauge:  # noqa: A002
    return Gauge(f"portrait_{name}", help, {(): number})


def _by(name: str, help: str, label: str, samples: Mapping[str, float]) -> Gauge:  # noqa: A002
    by_values: dict[tuple[str, ...], float] = {
        (value,): number for value, number in samples.items()
    }
    return Gauge(f"portrait_{name}", help, by_values, (label,))


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus text to whoever holds METRICS_TOKEN; 404 to all others."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, expected):
        raise Http404
    families = [
        _by("info", "The software, always 1.", "version", {software_version(): 1}),
        *_redis_gauges(),
        *_database_gauges(),
        *_disk_gauges(),
    ]
    lines = [line for family in families for line in family.lines()]
    return HttpResponse("\n".join(lines) + "\n", content_type=CONTENT_TYPE)


def _redis_gauges() -> list[Gauge]:
    up = "Whether Redis answers."
    try:
        status = queue_status()
    except RedisError:
        return [_one("redis_up", up, 0)]
    beats = status.workers.values()
    return [
        _one("redis_up", up, 1),
        _one("queue_length", "Jobs that wait in Redis, of every kind.", status.jobs),
        _one("workers", "Workers alive.", len(beats)),
        _one("workers_busy", "Workers that run a job.", sum(b.is_busy for b in beats)),
        _one("workers_cold", "Workers without networks.", sum(b.job == COLD for b in beats)),
        _one(
            "worker_memory_bytes", "Resident memory of all workers.", sum(b.memory for b in beats)
        ),
        _one("worker_jobs", "Jobs that the living workers have ended.", sum(b.done for b in beats)),
        _one(
            "model_loads",
            "Times that the living workers have loaded networks.",
            sum(int(b.facts.get("loads", 0)) for b in beats),
        ),
    ]


def _database_gauges() -> list[Gauge]:
    up = "Whether the database answers."
    try:
        return [_one("database_up", up, 1), *_retouch_gauges(), *_storage_gauges()]
    except DatabaseError:
        return [_one("database_up", up, 0)]


def _retouch_gauges() -> list[Gauge]:
    now = timezone.now()
    open_rows, taken = statistics.unfinished(), statistics.durations(now - HOUR)
    wait = (now - open_rows.oldest).total_seconds() if open_rows.oldest else 0
    failed = {row.code: row.count for row in statistics.failures(now - HOUR)}
    states = {"queued": open_rows.queued, "running": open_rows.running}
    quantiles = {"0.5": taken.median, "0.95": taken.p95}
    deliveries = statistics.deliveries()
    return [
        _by("retouches", "Unfinished retouches.", "status", states),
        _one("queue_oldest_wait_seconds", "How long the oldest queued retouch has waited.", wait),
        _by(
            "retouch_duration_seconds",
            "From wish to result, of retouches that succeeded in the last hour.",
            "quantile",
            quantiles,
        ),
        _one(
            "retouches_succeeded_last_hour", "Retouches that succeeded, 1000 at most.", taken.count
        ),
        _by("retouches_failed_last_hour", "Retouches that failed.", "code", failed),
        _one("webhook_deliveries_queued", "Deliveries that wait.", deliveries["queued"]),
        _one("webhooks_failing", "Webhooks whose receiver fails.", deliveries["failing"]),
        _one("webhooks_disabled", "Webhooks that were given up.", deliveries["disabled"]),
    ]


def _storage_gauges() -> list[Gauge]:
    kept = statistics.stored()
    kinds = {
        "originals": kept.original_bytes,
        "analyses": kept.analysis_bytes,
        "renditions": kept.rendition_bytes,
    }
    return [
        _one("photos", "Photos that are kept.", kept.photos),
        _by("stored_bytes", "What is kept, of each kind.", "kind", kinds),
        _one("upload_bytes_last_day", "Uploads of the last 24 hours.", kept.upload_bytes),
        _one("uploads_last_day", "Photos that arrived in the last 24 hours.", kept.uploads),
    ]


def _disk_gauges() -> list[Gauge]:
    usage = disk()
    return [
        _one("disk_free_bytes", "Free space where the data lie.", usage["free"]),
        _one("disk_size_bytes", "Size of the disk where the data lie.", usage["total"]),
    ]
