"""The one enqueue function, and what the queue knows about a job: waiting, running, gone.

A job is a dotted path and one id, `{row id}-{number}`; the number counts every enqueue of the row
and is the fencing token of whoever finishes it. The row in the database is the truth: losing the
whole queue loses nothing, since the sweeper puts rows back that no live worker knows.
"""

import logging

from django.conf import settings
from django.db import transaction
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from job_queue.connection import connection
from job_queue.heartbeats import heartbeats

logger = logging.getLogger(__name__)

QUEUE_NAME = "default"
# What a job meets when it took JOB_TIMEOUT_SECONDS.
JobTimeoutError = JobTimeoutException


def queue(client: Redis | None = None) -> Queue:
    """Return the queue that every worker serves."""
    return Queue(QUEUE_NAME, connection=client or connection(), serializer=JSONSerializer)


def job_id(row_id: str, number: int) -> str:
    """Return RQ's id of a row's n-th enqueue."""
    return f"{row_id}-{number}"


def enqueue(job: str, row_id: str, number: int, *, first: bool = False) -> str:
    """Enqueue dotted path `job` for a row when the transaction commits; returns the job's id.

    `first` is for short jobs that need not wait behind long ones. A Redis that cannot be reached
    is logged and not raised: the row stays queued, and the sweeper enqueues it later.
    """
    identifier = job_id(str(row_id), number)
    transaction.on_commit(lambda: _push(job, identifier, first=first))
    return identifier


def _push(job: str, identifier: str, *, first: bool) -> None:
    try:
        queue().enqueue_call(
            job,
            args=(identifier,),
            job_id=identifier,
            timeout=settings.JOB_TIMEOUT_SECONDS,
            result_ttl=0,
            failure_ttl=86_400,
            unique=True,
            at_front=first,
        )
    except DuplicateJobError:
        logger.info("job %s is queued already", identifier)
    except RedisError:
        logger.warning("Redis cannot be reached: %s waits for the sweeper", identifier)


def job_discard(identifier: str) -> None:
    """Take a waiting job out of the queue and forget it; nothing happens where it is not there."""
    try:
        queue().remove(identifier)
        Job.fetch(identifier, connection=connection(), serializer=JSONSerializer).delete()
    except NoSuchJobError:
        return
    except RedisError:
        logger.warning("Redis cannot be reached: %s was not taken out", identifier)


def live_job_ids() -> set[str]:
    """Return the ids that wait or that a live worker runs; raises RedisError."""
    return {*queue().get_job_ids(), *_running_job_ids()}


def _running_job_ids() -> set[str]:
    return {beat.job for beat in heartbeats().values() if beat.is_busy}


def queue_positions() -> dict[str, int]:
    """Return each waiting job's position, 1 being next; nothing where Redis cannot be reached."""
    try:
        return {identifier: n for n, identifier in enumerate(queue().get_job_ids(), start=1)}
    except RedisError:
        return {}
