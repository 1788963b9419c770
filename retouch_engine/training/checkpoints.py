"""Writing a checkpoint: safetensors, its ONNX and its card under one name."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from retouch_engine.inference import CheckpointError
from retouch_engine.inference.checkpoint import ENCODER_PREFIX
from retouch_engine.inference.torch_runtime import LOADING_ERRORS, load_generator
from retouch_engine.networks import (
    CoGANConfig,
    CoupledGenerator,
    EditGenerator,
    ExportedGenerator,
    FeatureEncoder,
    FeatureEncoderConfig,
    GlobalGenerator,
    LocalEnhancer,
)
from retouch_engine.networks.generators import (
    GeneratorOptions,
    build_generator,
    concerns_of,
    kinds_of,
    options_to_dict,
)
from retouch_engine.networks.widening import widened
from retouch_engine.synthesis import KINDS

FORMAT_VERSION = 1
COUPLED = "cogan"
WORKING_FACE_WIDTH = 512
# What a network that predicts the picture can tell: it names no kinds.
PICTURE_KINDS = ("none", "blemish")


def save_checkpoint(
    generator: nn.Module,
    options: GeneratorOptions,
    stem: Path,
    card: dict[str, Any],
    encoder: nn.Module | None = None,
) -> Path:
    """Write STEM.safetensors (half precision), STEM.onnx and STEM.json; return the card's path.

    The weights are rounded to half precision first, so that both files hold the same network.
    `card` gives data, licence and metrics; architecture and hashes are filled in here. `encoder`:
    the E that the generator was trained with; its weights, at full precision, are kept to cluster
    styles with, and are not needed to retouch.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    half = {name: _half(value) for name, value in generator.state_dict().items()}
    weights, graph = stem.with_suffix(".safetensors"), stem.with_suffix(".onnx")
    save_file({**half, **_encoder_tensors(encoder)}, weights)
    rounded = build_generator(options)
    rounded.load_state_dict(half)
    export_onnx(rounded.eval(), options.input_multiple, graph)
    kinds = KINDS if kinds_of(options) == len(KINDS) else PICTURE_KINDS
    full = {
        "format_version": FORMAT_VERSION,
        "name": stem.name,
        "role": "skin",
        "architecture": options_to_dict(options),
        "concerns": ["blemishes", *concerns_of(options)],
        "kinds": list(kinds),
        "working_face_width": WORKING_FACE_WIDTH,
        "input_multiple": options.input_multiple,
        **({"encoder": encoder.config.to_dict()} if isinstance(encoder, FeatureEncoder) else {}),
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


def _encoder_tensors(encoder: nn.Module | None) -> dict[str, Tensor]:
    if encoder is None:
        return {}
    values = encoder.state_dict().items()
    return {f"{ENCODER_PREFIX}{name}": value.detach().cpu().contiguous() for name, value in values}


def _half(value: Tensor) -> Tensor:
    stored = value.detach().cpu().contiguous()
    return stored.half() if stored.is_floating_point() else stored


def replace_tensors(
    card_path: Path, prefix: str, tensors: Mapping[str, NDArray[Any]], told: Mapping[str, Any]
) -> str:
    """Put float32 tensors under names with a prefix into a checkpoint; return its new hash.

    Replaces all that had the prefix. told: what the card says of them, by key. Each file is written
    beside the old one and moved into place, the card last: after an interruption in between, the
    card's old hash does not match and the call can be repeated. Raises OSError when there is no
    room.
    """
    weights = card_path.with_suffix(".safetensors")
    kept = {k: v for k, v in load_file(weights).items() if not k.startswith(prefix)}
    for name, value in tensors.items():
        kept[prefix + name] = torch.from_numpy(np.ascontiguousarray(value, np.float32))
    card = json.loads(card_path.read_text())
    new_weights, new_card = (path.with_name(f".{path.name}.part") for path in (weights, card_path))
    try:
        save_file(kept, new_weights)
        card |= told
        card["sha256"]["safetensors"] = file_sha256(new_weights)
        new_card.write_text(json.dumps(card, indent=2) + "\n")
        new_weights.replace(weights)
        new_card.replace(card_path)
    finally:
        for path in (new_weights, new_card):
            path.unlink(missing_ok=True)
    return str(card["sha256"]["safetensors"])


def load_encoder(card_path: Path) -> FeatureEncoder:
    """Rebuild the feature encoder E that a checkpoint was trained with, ready for use.

    Raises CheckpointError where it has none, or where its weights do not fit the card.
    """
    card = json.loads(card_path.read_text())
    if not card.get("encoder"):
        raise CheckpointError(
            "checkpoint_alien",
            f"checkpoint {card_path.stem} was trained without encoder: train one with the config "
            "pix2pixhd_features, or another that has the key encoder",
        )
    weights = card_path.with_suffix(".safetensors")
    try:
        encoder = FeatureEncoder(FeatureEncoderConfig(**card["encoder"]))
        tensors = {
            name.removeprefix(ENCODER_PREFIX): value
            for name, value in load_file(weights).items()
            if name.startswith(ENCODER_PREFIX)
        }
        encoder.load_state_dict(tensors)
    except (*LOADING_ERRORS, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CheckpointError("checkpoint_alien", f"{weights} does not load: {reason}") from error
    return encoder.eval()


def start_from(generator: nn.Module, card_path: Path, encoder: nn.Module | None = None) -> None:
    """Give a fresh generator the weights of a checkpoint, to go on from there.

    A checkpoint of pix2pixHD's global generator G1 also starts the coarse part of its local
    enhancer G2. A fresh `encoder` starts with the checkpoint's, which must then have one. Concerns
    are predicted by a branch of their own, which starts afresh where the checkpoint has none, and
    is left behind where the generator has none. Our edit generator may be wider or deeper than the
    checkpoint's, see `networks.widening`. Raises CheckpointError where the architectures do not
    fit.
    """
    trained = load_generator(card_path)
    enhancer = next((m for m in generator.modules() if isinstance(m, LocalEnhancer)), None)
    coarse = next((m for m in trained.modules() if isinstance(m, GlobalGenerator)), None)
    try:
        if enhancer is not None and coarse is not None:
            enhancer.load_global(coarse)
        else:
            _load_all_but_concerns(generator, trained)
        if encoder is not None:
            encoder.load_state_dict(load_encoder(card_path).state_dict())
    except ValueError as error:
        raise CheckpointError("checkpoint_alien", str(error)) from error
    except RuntimeError as error:
        reason = f"{card_path} is of another architecture than this config's generator"
        raise CheckpointError("checkpoint_alien", reason) from error


def _load_all_but_concerns(generator: nn.Module, trained: nn.Module) -> None:
    own, theirs = generator.state_dict(), trained.state_dict()
    has_both = any(map(is_of_concerns, own)) and any(map(is_of_concerns, theirs))
    if not has_both:
        theirs = {name: value for name, value in theirs.items() if not is_of_concerns(name)}
        theirs |= {name: value for name, value in own.items() if is_of_concerns(name)}
    if isinstance(generator, EditGenerator):
        theirs = widened(own, theirs)
    generator.load_state_dict(theirs)


def is_of_concerns(name: str) -> bool:
    """Return whether a weight of our edit generator belongs to its branch of concerns."""
    return name.startswith("concern_branch.")


def export_onnx(generator: nn.Module, input_multiple: int, path: Path) -> None:
    """Export to ONNX with dynamic batch, height and width; see the card for names and ranges."""
    exported = ExportedGenerator(generator).eval()
    size = (2 * max(input_multiple, 32), 3 * max(input_multiple, 32))
    examples = {"image": torch.zeros(1, 3, *size)}
    if exported.feature_channels:
        examples["features"] = torch.zeros(1, exported.feature_channels, *size)
    names = ["residual", "mask", "kinds"]
    if isinstance(generator, EditGenerator) and generator.config.concerns:
        names.append("concerns")
    axes = {name: {0: "batch", 2: "height", 3: "width"} for name in [*examples, *names]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported,
            tuple(examples.values()),
            str(path),
            input_names=list(examples),
            output_names=names,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
