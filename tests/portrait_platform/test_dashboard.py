"""The staff's dashboard: for staff alone, cheap, true, and of use when Redis is down."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import Redis

from accounts.models import User
from gallery import services, statistics
from gallery.models import Photo, Retouch
from job_queue.heartbeats import Heartbeat, heartbeat_send
from portrait_platform.dashboard import CHART_HEIGHT, bars
from portrait_platform.templatetags.spans import span
from tests.support.people import api

pytestmark = pytest.mark.django_db
PAGES = ["/admin/dashboard/", "/admin/dashboard/figures/"]


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_remembered", [])


@pytest.fixture
def dead_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("job_queue.status.impatient_connection", lambda: dead)


def wishes(photo: Photo, count: int, **changes: object) -> list[Retouch]:
    rows = [
        services.retouch_create(
            owner=photo.owner, photo=photo, recipe={"blemishes": (index + 1) / 100}
        )[0]
        for index in range(count)
    ]
    Retouch.objects.filter(pk__in=[row.pk for row in rows]).update(**changes)
    return rows


@pytest.mark.parametrize("page", PAGES)
def test_only_staff_see_it(
    page: str, redis_server: str, owner: User, stranger: User, staff: User
) -> None:
    for person in (None, owner, stranger):
        answer = api(person).get(page)
        assert answer.status_code == 302
        assert "/admin/login/" in answer.url
    assert api(staff).get(page).status_code == 200
    assert api(staff).post(page).status_code == 405


def test_the_header_and_the_administration_lead_to_it(redis_server: str, staff: User) -> None:
    for page in ("/albums/", "/admin/"):
        assert b'href="/admin/dashboard/"' in api(staff).get(page).content


def test_it_says_what_waits_runs_and_failed_and_why(
    redis_server: str, staff: User, photo: Photo
) -> None:
    now = timezone.now()
    waiting, running, failed = wishes(photo, 3)
    rows = Retouch.objects
    rows.filter(pk=waiting.pk).update(queued_at=now - timedelta(minutes=7))
    rows.filter(pk=running.pk).update(
        status="running", progress=0.4, started_at=now - timedelta(seconds=42), attempt=2
    )
    rows.filter(pk=failed.pk).update(
        status="failed", error_code="worker_lost", error_detail="It ended its worker.",
        finished_at=now,
    )  # fmt: skip
    page = api(staff).get(PAGES[1]).content.decode()
    assert "the oldest for 7 min" in page
    assert "for 42 s, attempt 2" in page
    assert 'value="0.400"' in page
    assert "It ended its worker." in page
    link = "/admin/gallery/retouch/?status__exact=failed&amp;error_code=worker_lost"
    assert link in page
    listed = api(staff).get(link.replace("&amp;", "&")).content.decode()
    assert str(failed.pk) in listed
    assert str(waiting.pk) not in listed


def test_a_worker_is_shown_with_its_health(redis_server: str, staff: User, photo: Photo) -> None:
    (row,) = wishes(photo, 1)
    beat = Heartbeat(
        job=f"{row.pk}-1", since=time.time() - 65, memory=1_500_000_000, done=17,
        facts={"checkpoints": ["shipped", "shipped_tone"], "loads": 1},
    )  # fmt: skip
    heartbeat_send("0123456789abcdef", beat, 60)
    page = api(staff).get(PAGES[1]).content.decode()
    for text in (
        "01234567",
        "busy",
        str(row.pk)[:8],
        "1 min",
        "1.4",
        "17",
        "shipped, shipped_tone",
    ):
        assert text in page
    heartbeat_send("0123456789abcdef", Heartbeat(job="cold", since=time.time()), 60)
    assert "could load its networks" in api(staff).get(PAGES[1]).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_with_redis_down_it_says_so_and_shows_the_rest_soon(
    page: str, dead_redis: None, staff: User, photo: Photo
) -> None:
    wishes(photo, 2)
    started = time.monotonic()
    answer = api(staff).get(page)
    assert time.monotonic() - started < 5
    text = answer.content.decode()
    assert "Redis does not answer" in text
    assert ">2</a>" in text


def test_it_asks_as_much_of_a_hundred_rows_as_of_one(
    redis_server: str, staff: User, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        monkeypatch.setattr(statistics, "_remembered", [])
        client = api(staff)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGES[1])
        return len(queries)

    wishes(photo, 1, status="failed", error_code="x", finished_at=timezone.now())
    first = asked()
    wishes(photo, 60, status="failed", error_code="x", finished_at=timezone.now())
    wishes(photo, 30, status="running", started_at=timezone.now())
    assert asked() == first <= 20


def test_nobodys_words_are_on_it(redis_server: str, staff: User, photo: Photo) -> None:
    Photo.objects.update(name="anna-in-june.jpg")
    services.album_create(owner=photo.owner, title="Annas wedding")
    wishes(photo, 1, status="failed", error_code="x", finished_at=timezone.now())
    page = api(staff).get(PAGES[0]).content.decode()
    for word in ("anna-in-june", "wedding", photo.owner.email):
        assert word not in page


def test_the_chart_is_drawn_to_its_highest_hour() -> None:
    now = timezone.now()
    drawn = bars([(now, 0), (now, 1), (now, 200)])
    assert [bar["height"] for bar in drawn] == [1, 2, CHART_HEIGHT]
    assert [bar["y"] + bar["height"] for bar in drawn] == [CHART_HEIGHT] * 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12.4, "12 s"), (200, "3 min"), (7500, "2 h 5 min"), (400_000, "4 d"),
     (None, "–")],
)  # fmt: skip
def test_spans_are_short(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


def test_the_page_needs_no_inline_script_or_style(redis_server: str, staff: User) -> None:
    page = api(staff).get(PAGES[0]).content.decode()
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
