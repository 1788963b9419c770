"""Checkpoints of tests: the shipped weights under another name, and a tiny untrained one."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load_file, save_file

from retouch_engine.networks.generators import build_generator
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.training import TrainingConfig, save_checkpoint

TINY = {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1}


def shipped_copy(folder: Path, name: str, **card: Any) -> Path:
    """Write the shipped weights under another name and hash; `card` replaces values of the card."""
    shipped = shipped_checkpoint_path()
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{name}.safetensors"
    shutil.copy(shipped.with_suffix(".onnx"), folder / f"{name}.onnx")
    save_file(load_file(shipped.with_suffix(".safetensors")), weights, metadata={"name": name})
    values = {**json.loads(shipped.read_text()), "name": name, **card}
    values["sha256"]["safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    path = folder / f"{name}.json"
    path.write_text(json.dumps(values))
    return path


def tiny_checkpoint(folder: Path, name: str, **card: Any) -> Path:
    """Write an untrained generator that changes hardly anything."""
    torch.manual_seed(0)
    options = TrainingConfig.from_dict({"generator": TINY}).generator
    return save_checkpoint(build_generator(options), options, folder / name, card)
