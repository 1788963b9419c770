"""manage.py run_platform: everything on this machine, one address; what `make run` calls."""

import fcntl
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.services import staff_invitation_create
from job_queue import embedded_redis
from job_queue.supervisor import Child

HOST = "127.0.0.1"
READY_SECONDS = 60.0


class Command(BaseCommand):
    """Start Redis, web server, worker and sweeper, and keep them alive."""

    help = "Run the whole platform on loopback until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the port."""
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGINT or SIGTERM, then stop in order."""
        port = options["port"]
        folder = Path(settings.DATA_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        lock = _only_one(folder)
        _check_port(port)
        self._stopping = False
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._stop)
        embedded = not settings.REDIS_IS_EXTERNAL
        children = _children(port)
        try:
            if embedded:
                _start_redis()
            call_command("migrate", verbosity=0, interactive=False)
            self._supervise(children, port, embedded)
        finally:
            for child in children:
                child.stop()
            if embedded:
                embedded_redis.stop(settings.REDIS_URL)
            lock.close()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _supervise(self, children: list[Child], port: int, embedded: bool) -> None:
        deadline, announced = time.monotonic() + READY_SECONDS, False
        last_check = time.monotonic()
        while not self._stopping:
            for child in children:
                child.ensure()
            if not announced and _is_live(port):
                self._announce(port)
                announced = True
            if not announced and time.monotonic() > deadline:
                raise CommandError("the web server did not start: see the lines above")
            if embedded and time.monotonic() - last_check > 2:
                _start_redis()
                last_check = time.monotonic()
            time.sleep(0.2)
        self.stdout.write("Stopping ...")

    def _announce(self, port: int) -> None:
        address = f"http://{HOST}:{port}"
        self.stdout.write(f"\nPortrait platform: {address}/\n")
        invitation = staff_invitation_create()
        if invitation:
            self.stdout.write(f"Become staff (once, after signing up): {address}{invitation}\n")
        self.stdout.flush()


def _start_redis() -> None:
    try:
        embedded_redis.start(settings.REDIS_FOLDER, settings.REDIS_SOCKET, settings.REDIS_URL)
    except embedded_redis.RedisStartError as error:
        raise CommandError(str(error)) from error


def _only_one(folder: Path) -> IO[str]:
    """Hold a lock on the data folder; the kernel frees it even after a kill -9."""
    lock = (folder / "platform.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CommandError(f"another platform runs on {folder}: stop it or set DATA_DIR") from error
    return lock


def _check_port(port: int) -> None:
    # Children of a killed launcher need a moment to end, so the port is tried for a while.
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    raise CommandError(f"port {port} is in use: set PORT to another") from error
        time.sleep(0.5)


def _children(port: int) -> list[Child]:
    manage = [sys.executable, str(settings.ROOT / "manage.py")]
    web = [
        sys.executable, "-m", "uvicorn", "portrait_platform.asgi:application",
        "--app-dir", str(settings.ROOT / "platform"), "--host", HOST, "--port", str(port),
        "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5",
    ]  # fmt: skip
    return [
        Child("web", web),
        Child("worker", [*manage, "run_worker"]),
        Child("sweeper", [*manage, "run_sweeper"]),
    ]


def _is_live(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health/live", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
