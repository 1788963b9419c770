"""Settings and health."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis
from rest_framework.test import APIClient

from job_queue.heartbeats import Heartbeat, heartbeat_send
from portrait_platform.secret_key import read_or_create_secret_key
from portrait_platform.settings.environment import host_time_zone

ROOT = Path(__file__).resolve().parents[2]


def test_the_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    key = read_or_create_secret_key(path)
    assert len(key) > 50
    assert read_or_create_secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def check_production(tmp_path: Path, **values: str) -> subprocess.CompletedProcess[str]:
    names = ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.production",
        "DATA_DIR": str(tmp_path),
        **values,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_production_refuses_to_start_without_its_secrets(tmp_path: Path) -> None:
    done = check_production(tmp_path)
    assert done.returncode != 0
    assert "set SECRET_KEY" in done.stderr


def test_production_passes_the_deployment_checks_with_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y-" * 20 + "abcdefghijklmnop")
    done = check_production(
        tmp_path,
        SECRET_KEY_FILE=str(tmp_path / "key"),
        ALLOWED_HOSTS="photos.example.org",
        DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}",
        REDIS_URL="redis://localhost:6379/0",
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_health_is_live_but_not_ready_without_a_worker(redis_server: str) -> None:
    client = APIClient()
    assert client.get("/health/live").status_code == 200
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "no worker is running"


@pytest.mark.django_db
def test_health_says_what_is_missing(redis_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = APIClient()
    heartbeat_send("one", Heartbeat(job="cold", since=0), 60)
    assert "could load its networks" in client.get("/health/ready").json()["detail"]
    heartbeat_send("two", Heartbeat(job="row-1", since=0), 60)
    assert client.get("/health/ready").status_code == 200
    dead = Redis.from_url("unix:///nowhere/redis.sock")
    monkeypatch.setattr("job_queue.status.impatient_connection", lambda: dead)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "Redis does not answer")


@pytest.mark.django_db
def test_metrics_are_for_whoever_holds_the_token(redis_server: str, settings: object) -> None:
    client = APIClient()
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "token"
    assert client.get("/metrics").status_code == 404
    answer = client.get("/metrics", headers={"Authorization": "Bearer token"})
    assert b"portrait_queue_length 0" in answer.content


def test_a_second_platform_on_the_same_data_is_refused(tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / "platform.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [sys.executable, "manage.py", "run_platform", "--port", "18999"],
            cwd=ROOT,
            env={
                **os.environ,
                "DATA_DIR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
            },
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert "another platform runs" in done.stderr


def test_ctrl_c_is_one_line_whatever_runs(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", "raise KeyboardInterrupt"],
        cwd=ROOT, env={**os.environ, "DATA_DIR": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 1
    assert answer.stderr == "CommandError: stopped by Ctrl-C\n"


@pytest.mark.parametrize(
    "arguments", [["create_api_key"], ["create_api_key", "a@example.org", "--scope", "all"]]
)
def test_wrong_arguments_are_refused_with_status_1(tmp_path: Path, arguments: list[str]) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "error: " in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_time_zone_is_the_machines_unless_it_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    place = tmp_path / "zoneinfo" / "Europe" / "Vienna"
    place.parent.mkdir(parents=True)
    place.touch()
    (tmp_path / "localtime").symlink_to(place)
    assert host_time_zone(tmp_path / "localtime") == "Europe/Vienna"
    assert host_time_zone(tmp_path / "nothing") == "UTC"
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert host_time_zone(tmp_path / "localtime") == "Asia/Tokyo"


@pytest.mark.parametrize(("kind", "zone"), [("loopback", "Asia/Tokyo"), ("base", "UTC")])
def test_the_machines_time_zone_counts_only_for_who_sits_at_it(
    tmp_path: Path, kind: str, zone: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "TIME_ZONE"}
    answer = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from portrait_platform.settings.{kind} import TIME_ZONE as z; print(z)",
        ],
        env={
            **environment,
            "DATA_DIR": str(tmp_path),
            "TZ": "Asia/Tokyo",
            "PYTHONPATH": "platform",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.stdout.strip() == zone, answer.stderr


def test_a_time_zone_that_there_is_not_is_refused_in_one_line(tmp_path: Path) -> None:
    done = check_production(tmp_path, TIME_ZONE="Middle/Earth")
    assert done.returncode != 0
    assert "TIME_ZONE is 'Middle/Earth': set it to a time zone's name" in done.stderr
