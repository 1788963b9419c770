"""The sweeper gives rows back to the queue that no live worker knows any more."""

import logging
import time

from django.conf import settings
from django.db import close_old_connections
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from job_queue.queue import live_job_ids

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 4.0


def sweep() -> None:
    """Call every registered sweep with the ids of live jobs; raises RedisError.

    One that fails is logged and keeps no other from its turn.
    """
    live = live_job_ids()
    for path in settings.JOB_QUEUE_SWEEPS:
        try:
            import_string(path)(live)
        except RedisError:
            raise
        except Exception:
            logger.exception("%s failed", path)


def sweep_forever() -> None:
    """Sweep every few seconds; an error in one round is logged and the next goes on."""
    while True:
        close_old_connections()
        try:
            sweep()
        except RedisError:
            logger.warning("Redis cannot be reached: sweeping later")
        except Exception:
            logger.exception("a sweep failed")
        time.sleep(SWEEP_SECONDS)
