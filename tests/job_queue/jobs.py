"""Jobs for the queue's own tests."""

import time

from job_queue.connection import connection


def sleep_job(identifier: str) -> None:
    """Take long enough to be killed."""
    time.sleep(60)


def platform_job(identifier: str) -> None:
    """Say which `platform` a worker imports."""
    import platform

    connection().set("platform_file", platform.__file__)


def record_sweep(live: set[str]) -> None:
    """Be replaced by a test."""
