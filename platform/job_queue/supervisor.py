"""Keeps child processes alive: what dies is started again, slower when it dies at once."""

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 15.0


def _die_with_parent() -> None:
    """Ask the kernel to end this child when its launcher dies, so that no orphan holds the port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0

    def start(self) -> None:
        """Start the process in a group of its own."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self.started_at = time.monotonic()

    def ensure(self) -> None:
        """Start the process again if it ended and its pause is over."""
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process is not None:
            logger.warning(
                "%s ended with %s: starting it again", self.name, self.process.returncode
            )
            lived = now - self.started_at
            self.pause = 0.0 if lived > 30 else min(max(2 * self.pause, 0.5), LONGEST_PAUSE_SECONDS)
            self.process = None
            self.started_at = now
        if now - self.started_at >= self.pause:
            self.start()

    def stop(self) -> None:
        """Ask the process to end, and kill it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
