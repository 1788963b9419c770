"""The warm worker: RQ's SimpleWorker with a heartbeat, a watchdog and fresh connections.

SimpleWorker runs jobs in its own process, so that the networks are loaded once; RQ gives it no
heartbeat during a job and no hard time limit, which a native call that hangs would need.
"""

import faulthandler
import logging
import threading
import time
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from job_queue.connection import connection
from job_queue.queue import HEARTBEAT_PREFIX, IDLE, queue

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
HEARTBEAT_LIFETIME_SECONDS = 6


class WarmWorker(SimpleWorker):
    """Runs jobs in this process; a thread says what it does, a watchdog ends it if a job hangs.

    The watchdog is faulthandler's: a thread outside the interpreter, since one of Python's would
    wait for a native call that hangs with the interpreter's lock. It writes where the job hangs
    to stderr and ends the process with status 1.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # RQ sets 30 in __init__, over whatever a class attribute says.
        self.job_monitoring_interval = HEARTBEAT_SECONDS
        self._current = IDLE
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to send heartbeats."""
        self._thread.start()

    def stop_heartbeat(self) -> None:
        """End the heartbeats, so that a stopped worker is gone at once."""
        self._finished.set()
        try:
            connection().delete(self._key)
        except RedisError:
            logger.warning("Redis cannot be reached: the heartbeat will expire")

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Run one job between fresh database connections, watched."""
        close_old_connections()
        limit = float(job.timeout or settings.JOB_TIMEOUT_SECONDS)
        faulthandler.dump_traceback_later(limit + settings.WATCHDOG_GRACE_SECONDS, exit=True)
        self._current = job.id
        self._beat()
        try:
            return super().perform_job(job, *args, **kwargs)
        finally:
            faulthandler.cancel_dump_traceback_later()
            self._current = IDLE
            self._beat()
            close_old_connections()

    @property
    def _key(self) -> str:
        return f"{HEARTBEAT_PREFIX}{self.name}"

    def _watch(self) -> None:
        while not self._finished.wait(HEARTBEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        try:
            connection().set(self._key, self._current, ex=HEARTBEAT_LIFETIME_SECONDS)
        except RedisError:
            logger.debug("Redis cannot be reached: no heartbeat")


def work() -> None:
    """Serve the queue until SIGTERM; waits for Redis, and comes back after it was restarted."""
    while True:
        try:
            return _work_until_stopped()
        except RedisError:
            logger.warning("Redis cannot be reached: trying again")
            time.sleep(1)


def _work_until_stopped() -> None:
    worker = WarmWorker([queue()], connection=connection(), serializer=JSONSerializer)
    worker.start()
    try:
        worker.work(logging_level="WARNING")
    finally:
        worker.stop_heartbeat()
