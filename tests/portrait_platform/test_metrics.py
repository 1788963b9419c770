"""`/metrics`: valid text, every figure, and half of it when Redis is down."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from redis import Redis
from rest_framework.test import APIClient

from gallery import services, statistics
from gallery.models import Photo, Retouch
from portrait_platform.metrics import Gauge

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
PAIR = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({PAIR}(?:,{PAIR})*)\}})? (\S+)")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> Samples:
    """Read the text format by its published grammar; anything else is an error."""
    found: Samples = {}
    family = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if comment := re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line):
            kind, family, rest = comment.groups()
            assert kind == "HELP" or rest == "gauge"
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample[1] == family, f"{line} stands apart from its family"
        key = (sample[1], tuple(re.findall(PAIR, sample[2] or "")))
        assert key not in found
        found[key] = float(sample.groups()[-1])
    return found


@pytest.fixture
def scrape(settings: object, monkeypatch: pytest.MonkeyPatch):
    settings.METRICS_TOKEN = "token"
    monkeypatch.setattr(statistics, "_remembered", [])

    def read() -> Samples:
        answer = APIClient().get("/metrics", headers={"Authorization": "Bearer token"})
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        return parsed(answer.content.decode())

    return read


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[(f"portrait_{name}", tuple(labels.items()))]


@pytest.mark.django_db
def test_every_figure_is_there(redis_server: str, scrape, photo: Photo) -> None:
    now = timezone.now()
    services.retouch_create(owner=photo.owner, photo=photo)
    Retouch.objects.update(queued_at=now - timedelta(seconds=90))
    for strength, code in ((0.1, "timed_out"), (0.2, 'a"b\\c')):
        row, _ = services.retouch_create(
            owner=photo.owner, photo=photo, recipe={"blemishes": strength}
        )
        Retouch.objects.filter(pk=row.pk).update(status="failed", error_code=code, finished_at=now)
    done, _ = services.retouch_create(owner=photo.owner, photo=photo, recipe={"blemishes": 0.3})
    Retouch.objects.filter(pk=done.pk).update(
        status="succeeded", queued_at=now - timedelta(seconds=8), finished_at=now
    )
    samples = scrape()
    assert value(samples, "redis_up") == value(samples, "database_up") == 1
    assert value(samples, "retouches", status="queued") == 1
    assert value(samples, "retouches", status="running") == 0
    assert 90 <= value(samples, "queue_oldest_wait_seconds") < 100
    assert value(samples, "retouch_duration_seconds", quantile="0.5") == 8
    assert value(samples, "retouch_duration_seconds", quantile="0.95") == 8
    assert value(samples, "retouches_succeeded_last_hour") == 1
    assert value(samples, "retouches_failed_last_hour", code="timed_out") == 1
    assert value(samples, "retouches_failed_last_hour", code='a\\"b\\\\c') == 1
    assert value(samples, "workers") == value(samples, "model_loads") == 0
    assert value(samples, "photos") == value(samples, "uploads_last_day") == 1
    assert value(samples, "upload_bytes_last_day") == photo.bytes
    assert value(samples, "stored_bytes", kind="originals") == photo.bytes
    assert 0 < value(samples, "disk_free_bytes") < value(samples, "disk_size_bytes")
    assert value(samples, "webhook_deliveries_queued") == 0


@pytest.mark.django_db
def test_without_redis_the_rows_are_counted_all_the_same(
    scrape, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("job_queue.status.impatient_connection", lambda: dead)
    samples = scrape()
    assert value(samples, "redis_up") == 0
    assert ("portrait_workers", ()) not in samples
    assert value(samples, "retouches", status="queued") == 0


def test_a_label_cannot_break_the_text() -> None:
    lines = list(Gauge("name", "Help.", {('x"\\\ny',): 1}, ("label",)).lines())
    assert lines[-1] == 'name{label="x\\"\\\\\\ny"} 1'
