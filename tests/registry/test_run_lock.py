"""A run is held by the process that trains it, and free the moment that process is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from retouch_engine.models import TrainingRun
from retouch_engine.run_lock import RunHeldError, is_held, run_held

pytestmark = pytest.mark.django_db

HOLD = """
import sys, time
from pathlib import Path
from retouch_engine.run_lock import run_held
with run_held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def condition(client: Client) -> str:
    page = client.get("/admin/retouch_engine/trainingrun/").content.decode()
    return page.split('class="field-condition">')[1].split("<")[0]


def test_a_killed_run_is_interrupted_on_the_staffs_pages(
    training: subprocess.Popen[str], tmp_path: Path, staff: User, client: Client
) -> None:
    folder = tmp_path / "run"
    run = TrainingRun.objects.create(
        name="run", folder=str(folder), started_at=timezone.now(), config={}
    )
    client.force_login(staff)
    assert condition(client) == "running"
    training.send_signal(signal.SIGKILL)
    training.wait()
    assert condition(client) == "interrupted"
    page = client.get(f"/admin/retouch_engine/trainingrun/{run.pk}/change/").content.decode()
    assert "go on with train --resume" in page


def test_a_run_is_trained_by_one_process_at_a_time(
    training: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert is_held(tmp_path / "run")
    with pytest.raises(RunHeldError, match="another process"), run_held(tmp_path / "run"):
        pass
    training.kill()
    training.wait()
    with run_held(tmp_path / "run"):
        pass
    assert not is_held(tmp_path / "run")


def test_a_run_whose_folder_is_gone_is_held_by_nobody(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "absent")
