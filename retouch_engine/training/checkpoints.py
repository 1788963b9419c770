"""Writing a checkpoint: safetensors, its ONNX and its card under one name."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from retouch_engine.networks import EditGenerator, EditGeneratorConfig, ExportedGenerator
from retouch_engine.synthesis import KINDS

FORMAT_VERSION = 1
WORKING_FACE_WIDTH = 512


def save_checkpoint(generator: EditGenerator, stem: Path, card: dict[str, Any]) -> Path:
    """Write STEM.safetensors (half precision), STEM.onnx and STEM.json; return the card's path.

    The weights are rounded to half precision first, so that both files hold the same network.
    `card` gives data, licence and metrics; architecture and hashes are filled in here.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    half = {name: value.detach().cpu().half() for name, value in generator.state_dict().items()}
    weights, graph = stem.with_suffix(".safetensors"), stem.with_suffix(".onnx")
    save_file(half, weights)
    rounded = EditGenerator(generator.config)
    rounded.load_state_dict({name: value.float() for name, value in half.items()})
    export_onnx(rounded, graph)
    full = {
        "format_version": FORMAT_VERSION,
        "name": stem.name,
        "role": "skin",
        "architecture": {"name": "edit_generator", **generator.config.to_dict()},
        "concerns": ["blemishes"],
        "kinds": list(KINDS),
        "working_face_width": WORKING_FACE_WIDTH,
        "input_multiple": generator.config.input_multiple,
        **card,
        "sha256": {"safetensors": file_sha256(weights), "onnx": file_sha256(graph)},
    }
    path = stem.with_suffix(".json")
    path.write_text(json.dumps(full, indent=2) + "\n")
    return path


def load_generator(card_path: Path) -> EditGenerator:
    """Rebuild the torch network of a checkpoint from its card and safetensors."""
    card = json.loads(card_path.read_text())
    architecture = dict(card["architecture"])
    architecture.pop("name")
    architecture["global_channels"] = tuple(architecture["global_channels"])
    generator = EditGenerator(EditGeneratorConfig(**architecture))
    state = load_file(card_path.with_suffix(".safetensors"))
    generator.load_state_dict({name: value.float() for name, value in state.items()})
    return generator.eval()


def export_onnx(generator: EditGenerator, path: Path) -> None:
    """Export to ONNX with dynamic batch, height and width; see the card for names and ranges."""
    exported = ExportedGenerator(generator).eval()
    example = torch.from_numpy(np.zeros((1, 3, 64, 96), np.float32))
    names = ["residual", "mask", "kinds"]
    axes = {name: {0: "batch", 2: "height", 3: "width"} for name in ["image", *names]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported,
            (example,),
            str(path),
            input_names=["image"],
            output_names=names,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
