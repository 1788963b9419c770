"""A real Redis for tests, started only for those that ask for it."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from job_queue import embedded_redis
from job_queue.connection import connection


@pytest.fixture(scope="session")
def redis_process() -> Iterator[str]:
    """Run the embedded server in the tests' data folder."""
    url = settings.REDIS_URL
    embedded_redis.start(settings.REDIS_FOLDER, settings.REDIS_SOCKET, url)
    yield url
    embedded_redis.stop(url)


@pytest.fixture
def redis_server(redis_process: str) -> str:
    """Return the address of an empty server."""
    if not embedded_redis.responds(redis_process):
        embedded_redis.start(settings.REDIS_FOLDER, settings.REDIS_SOCKET, redis_process)
    connection().flushall()
    return redis_process
