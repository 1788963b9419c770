"""A platform as `make run` starts it: what its processes import, and what it logs."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.platform_process import ROOT, Platform

STANDARD_LIBRARY = str(Path(os.__file__).parent / "platform.py")
TELL = "import platform; print(platform.__file__)"
# Python runs it before anything else; every process says on SIGUSR1 what it finds by the name.
SITE_CUSTOMIZE = """
import json, os, signal, sys

def tell(number, frame):
    import platform
    path = os.path.join(os.environ["REPORTS"], str(os.getpid()))
    with open(path + ".draft", "w") as file:
        json.dump([platform.__file__, platform.system(), sys.orig_argv], file)
    os.replace(path + ".draft", path)

signal.signal(signal.SIGUSR1, tell)
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Iterator[Platform]:
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(SITE_CUSTOMIZE)
    # As the Makefile sets it: the folder that holds `platform/` is on the path of every process.
    path = os.pathsep.join(map(str, (site, ROOT, ROOT / "platform")))
    folder = tmp_path_factory.mktemp("platform")
    started = Platform(folder, PYTHONPATH=path, REPORTS=str(reports))
    started.wait_until_ready()
    yield started
    assert started.stop() == 0


def process_ids(running: Platform) -> dict[str, int]:
    """Return the launcher and its Python children; the embedded Redis is none."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(running.process.pid)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    children = {
        name: int(line.split()[0])
        for line in listed.splitlines()
        for name in ("uvicorn", "run_worker", "run_sweeper")
        if name in line
    }
    return {"run_platform": running.process.pid, **children}


def test_every_process_sees_the_standard_librarys_platform(
    running: Platform, reports: Path
) -> None:
    processes = process_ids(running)
    assert set(processes) == {"run_platform", "uvicorn", "run_worker", "run_sweeper"}
    for number in processes.values():
        os.kill(number, signal.SIGUSR1)
    deadline = time.monotonic() + 20
    while not all((reports / str(number)).exists() for number in processes.values()):
        assert time.monotonic() < deadline, sorted(path.name for path in reports.iterdir())
        time.sleep(0.05)
    for name, number in processes.items():
        file, system, command = json.loads((reports / str(number)).read_text())
        assert (file, system) == (STANDARD_LIBRARY, "Linux")
        assert name in " ".join(command)


def test_style_sheets_are_served_without_a_warning(running: Platform) -> None:
    with urllib.request.urlopen(f"{running.url}/static/css/site.css", timeout=10) as answer:
        assert answer.status == 200
        assert b"--accent" in answer.read()
    assert "Warning" not in running.log.read_text()


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", TELL],
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", TELL],
        [
            str(Path(sys.executable).parent / "torchrun"), "--nproc-per-node", "1", "--standalone",
            "--", "manage.py", "shell", "-v", "0", "-c", TELL,
        ],
    ],
    ids=["python", "manage.py", "torchrun"],
)  # fmt: skip
def test_every_command_sees_the_standard_librarys_platform(
    command: list[str], tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "platform"))),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == STANDARD_LIBRARY


def test_this_test_run_sees_the_standard_librarys_platform() -> None:
    assert platform.__file__ == STANDARD_LIBRARY
