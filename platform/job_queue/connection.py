"""The one way to Redis."""

from functools import lru_cache

from django.conf import settings
from redis import Redis


@lru_cache(maxsize=1)
def connection() -> Redis:
    """Return this process's client; it reconnects by itself after Redis was restarted."""
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, health_check_interval=10)
