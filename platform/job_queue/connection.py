"""The one way to Redis, for those who wait and for those who only ask how things are."""

from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


@lru_cache(maxsize=1)
def connection() -> Redis:
    """Return this process's client; it reconnects by itself after Redis was restarted."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=10)


@lru_cache(maxsize=1)
def impatient_connection() -> Redis:
    """Return a client that gives up after a second, for pages that must answer all the same."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=1,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )
