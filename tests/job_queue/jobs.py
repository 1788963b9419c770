"""Jobs for the queue's own tests."""

import ctypes
import signal
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


def deaf_job(identifier: str) -> None:
    """Hang like a native call: no signal that Python could handle ends it."""
    _block_signals()
    time.sleep(60)


def lock_keeping_job(identifier: str) -> None:
    """Hang like a native call that keeps the interpreter's lock: no thread of Python runs."""
    _block_signals()
    ctypes.PyDLL(None).sleep(60)


def _block_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGTERM])
