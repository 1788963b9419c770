"""The job path under fire: real processes are killed, and every photo ends once and well."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import cv2
import pytest
from redis import Redis

from tests.support.platform_process import ROOT, ApiClient, Platform
from tests.support.portraits import encoded, painted_astronaut

FINAL = ("succeeded", "failed", "cancelled")
QUEUE = "rq:queue:default"
RECOVERY_SECONDS = 60


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
    return encoded(pixels, quality=90, comment=f"portrait {number}".encode())


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


def heartbeats(redis: Redis) -> list[bytes]:
    return list(redis.scan_iter("portrait:worker:*"))


def jobs_taken(redis: Redis) -> list[int]:
    """Return how many jobs each living worker has ended; the one that ends a copy second counts
    it as failed, since RQ has forgotten the job by then."""
    names = sorted(key.decode().removeprefix("portrait:worker:") for key in heartbeats(redis))
    fields = ("successful_job_count", "failed_job_count")
    return [sum(int(n or 0) for n in redis.hmget(f"rq:worker:{name}", fields)) for name in names]


def succeeded_by(client: ApiClient, retouches: list[str], deadline: float) -> bool:
    """Return whether all rows end well before a point of time."""
    rows = [
        client.wait_for(retouch, *FINAL, seconds=deadline - time.monotonic())
        for retouch in retouches
    ]
    return {row["status"] for row in rows} == {"succeeded"}


def test_two_workers_that_get_the_same_job_at_once_run_it_once(
    platform: Platform, client: ApiClient, redis: Redis
) -> None:
    first = worker_pid(platform)
    second = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"], cwd=ROOT, env=platform.environment
    )
    try:
        wait_for(lambda: len(heartbeats(redis)) == 2)
        before = jobs_taken(redis)
        # Both wait in Redis, are stopped, and so have each their copy in hand when they go on.
        for process in (first, second.pid):
            os.kill(process, signal.SIGSTOP)
        retouch = client.submit(portrait(1))
        redis.rpush(QUEUE, f"{retouch}-1")
        assert redis.llen(QUEUE) == 0
        for process in (first, second.pid):
            os.kill(process, signal.SIGCONT)
        row = client.wait_for(retouch, *FINAL)
        wait_for(lambda: jobs_taken(redis) == [count + 1 for count in before])
        assert (row["status"], row["attempt"], row["version"]) == ("succeeded", 1, 1)
        assert client.row(retouch) == row
        assert len(list((platform.folder / "media" / "renditions").iterdir())) == 1
    finally:
        second.terminate()
        second.wait(30)


def submit_until_one_runs(client: ApiClient, numbers: range) -> list[str]:
    """Return new retouches of which the first runs and the last waits."""
    sizes = (2000, 1024, 1024)
    retouches = [client.submit(portrait(*pair)) for pair in zip(numbers, sizes, strict=True)]
    client.wait_for(retouches[0], "running")
    assert client.row(retouches[-1])["status"] == "queued"
    return retouches


def test_nothing_is_lost_when_redis_forgets_everything(client: ApiClient, redis: Redis) -> None:
    retouches = submit_until_one_runs(client, range(4, 7))
    redis.flushall()
    assert succeeded_by(client, retouches, time.monotonic() + RECOVERY_SECONDS)


def test_nothing_is_lost_when_redis_is_killed(platform: Platform, client: ApiClient) -> None:
    retouches = submit_until_one_runs(client, range(7, 10))
    platform.kill("unixsocket:")
    assert succeeded_by(client, retouches, time.monotonic() + RECOVERY_SECONDS)
    # The worker came back too: a job of today does not need the sweeper.
    assert client.wait_for(client.submit(portrait(10)), *FINAL)["status"] == "succeeded"


def test_a_killed_launcher_leaves_nothing_that_blocks_the_next_start(
    platform: Platform, client: ApiClient
) -> None:
    retouch = client.submit(portrait(11, 2400))
    platform.process.kill()
    platform.process.wait()
    platform.start()
    # Its own announcement: an orphan of the first would answer as ready too.
    wait_for(lambda: platform.log.read_text().count("Portrait platform:") == 2)
    platform.wait_until_ready()
    assert client.wait_for(retouch, *FINAL)["status"] == "succeeded"
