"""Heartbeats: what each living worker says of itself, kept in Redis for a few seconds."""

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from job_queue.connection import connection

HEARTBEAT_PREFIX = "portrait:worker:"
IDLE = "idle"
# A worker that could not load its networks: it takes jobs, and tells each what is wrong.
COLD = "cold"


@dataclass(frozen=True)
class Heartbeat:
    """What a worker said last.

    job: the id of what it runs, `idle` or `cold`; since: when that began; sent_at: when it said so
    (seconds since 1970); memory: resident bytes, 0 where unknown; done: jobs it has ended; facts:
    what the application adds, see JOB_QUEUE_FACTS.
    """

    job: str
    since: float
    sent_at: float = field(default_factory=time.time)
    started_at: float = 0.0
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    memory: int = 0
    done: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        """Return whether it runs a job."""
        return self.job not in (IDLE, COLD)


def heartbeat_send(worker: str, beat: Heartbeat, lifetime_seconds: int) -> None:
    """Say what a worker does; raises RedisError."""
    connection().set(f"{HEARTBEAT_PREFIX}{worker}", json.dumps(asdict(beat)), ex=lifetime_seconds)


def heartbeat_stop(worker: str) -> None:
    """Say that a worker is gone; raises RedisError."""
    connection().delete(f"{HEARTBEAT_PREFIX}{worker}")


def heartbeats(client: Redis | None = None) -> dict[str, Heartbeat]:
    """Return what each living worker said last; dead ones are not there. Raises RedisError."""
    client = client or connection()
    keys = sorted(_text(key) for key in client.scan_iter(f"{HEARTBEAT_PREFIX}*", count=1000))
    values = client.mget(keys) if keys else []
    return {
        key.removeprefix(HEARTBEAT_PREFIX): Heartbeat(**json.loads(value))
        for key, value in zip(keys, values, strict=True)
        if value is not None
    }


def worker_jobs() -> dict[str, str]:
    """Return by worker what it does: a job's id, `idle` or `cold`; raises RedisError."""
    return {worker: beat.job for worker, beat in heartbeats().items()}


def resident_bytes() -> int:
    """Return the memory that this process keeps, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
