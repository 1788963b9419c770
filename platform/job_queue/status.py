"""What pages, probes and metrics ask of the queue: all at once, and without patience."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from job_queue.connection import impatient_connection
from job_queue.heartbeats import COLD, Heartbeat, heartbeats
from job_queue.queue import queue


@dataclass(frozen=True)
class QueueStatus:
    """Redis' version, memory (bytes) and age (seconds), waiting jobs, and living workers."""

    version: str
    memory: int
    uptime: int
    jobs: int
    workers: Mapping[str, Heartbeat]

    @property
    def obstacle(self) -> str:
        """Return why no job would be done now, "" where one would."""
        if not self.workers:
            return _("no worker is running")
        if all(beat.job == COLD for beat in self.workers.values()):
            return _("no worker could load its networks: the worker's log says why")
        return ""


def queue_status() -> QueueStatus:
    """Return how the queue is; raises RedisError within seconds where Redis is down or hangs."""
    client = impatient_connection()
    found = client.info()
    return QueueStatus(
        version=str(found.get("valkey_version") or found.get("redis_version", "")),
        memory=int(found.get("used_memory", 0)),
        uptime=int(found.get("uptime_in_seconds", 0)),
        jobs=len(queue(client)),
        workers=heartbeats(client),
    )
