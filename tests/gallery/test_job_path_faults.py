"""Photos that hang or kill their worker: real processes, recovery speeded up, see the settings."""

import time
from collections.abc import Iterator

import pytest

from tests.support.faults import HANGS_ONCE, KILLS
from tests.support.platform_process import ApiClient, Platform
from tests.support.portraits import encoded, painted_astronaut

FINAL = ("succeeded", "failed", "cancelled")
LIMIT_SECONDS = 8


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(
        tmp_path_factory.mktemp("platform"),
        DJANGO_SETTINGS_MODULE="tests.support.faulty_settings",
        JOB_TIMEOUT_SECONDS=str(LIMIT_SECONDS - 1),
        WATCHDOG_GRACE_SECONDS="1",
    )
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(platform: Platform) -> ApiClient:
    return ApiClient(platform, "owner@example.org")


def portrait(comment: bytes) -> bytes:
    return encoded(painted_astronaut()[0], quality=90, comment=comment)


def test_a_photo_whose_worker_hangs_is_taken_up_again_by_the_next(
    platform: Platform, client: ApiClient
) -> None:
    retouch = client.submit(portrait(HANGS_ONCE))
    client.wait_for(retouch, "running")
    started = time.monotonic()
    row = client.wait_for(retouch, *FINAL)
    assert (row["status"], row["attempt"]) == ("succeeded", 2)
    assert time.monotonic() - started > LIMIT_SECONDS - 2
    assert "worker ended with" in platform.log.read_text()


def test_a_photo_that_kills_its_worker_fails_after_three_and_blocks_nobody(
    client: ApiClient,
) -> None:
    poison = client.submit(portrait(KILLS))
    behind = client.submit(portrait(b"a healthy photo"))
    healthy = client.wait_for(behind, *FINAL)
    assert (healthy["status"], healthy["attempt"]) == ("succeeded", 1)
    row = client.wait_for(poison, *FINAL)
    assert (row["status"], row["attempt"], row["error"]["code"]) == ("failed", 3, "worker_lost")
    assert "3 times" in row["error"]["detail"]
    assert healthy["finished_at"] < row["finished_at"]
