"""The embedded server under trouble: slow, hung, orphaned; never two on the same files."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from redis import Redis

from job_queue import embedded_redis


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "r.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.started: list[Popen[bytes]] = []

    def start(self) -> Popen[bytes] | None:
        process = embedded_redis.start(self.folder, self.socket, self.url)
        if process is not None:
            self.started.append(process)
        return process


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.start()
    yield running
    for process in running.started:
        process.kill()
        process.wait()


def test_a_server_that_stalls_is_waited_for(server: Server) -> None:
    Redis.from_url(server.url).set("kept", "yes")
    os.kill(server.started[0].pid, signal.SIGSTOP)
    threading.Timer(4, os.kill, (server.started[0].pid, signal.SIGCONT)).start()
    began = time.monotonic()
    assert server.start() is None
    assert time.monotonic() - began > 3
    assert len(server.started) == 1
    assert Redis.from_url(server.url).get("kept") == b"yes"


def test_a_server_that_hangs_for_good_is_replaced(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_redis, "HUNG_SECONDS", 1.0)
    Redis.from_url(server.url).set("kept", "yes")
    time.sleep(1.2)
    os.kill(server.started[0].pid, signal.SIGSTOP)
    assert server.start() is not None
    assert server.started[0].wait(5) == -signal.SIGKILL
    assert Redis.from_url(server.url).get("kept") == b"yes"


def test_an_old_pid_file_that_names_another_program_does_not_block(server: Server) -> None:
    server.started[0].kill()
    server.started[0].wait()
    (server.folder / embedded_redis.PID_FILE).write_text(str(os.getpid()))
    assert server.start() is not None
    assert embedded_redis.responds(server.url)
