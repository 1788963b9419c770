"""A whole platform as `make run` starts it: server, Redis, worker and sweeper, real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]


class Platform:
    """A running platform on a free port with a data folder of its own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder / "platform.log"
        self.environment = {**os.environ, "DATA_DIR": str(folder), "PORT": str(self.port)}
        self.environment["DJANGO_SETTINGS_MODULE"] = "portrait_platform.settings.loopback"
        self.environment.pop("REDIS_URL", None)
        self.environment.update(settings)
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run_platform"],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def manage(self, *arguments: str) -> str:
        """Run a management command of this installation; returns what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=2):
                    return
            except OSError:
                time.sleep(0.3)
        raise AssertionError(self.log.read_text())

    def kill(self, command: str) -> None:
        """Kill -9 this platform's child that runs `command`."""
        children = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for line in children.splitlines():
            if command in line:
                os.kill(int(line.split()[0]), signal.SIGKILL)
                return
        raise AssertionError(f"no child {command} in {children}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


class ApiClient:
    """A program at a platform's REST API, with a key of its own account."""

    def __init__(self, platform: Platform, email: str) -> None:
        self.url = f"{platform.url}/api/v1"
        key = platform.manage("create_api_key", email, "--create").splitlines()[-1]
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def submit(self, data: bytes, name: str = "portrait.jpg") -> str:
        """Upload a photo and wish its retouch; returns the retouch's id."""
        answer = self.session.post(f"{self.url}/photos/", files={"file": (name, data)}, timeout=30)
        wish = {"photo": answer.json()["id"]}
        answer = self.session.post(f"{self.url}/retouches/", json=wish, timeout=30)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def row(self, retouch: str) -> dict[str, Any]:
        answer = self.session.get(f"{self.url}/retouches/{retouch}/", timeout=10)
        return dict(answer.json())

    def wait_for(self, retouch: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        """Return the row once it has one of the statuses; server restarts are waited out."""
        deadline = time.monotonic() + seconds
        row: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                row = self.row(retouch)
            except requests.RequestException:
                row = {}
            if row.get("status") in statuses:
                return row
            time.sleep(0.2)
        raise AssertionError(f"{retouch} is {row}, not one of {statuses}")
