"""Photos that do harm, known by their JPEG comment, in place of a decoder's bugs."""

import os
import signal
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from gallery import jobs, runs
from job_queue import sweeper, worker
from retouch_engine import retoucher, services
from retouch_engine.retoucher import DecodedPhoto
from tests.job_queue.jobs import lock_keeping_job

KILLS = b"this photo kills its worker"
HANGS_ONCE = b"this photo hangs its worker once"

# Half of what an installation waits for, so that three lost workers fit into a test.
worker.HEARTBEAT_SECONDS, worker.HEARTBEAT_LIFETIME_SECONDS = 0.5, 3
sweeper.SWEEP_SECONDS = 1.0
runs.SWEEP_GRACE, runs.SWEEP_PATIENCE_SECONDS = timedelta(seconds=2), 3.0


def warm_up() -> None:
    """Warm up as an installation does, then let photos do harm where they are decoded."""
    services.warm_up()
    decode = retoucher.decode

    def decode_or_do_harm(data: bytes, limits: object = None) -> DecodedPhoto:
        if KILLS in data:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANGS_ONCE in data and _first_time(Path(settings.DATA_DIR) / "has-hung"):
            lock_keeping_job("")
        return decode(data, limits)

    retoucher.decode = decode_or_do_harm


def sweep(live: set[str]) -> None:
    """Sweep as an installation does."""
    jobs.retouch_sweep(live)


def _first_time(marker: Path) -> bool:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
