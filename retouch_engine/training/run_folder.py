"""The folder of a run: config, environment, log, TensorBoard events."""

import json
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from .config import TrainingConfig

PACKAGES = ("torch", "accelerate", "numpy", "opencv-python-headless", "onnx")


class RunFolder:
    """Writes what a run reports: `log.jsonl` for programs, TensorBoard for eyes.

    `writes` is False in all but the first of several processes.
    """

    def __init__(self, path: Path, config: TrainingConfig, *, writes: bool = True) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._started = time.monotonic()
        self._writer = SummaryWriter(str(path / "tensorboard")) if writes else None
        if not writes:
            return
        (path / "config.json").write_text(json.dumps(config.to_dict(), indent=2) + "\n")
        (path / "environment.json").write_text(json.dumps(environment(), indent=2) + "\n")

    def scalars(self, group: str, values: Mapping[str, float], samples: int) -> None:
        """Log numbers after `samples` samples under `group/name`."""
        if self._writer is None:
            return
        line = {"samples": samples, "seconds": round(time.monotonic() - self._started, 2)}
        with (self.path / "log.jsonl").open("a") as log:
            log.write(json.dumps({**line, group: dict(values)}) + "\n")
        for name, value in values.items():
            self._writer.add_scalar(f"{group}/{name}", value, samples)

    def ended(self, samples: int, seconds_before: float) -> None:
        """Log what a run has seen at its end, be it the last one or a stop on the way.

        seconds_before: what it trained before it was resumed; pauses do not count.
        """
        if self._writer is None:
            return
        seconds = time.monotonic() - self._started
        minutes = round((seconds_before + seconds) / 60, 2)
        line = {"samples": samples, "seconds": round(seconds, 2), "trained": {"minutes": minutes}}
        # A disk that is full has its own message; the row still says when the run ended.
        with suppress(OSError), (self.path / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")

    def images(self, name: str, rows: list[Tensor], samples: int) -> None:
        """Log a grid: each row a batch (N, 3, H, W) in 0..1, shown side by side."""
        if self._writer is None:
            return
        grid = torch.cat([torch.cat(list(row.clamp(0, 1)), dim=2) for row in rows], dim=1)
        self._writer.add_image(name, grid, samples)

    def close(self) -> None:
        """Flush everything."""
        if self._writer is not None:
            # Curves that cannot be written any more are no reason to fail: the log has the numbers.
            with suppress(OSError):
                self._writer.close()


def environment() -> dict[str, Any]:
    """Return what a reader needs to judge or repeat a run: versions, machine, revision."""
    return {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "devices": [
            torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())
        ],
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "revision": _revision(),
        "command": sys.argv[1:],
    }


def _revision() -> str:
    answer = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"
