"""`manage.py train` as a process that is killed, stopped, and spread over two processes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.platform_process import ROOT
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.slow

CONFIG = {
    "samples": 400,
    "batch": 4,
    "crop": 64,
    "warm_up_samples": 8,
    "checkpoint_every_samples": 40,
    "generator": {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1},
    "discriminator": {"ndf": 4, "n_layers": 2, "num_D": 2},
}


class Installation:
    """A data folder with an imported data set and the tiny config."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DATA_DIR": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
            "OMP_NUM_THREADS": "1",
        }
        for split, quality in (("train", 95), ("val", 90)):
            (folder / "source" / split).mkdir(parents=True)
            photo = encoded(large_astronaut(), quality=quality)
            (folder / "source" / split / "astronaut.jpg").write_bytes(photo)
        (folder / "tiny.json").write_text(json.dumps(CONFIG))
        self.manage("migrate", "-v0")
        self.manage("import_dataset", "portraits", str(folder / "source"), "--name", "faces")

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True
        )

    def train(self, run: str, *extra: str, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start a training; its standard error comes as text."""
        return subprocess.Popen(
            [
                *(launcher or (sys.executable,)), "manage.py", "train", "--dataset", "faces",
                "--config", str(self.folder / "tiny.json"), "--run", run, "--device", "cpu", *extra,
            ],
            cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run_folder(self, run: str) -> Path:
        return self.folder / "data" / "runs" / run

    def weights(self, run: str) -> str:
        data = (self.run_folder(run) / f"{run}.safetensors").read_bytes()
        return hashlib.sha256(data).hexdigest()

    def wait_for_state(self, run: str) -> None:
        deadline = time.monotonic() + 120
        while not (self.run_folder(run) / "state.pt").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("training"))


@pytest.mark.timeout(600)
def test_a_training_killed_at_any_moment_ends_as_if_it_had_not_been(
    installation: Installation,
) -> None:
    assert installation.train("whole").wait() == 0
    killed = installation.train("killed")
    installation.wait_for_state("killed")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (installation.run_folder("killed") / "killed.safetensors").exists()
    assert installation.train("killed", "--resume").wait() == 0
    assert installation.weights("killed") == installation.weights("whole")


@pytest.mark.timeout(600)
def test_a_training_asked_to_stop_says_how_to_go_on(installation: Installation) -> None:
    stopped = installation.train("stopped")
    installation.wait_for_state("stopped")
    stopped.send_signal(signal.SIGTERM)
    errors = stopped.communicate()[1]
    assert stopped.returncode == 1
    assert "stopped by SIGTERM" in errors
    assert "--resume" in errors
    assert "Traceback" not in errors


@pytest.mark.timeout(600)
def test_two_processes_train_one_checkpoint(installation: Installation) -> None:
    torchrun = str(Path(sys.executable).parent / "torchrun")
    launcher = (torchrun, "--nproc-per-node", "2", "--standalone", "--")
    both = installation.train("both", launcher=launcher)
    errors = both.communicate()[1]
    assert both.returncode == 0, errors
    card = json.loads((installation.run_folder("both") / "both.json").read_text())
    assert card["training"]["samples"] == CONFIG["samples"]
    log = (installation.run_folder("both") / "log.jsonl").read_text().splitlines()
    # The last one says what was seen in how many minutes.
    assert [json.loads(line)["samples"] for line in log] == [*range(40, 401, 40), 400]
