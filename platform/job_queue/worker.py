"""The warm worker: RQ's SimpleWorker with a heartbeat, a watchdog and fresh connections.

SimpleWorker runs jobs in its own process, so that the networks are loaded once; RQ gives it no
heartbeat during a job and no hard time limit, which a native call that hangs would need.
"""

import faulthandler
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from job_queue.connection import connection
from job_queue.heartbeats import (
    COLD,
    IDLE,
    Heartbeat,
    heartbeat_send,
    heartbeat_stop,
    resident_bytes,
)
from job_queue.queue import queue

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
HEARTBEAT_LIFETIME_SECONDS = 6
WARM_UP_PAUSE_SECONDS = 30.0
Facts = Callable[[], dict[str, Any]]


class WarmWorker(SimpleWorker):
    """Runs jobs in this process; a thread says what it does, a watchdog ends it if a job hangs.

    The watchdog is faulthandler's: a thread outside the interpreter, since one of Python's would
    wait for a native call that hangs with the interpreter's lock. It writes where the job hangs
    to stderr and ends the process with status 1.
    """

    def __init__(self, *args: Any, warm_up: Callable[[], None], facts: Facts, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._warm_up = warm_up
        self._facts = facts
        self._started_at = self._since = time.time()
        self._done = 0
        self._idle = COLD
        # RQ sets 30 in __init__, over whatever a class attribute says.
        self.job_monitoring_interval = HEARTBEAT_SECONDS
        self._current = COLD
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Load what jobs need, then begin to send heartbeats."""
        self._try_to_warm_up()
        self._thread.start()

    def _try_to_warm_up(self) -> None:
        try:
            self._warm_up()
            self._idle = IDLE
        except Exception:
            # It serves all the same, so that each person is told what is wrong.
            logger.exception("warming up failed: trying again in %.0f s", WARM_UP_PAUSE_SECONDS)
        self._warmed_at = time.monotonic()
        if self._current == COLD:
            self._current = self._idle

    def stop_heartbeat(self) -> None:
        """End the heartbeats, so that a stopped worker is gone at once."""
        self._finished.set()
        try:
            heartbeat_stop(self.name)
        except RedisError:
            logger.warning("Redis cannot be reached: the heartbeat will expire")

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Run one job between fresh database connections, watched."""
        close_old_connections()
        limit = float(job.timeout or settings.JOB_TIMEOUT_SECONDS)
        faulthandler.dump_traceback_later(limit + settings.WATCHDOG_GRACE_SECONDS, exit=True)
        self._begin(job.id)
        try:
            return super().perform_job(job, *args, **kwargs)
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._done += 1
            self._begin(self._idle)
            close_old_connections()

    def _begin(self, current: str) -> None:
        self._current, self._since = current, time.time()
        self._beat()

    def _watch(self) -> None:
        while not self._finished.wait(HEARTBEAT_SECONDS):
            if self._current == COLD and time.monotonic() - self._warmed_at > WARM_UP_PAUSE_SECONDS:
                self._try_to_warm_up()
            self._beat()

    def _beat(self) -> None:
        try:
            heartbeat_send(self.name, self._heartbeat(), HEARTBEAT_LIFETIME_SECONDS)
        except RedisError:
            logger.debug("Redis cannot be reached: no heartbeat")

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(
            job=self._current,
            since=self._since,
            started_at=self._started_at,
            memory=resident_bytes(),
            done=self._done,
            facts=self._facts(),
        )


def work(warm_up: Callable[[], None], facts: Facts) -> None:
    """Serve the queue until SIGTERM; waits for Redis, and comes back after it was restarted.

    `warm_up` loads what jobs need; until it has succeeded the worker says that it is cold. `facts`
    gives what heartbeats tell beside what the queue knows: small, quick and without raising.
    """
    while True:
        try:
            return _work_until_stopped(warm_up, facts)
        except RedisError:
            logger.warning("Redis cannot be reached: trying again")
            time.sleep(1)


def _work_until_stopped(warm_up: Callable[[], None], facts: Facts) -> None:
    worker = WarmWorker(
        [queue()],
        connection=connection(),
        serializer=JSONSerializer,
        warm_up=warm_up,
        facts=facts,
    )
    worker.start()
    try:
        worker.work(logging_level="WARNING")
    finally:
        worker.stop_heartbeat()
