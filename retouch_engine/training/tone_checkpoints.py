"""Writing a checkpoint of the role `tone`: safetensors, its ONNX and its card under one name."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from torch import Tensor, nn

from retouch_engine.networks import ToneGenerator
from retouch_engine.networks.generators import options_to_dict

from .checkpoints import FORMAT_VERSION, file_sha256

TONE = "tone"
# Smaller arrays are not worth a conversion.
LARGE = 1024


class ExportedTone(nn.Module):
    """What a tone checkpoint's ONNX computes: the picture's table and its grid of gains."""

    def __init__(self, generator: ToneGenerator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, thumbnail: Tensor) -> tuple[Tensor, Tensor]:
        """Return lut (N, 3, S, S, S) and log_gain (N, D, h, w) of thumbnails (N, 4, T, T)."""
        prediction = self.generator(thumbnail)
        return prediction.lut, prediction.log_gain


def save_tone_checkpoint(generator: ToneGenerator, stem: Path, card: dict[str, Any]) -> Path:
    """Write STEM.safetensors (half precision), STEM.onnx and STEM.json; return the card's path.

    The weights are rounded to half precision first, so that both files hold the same network.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    half = {
        name: value.detach().cpu().contiguous().half()
        for name, value in generator.state_dict().items()
    }
    weights, graph = stem.with_suffix(".safetensors"), stem.with_suffix(".onnx")
    save_file(half, weights)
    rounded = ToneGenerator(generator.config)
    rounded.load_state_dict(half)
    export_tone_onnx(rounded.eval(), graph)
    full = {
        "format_version": FORMAT_VERSION,
        "name": stem.name,
        "role": TONE,
        "architecture": options_to_dict(generator.config),
        "concerns": ["light"],
        "kinds": [],
        # A tone is a whole picture's: no face is cut out.
        "working_face_width": 0,
        "input_multiple": generator.config.thumbnail,
        **card,
        "sha256": {"safetensors": file_sha256(weights), "onnx": file_sha256(graph)},
    }
    path = stem.with_suffix(".json")
    path.write_text(json.dumps(full, indent=2) + "\n")
    return path


def export_tone_onnx(generator: ToneGenerator, path: Path) -> None:
    """Write a tone generator's graph; thumbnails have its own size, batches any."""
    side = generator.config.thumbnail
    names = ("lut", "log_gain")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            ExportedTone(generator),
            (torch.zeros(1, 4, side, side),),
            str(path),
            input_names=["thumbnail"],
            output_names=list(names),
            dynamic_axes={name: {0: "batch"} for name in ("thumbnail", *names)},
            opset_version=17,
            dynamo=False,
        )
    _store_in_half_precision(path)


def _store_in_half_precision(path: Path) -> None:
    """Store large weights in the two bytes each that they have, converted when a runtime loads."""
    model = onnx.load(str(path))
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            stored = f"{tensor.name}_half"
            nodes.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
            tensor = numpy_helper.from_array(values.astype(np.float16), stored)
        kept.append(tensor)
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for node in reversed(nodes):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
