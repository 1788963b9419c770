"""Figures for staff: counted right, with few queries, whatever there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from gallery import runs, services, statistics
from gallery.models import Photo, Retouch, RetouchVersion
from job_queue.queue import job_id

pytestmark = pytest.mark.django_db


def wish(photo: Photo, strength: float, **changes: Any) -> Retouch:
    retouch, _ = services.retouch_create(
        owner=photo.owner, photo=photo, recipe={"blemishes": strength}
    )
    Retouch.objects.filter(pk=retouch.pk).update(**changes)
    return retouch


def test_what_waits_is_counted_and_the_oldest_is_known(photo: Photo) -> None:
    assert statistics.unfinished() == statistics.Unfinished(0, 0, None)
    long_ago = timezone.now() - timedelta(hours=2)
    wish(photo, 0.1, queued_at=long_ago)
    wish(photo, 0.2)
    running = wish(photo, 0.3, status="running", started_at=long_ago)
    wish(photo, 0.4, status="succeeded")
    assert statistics.unfinished() == statistics.Unfinished(2, 1, long_ago)
    assert statistics.running() == [running]


@pytest.mark.parametrize(
    ("seconds", "median", "p95"),
    [([], 0, 0), ([3], 3, 3), ([1, 2], 1, 2), (list(range(1, 101)), 50, 95)],
)
def test_quantiles_are_values_that_occurred(seconds: list, median: float, p95: float) -> None:
    assert statistics.quantile(seconds, 0.5) == median
    assert statistics.quantile(seconds, 0.95) == p95


def test_times_are_from_wish_to_result_waiting_included(photo: Photo) -> None:
    now = timezone.now()
    for index, seconds in enumerate((2, 4, 30)):
        begin = now - timedelta(seconds=seconds)
        wish(photo, index / 10, status="succeeded", queued_at=begin, finished_at=now)
    old = now - timedelta(days=2)
    wish(photo, 0.9, status="succeeded", queued_at=old, finished_at=old)
    found = statistics.durations(now - timedelta(days=1))
    assert (found.count, found.median, found.p95, found.total) == (3, 4, 30, 36)


def test_failures_are_counted_by_code(photo: Photo) -> None:
    now = timezone.now()
    for index, code in enumerate(["timed_out", "worker_lost", "timed_out"]):
        wish(photo, index / 10, status="failed", error_code=code,
             finished_at=now - timedelta(minutes=index))  # fmt: skip
    wish(photo, 0.9, status="failed", error_code="old", finished_at=now - timedelta(days=2))
    found = statistics.failures(now - timedelta(days=1))
    assert [(row.code, row.count, row.newest) for row in found] == [
        ("timed_out", 2, now),
        ("worker_lost", 1, now - timedelta(minutes=1)),
    ]
    assert len(statistics.newest_failures()) == 4


def test_finished_versions_are_counted_by_hour(photo: Photo) -> None:
    retouch = wish(photo, 0.5)
    runs.retouch_run(job_id(str(retouch.pk), 1))
    now = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    RetouchVersion.objects.update(finished_at=now - timedelta(hours=3))
    hours = statistics.finished_per_hour(now)
    assert len(hours) == 24
    assert [count for _, count in hours] == [0] * 20 + [1, 0, 0, 0]
    assert hours[-1][0].minute == 0
    # Where hours begin at half past those of UTC, they are counted all the same.
    with timezone.override("Asia/Kolkata"):
        assert statistics.finished_per_hour(now) == hours


def test_what_is_kept_is_remembered_for_a_minute(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "_remembered", [])
    first = statistics.stored()
    assert (first.photos, first.original_bytes, first.uploads) == (1, photo.bytes, 1)
    Photo.objects.all().delete()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert statistics.stored() is first
    assert len(queries) == 0
    monkeypatch.setattr(statistics, "REMEMBERED_SECONDS", 0)
    assert statistics.stored().photos == 0


def test_people_without_photos_have_figures_too(owner: User) -> None:
    found = statistics.deliveries()
    assert found == {"queued": 0, "failing": 0, "disabled": 0}
