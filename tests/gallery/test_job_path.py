"""The job path under fire: real processes are killed, and every photo ends once and well."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from redis import Redis

from tests.support.platform_process import ROOT, ApiClient, Platform
from tests.support.portraits import encoded, painted_astronaut

FINAL = ("succeeded", "failed", "cancelled")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("platform"))
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def client(platform: Platform) -> ApiClient:
    return ApiClient(platform, "owner@example.org")


@pytest.fixture
def redis(platform: Platform) -> Redis:
    return Redis(unix_socket_path=str(platform.folder / "redis" / "redis.sock"))


def portrait(number: int, size: int = 1024) -> bytes:
    """Return a portrait whose bytes no other number has; a large one takes longer."""
    pixels = cv2.resize(painted_astronaut()[0], (size, size), interpolation=cv2.INTER_CUBIC)
    pixels[:2, :2] = number
    return encoded(np.asarray(pixels, np.uint8), quality=90)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def worker_pid(platform: Platform) -> int:
    listed = subprocess.run(
        ["pgrep", "-P", str(platform.process.pid), "-f", "run_worker"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(listed.stdout.split()[0])


def running_jobs(redis: Redis) -> set[str]:
    keys = list(redis.scan_iter("portrait:worker:*"))
    return {value.decode() for value in redis.mget(keys) if value} if keys else set()


def test_two_workers_that_get_the_same_job_run_it_once(
    platform: Platform, client: ApiClient, redis: Redis
) -> None:
    paused = worker_pid(platform)
    os.kill(paused, signal.SIGSTOP)
    retouch = client.submit(portrait(1, 2400))
    job = f"{retouch}-1"
    for _ in range(2):
        redis.rpush("rq:queue:default", job)
    second = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"], cwd=ROOT, env=platform.environment
    )
    try:
        os.kill(paused, signal.SIGCONT)
        row = client.wait_for(retouch, *FINAL)
        wait_for(lambda: redis.llen("rq:queue:default") == 0 and running_jobs(redis) <= {"idle"})
        assert (row["status"], row["attempt"], row["version"]) == ("succeeded", 1, 1)
        assert client.row(retouch)["finished_at"] == row["finished_at"]
        assert len(list((platform.folder / "media" / "renditions").iterdir())) == 1
    finally:
        second.terminate()
        second.wait(30)


def test_a_photo_that_kills_its_worker_fails_after_three_and_blocks_nobody(
    platform: Platform, client: ApiClient, redis: Redis
) -> None:
    poison = client.submit(portrait(2, 3000))
    for attempt in range(1, 4):
        wait_for(lambda: any(job.startswith(poison) for job in running_jobs(redis)), 40)
        wait_for(lambda n=attempt: client.row(poison)["attempt"] == n, 10)
        platform.kill("run_worker")
        if attempt == 1:
            healthy = client.submit(portrait(3))
    assert client.wait_for(healthy, *FINAL)["status"] == "succeeded"
    row = client.wait_for(poison, *FINAL)
    assert (row["status"], row["error"]["code"]) == ("failed", "worker_lost")
    retried = client.session.post(f"{client.url}/retouches/{poison}/retry/", timeout=10)
    assert retried.status_code == 202
    assert client.wait_for(poison, *FINAL)["status"] == "succeeded"


def test_nothing_is_lost_when_redis_forgets_everything(client: ApiClient, redis: Redis) -> None:
    retouches = [client.submit(portrait(number)) for number in range(4, 7)]
    redis.flushall()
    for retouch in retouches:
        assert client.wait_for(retouch, *FINAL)["status"] == "succeeded"


def test_nothing_is_lost_when_redis_is_killed(platform: Platform, client: ApiClient) -> None:
    retouches = [client.submit(portrait(number)) for number in range(7, 10)]
    platform.kill("unixsocket:")
    for retouch in retouches:
        assert client.wait_for(retouch, *FINAL)["status"] == "succeeded"
    # The worker came back too: a job of today does not need the sweeper.
    assert client.wait_for(client.submit(portrait(10)), *FINAL)["status"] == "succeeded"


def test_a_killed_launcher_leaves_nothing_that_blocks_the_next_start(
    platform: Platform, client: ApiClient
) -> None:
    retouch = client.submit(portrait(11, 2400))
    platform.process.kill()
    platform.process.wait()
    platform.start()
    platform.wait_until_ready()
    assert client.wait_for(retouch, *FINAL)["status"] == "succeeded"
