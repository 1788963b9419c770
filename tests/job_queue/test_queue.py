"""Jobs run after the commit, on a real Redis and a real worker, and lost ones are noticed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from job_queue import embedded_redis, sweeper
from job_queue.connection import connection, impatient_connection
from job_queue.heartbeats import Heartbeat, heartbeat_send, heartbeats, worker_jobs
from job_queue.queue import enqueue, job_discard, live_job_ids, queue, queue_positions
from job_queue.status import queue_status

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "tests.job_queue.jobs.sleep_job"
PLATFORM = "tests.job_queue.jobs.platform_job"


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def start_worker(**extra: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.test",
        "TEST_DATA_DIR": str(settings.DATA_DIR),
        "PYTHONPATH": str(ROOT),
        **extra,
    }
    before = len(worker_jobs())
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "run_worker"], env=environment, cwd=ROOT
    )
    assert wait_for(lambda: len(worker_jobs()) > before)
    return process


@pytest.fixture
def worker(redis_server: str) -> Iterator[subprocess.Popen[bytes]]:
    process = start_worker()
    yield process
    process.kill()
    process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_job_enters_the_queue_only_after_the_commit(redis_server: str) -> None:
    with transaction.atomic():
        identifier = enqueue(SLEEP, "row", 1)
        assert queue().get_job_ids() == []
    assert queue().get_job_ids() == [identifier] == ["row-1"]


@pytest.mark.django_db(transaction=True)
def test_the_same_number_is_queued_once_and_can_be_discarded(redis_server: str) -> None:
    enqueue(SLEEP, "row", 1)
    enqueue(SLEEP, "row", 1)
    enqueue(SLEEP, "row", 2)
    assert queue_positions()["row-2"] == len(queue())
    job_discard("row-1")
    assert live_job_ids() == {"row-2"}


@pytest.mark.django_db(transaction=True)
def test_without_redis_enqueueing_does_not_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    from redis import Redis

    dead = Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("job_queue.queue.connection", lambda: dead)
    assert enqueue(SLEEP, "row", 1) == "row-1"
    assert queue_positions() == {}


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_is_noticed_within_ten_seconds(
    worker: subprocess.Popen[bytes],
) -> None:
    enqueue(SLEEP, "row", 1)
    assert wait_for(lambda: "row-1" in worker_jobs().values())
    assert "row-1" in live_job_ids()
    os.kill(worker.pid, signal.SIGKILL)
    assert wait_for(lambda: "row-1" not in live_job_ids(), 10)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", ["deaf_job", "lock_keeping_job"])
def test_a_worker_whose_job_hangs_beyond_all_limits_ends_itself(
    job: str, redis_server: str, settings: object, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.JOB_TIMEOUT_SECONDS = 1
    process = start_worker(WATCHDOG_GRACE_SECONDS="1")
    try:
        enqueue(f"tests.job_queue.jobs.{job}", "row", 1)
        assert wait_for(lambda: "row-1" in worker_jobs().values())
        assert process.wait(15) == 1
    finally:
        process.kill()
        process.wait()
    # The log says where it hung.
    assert f"in {job}" in capfd.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_worker_outlives_a_job_that_takes_too_long(redis_server: str, settings: object) -> None:
    process = start_worker()
    settings.JOB_TIMEOUT_SECONDS = 1
    enqueue(SLEEP, "row", 1)
    enqueue(PLATFORM, "row", 2)
    assert wait_for(lambda: connection().get("platform_file") is not None, 15)
    assert process.poll() is None
    process.kill()
    process.wait()


@pytest.mark.django_db(transaction=True)
def test_a_stopped_worker_is_gone_at_once(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    assert worker.wait(20) == 0
    assert worker_jobs() == {}


@pytest.mark.django_db(transaction=True)
def test_a_worker_sees_the_standard_librarys_platform(worker: subprocess.Popen[bytes]) -> None:
    enqueue(PLATFORM, "row", 1)
    assert wait_for(lambda: connection().get("platform_file") is not None)
    assert connection().get("platform_file").decode().endswith("/platform.py")


def test_the_sweeper_hands_live_jobs_to_every_sweep(
    redis_server: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    monkeypatch.setattr("tests.job_queue.jobs.record_sweep", seen.append)
    settings.JOB_QUEUE_SWEEPS = ["tests.job_queue.jobs.record_sweep"]
    sweeper.sweep()
    assert seen == [set()]


def test_a_killed_server_comes_back_with_what_it_held(tmp_path: Path) -> None:
    address = tmp_path / "r.sock"
    url = f"unix://{address}?db=0"
    from redis import Redis

    process = embedded_redis.start(tmp_path, address, url)
    assert process is not None
    client = Redis.from_url(url)
    client.set("kept", "yes")
    assert embedded_redis.start(tmp_path, address, url) is None
    time.sleep(1.2)
    process.kill()
    process.wait()
    again = embedded_redis.start(tmp_path, address, url)
    assert again is not None
    assert Redis.from_url(url).get("kept") == b"yes"
    embedded_redis.stop(url)
    again.wait(10)


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_tells_job_memory_and_what_the_application_adds(
    worker: subprocess.Popen[bytes],
) -> None:
    (beat,) = heartbeats().values()
    # There are no tables here, so it finds no checkpoint.
    assert (beat.job, beat.pid, beat.done) == ("cold", worker.pid, 0)
    assert beat.memory > 50_000_000
    assert beat.facts["checkpoints"] == []
    assert 0 <= time.time() - beat.sent_at < 6
    enqueue(PLATFORM, "row", 1)
    assert wait_for(lambda: [beat.done for beat in heartbeats().values()] == [1])


@pytest.mark.django_db(transaction=True)
def test_a_short_job_can_go_before_those_that_wait(redis_server: str) -> None:
    enqueue(SLEEP, "long", 1)
    enqueue(SLEEP, "short", 1, first=True)
    assert queue().get_job_ids() == ["short-1", "long-1"]


def test_the_status_tells_all_at_once(redis_server: str) -> None:
    status = queue_status()
    assert status.version
    assert status.memory > 0
    assert (status.jobs, dict(status.workers)) == (0, {})
    assert status.obstacle == "no worker is running"
    heartbeat_send("one", Heartbeat(job="cold", since=0), 60)
    assert "could load its networks" in queue_status().obstacle
    heartbeat_send("two", Heartbeat(job="idle", since=0), 60)
    assert queue_status().obstacle == ""


def test_a_redis_that_hangs_is_told_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "r.sock"))
        deaf.listen()
        impatient_connection.cache_clear()
        monkeypatch.setattr(settings, "REDIS_URL", f"unix://{tmp_path / 'r.sock'}")
        started = time.monotonic()
        with pytest.raises(RedisError):
            queue_status()
        assert time.monotonic() - started < 3
    impatient_connection.cache_clear()


def test_a_sweep_that_fails_keeps_no_other_from_its_turn(
    redis_server: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    monkeypatch.setattr("tests.job_queue.jobs.record_sweep", seen.append)
    settings.JOB_QUEUE_SWEEPS = ["builtins.no_sweep", "tests.job_queue.jobs.record_sweep"]
    sweeper.sweep()
    assert seen == [set()]
