"""Writing a checkpoint: safetensors, its ONNX and its card under one name."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from retouch_engine.inference import CheckpointError
from retouch_engine.networks import (
    ArchitectureError,
    CoGANConfig,
    CoupledGenerator,
    ExportedGenerator,
    GlobalGenerator,
    LocalEnhancer,
)
from retouch_engine.synthesis import KINDS

from .generators import (
    GeneratorOptions,
    build_generator,
    generator_options,
    kinds_of,
    options_to_dict,
)

FORMAT_VERSION = 1
COUPLED = "cogan"
LOADING_ERRORS = (
    ArchitectureError, KeyError, TypeError, RuntimeError, OSError, SafetensorError,
)  # fmt: skip
WORKING_FACE_WIDTH = 512
# What a network that predicts the picture can tell: it names no kinds.
PICTURE_KINDS = ("none", "blemish")


def save_checkpoint(
    generator: nn.Module, options: GeneratorOptions, stem: Path, card: dict[str, Any]
) -> Path:
    """Write STEM.safetensors (half precision), STEM.onnx and STEM.json; return the card's path.

    The weights are rounded to half precision first, so that both files hold the same network.
    `card` gives data, licence and metrics; architecture and hashes are filled in here.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    half = {name: _half(value) for name, value in generator.state_dict().items()}
    weights, graph = stem.with_suffix(".safetensors"), stem.with_suffix(".onnx")
    save_file(half, weights)
    rounded = build_generator(options)
    rounded.load_state_dict(half)
    export_onnx(rounded.eval(), options.input_multiple, graph)
    kinds = KINDS if kinds_of(options) == len(KINDS) else PICTURE_KINDS
    full = {
        "format_version": FORMAT_VERSION,
        "name": stem.name,
        "role": "skin",
        "architecture": options_to_dict(options),
        "concerns": ["blemishes"],
        "kinds": list(kinds),
        "working_face_width": WORKING_FACE_WIDTH,
        "input_multiple": options.input_multiple,
        **card,
        "sha256": {"safetensors": file_sha256(weights), "onnx": file_sha256(graph)},
    }
    path = stem.with_suffix(".json")
    path.write_text(json.dumps(full, indent=2) + "\n")
    return path


def save_coupled_checkpoint(generator: CoupledGenerator, stem: Path, card: dict[str, Any]) -> Path:
    """Write STEM.safetensors and STEM.json of a coupled GAN; return the card's path.

    It makes pictures of noise, so it has no ONNX and cannot retouch a photo by itself; comparisons
    use it through `CoGANRetoucher`.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    weights = stem.with_suffix(".safetensors")
    save_file({name: _half(value) for name, value in generator.state_dict().items()}, weights)
    full = {
        "format_version": FORMAT_VERSION,
        "name": stem.name,
        "role": "skin",
        "architecture": {"name": COUPLED, **generator.config.to_dict()},
        "concerns": [],
        "kinds": [],
        "working_face_width": WORKING_FACE_WIDTH,
        "input_multiple": 1,
        **card,
        "sha256": {"safetensors": file_sha256(weights)},
    }
    path = stem.with_suffix(".json")
    path.write_text(json.dumps(full, indent=2) + "\n")
    return path


def load_coupled_generator(card_path: Path) -> CoupledGenerator:
    """Rebuild a coupled generator from its card and safetensors; raises CheckpointError."""
    values = dict(json.loads(card_path.read_text())["architecture"])
    weights = card_path.with_suffix(".safetensors")
    if values.pop("name", None) != COUPLED:
        raise CheckpointError("checkpoint_alien", f"{card_path} is of no coupled GAN")
    try:
        generator = CoupledGenerator(CoGANConfig(**values))
        generator.load_state_dict(load_file(weights))
    except (*LOADING_ERRORS, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error
    return generator.eval()


def _half(value: Tensor) -> Tensor:
    stored = value.detach().cpu().contiguous()
    return stored.half() if stored.is_floating_point() else stored


def load_generator(card_path: Path) -> nn.Module:
    """Rebuild the torch network of a checkpoint from its card and safetensors.

    Raises CheckpointError for weights that do not fit the card's architecture.
    """
    card = json.loads(card_path.read_text())
    weights = card_path.with_suffix(".safetensors")
    try:
        generator = build_generator(generator_options(card["architecture"]))
        generator.load_state_dict(load_file(weights))
    except LOADING_ERRORS as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error
    return generator.eval()


def start_from(generator: nn.Module, card_path: Path) -> None:
    """Give a fresh generator the weights of a checkpoint, to go on from there.

    A checkpoint of pix2pixHD's global generator G1 also starts the coarse part of its local
    enhancer G2. Raises CheckpointError where the architectures do not fit.
    """
    trained = load_generator(card_path)
    enhancer = next((m for m in generator.modules() if isinstance(m, LocalEnhancer)), None)
    coarse = next((m for m in trained.modules() if isinstance(m, GlobalGenerator)), None)
    try:
        if enhancer is not None and coarse is not None:
            enhancer.load_global(coarse)
        else:
            generator.load_state_dict(trained.state_dict())
    except ValueError as error:
        raise CheckpointError("checkpoint_alien", str(error)) from error
    except RuntimeError as error:
        reason = f"{card_path} is of another architecture than this config's generator"
        raise CheckpointError("checkpoint_alien", reason) from error


def export_onnx(generator: nn.Module, input_multiple: int, path: Path) -> None:
    """Export to ONNX with dynamic batch, height and width; see the card for names and ranges."""
    exported = ExportedGenerator(generator).eval()
    example = torch.zeros(1, 3, 2 * max(input_multiple, 32), 3 * max(input_multiple, 32))
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
