"""A checkpoint's network for other runtimes, exported from its weights and checked."""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from onnxruntime import InferenceSession
from torch import nn
from tqdm import tqdm

from retouch_engine.inference import (
    CheckpointCard,
    CheckpointError,
    Predictor,
    TonePredictor,
    load_card,
)
from retouch_engine.inference.runtimes import OnnxRuntime
from retouch_engine.networks import ToneGenerator
from retouch_engine.parity import Image, onnx_difference, sample_picture, tone_difference
from retouch_engine.promotion_gates import runtimes_agree
from retouch_engine.registry import file_sha256
from retouch_engine.services import TONE
from retouch_engine.training import load_generator
from retouch_engine.training.checkpoints import export_onnx
from retouch_engine.training.tone_checkpoints import export_tone_onnx

# Two sizes that differ from each other and from the one that is traced.
PROVIDERS = ["CPUExecutionProvider"]
SAMPLE_SIZES = ((384, 320), (256, 512))


@dataclass(frozen=True)
class Exported:
    """A written file, its inputs and outputs, and the largest difference from torch."""

    path: Path
    card: CheckpointCard
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    difference: float

    def lines(self) -> list[str]:
        """Return what somebody who converts the file must know."""
        multiple = self.card.input_multiple
        ranges = {
            "image": "sRGB in 0..1",
            "features": "a style's feature map in -1..1",
            "thumbnail": "sRGB and a mask of the face's skin in 0..1",
        }
        size = self.path.stat().st_size / 1e6
        return [
            f"{self.path}: {size:.1f} MB, opset 17, differs from torch by {self.difference:.1e}",
            *(f"input  {text}: {ranges[text.split()[0]]}" for text in self.inputs),
            *(f"output {text}" for text in self.outputs),
            "result = lut(image x 2^gain), the gains of a grid over the picture"
            if self.card.role == TONE
            else f"height and width are multiples of {multiple}, a face is "
            f"{self.card.working_face_width} pixels wide; result = image + residual x mask on skin",
        ]


def checkpoint_export(*, card_path: Path, output: Path, overwrite: bool = False) -> Exported:
    """Export the network of a checkpoint from its safetensors to ONNX (H, W and batch dynamic).

    Written beside `output` first and moved there after it was compared with torch. Raises
    CheckpointError where the checkpoint cannot be exported, `output` exists or is the checkpoint's
    own file, or where the runtimes differ; OSError where it cannot be written.
    """
    card = load_card(card_path)
    _check_output(card, output, overwrite)
    weights = card.path.with_suffix(".safetensors")
    if "onnx" not in card.sha256:
        reason = "is a coupled GAN: it makes pictures of noise, and is not exported"
        raise CheckpointError("checkpoint_refused", f"{card.name} {reason}")
    if not weights.is_file() or file_sha256(weights) != card.sha256.get("safetensors"):
        reason = f"{weights} is missing or does not match its card's hash"
        raise CheckpointError("checkpoint_broken", reason)
    generator = load_generator(card.path)
    with TemporaryDirectory(dir=output.parent, prefix=".export-") as folder:
        draft = Path(folder) / "exported.onnx"
        compare = _export_tone if card.role == TONE else _export_skin
        session, difference = compare(generator, card, draft)
        verdict = runtimes_agree(difference)
        if not verdict.passed:
            raise CheckpointError("export_differs", f"{output} is not written: {verdict.text}")
        draft.replace(output)
    inputs = tuple(f"{i.name} {i.shape} {i.type}" for i in session.get_inputs())
    outputs = tuple(f"{o.name} {o.shape} {o.type}" for o in session.get_outputs())
    return Exported(output, card, inputs, outputs, difference)


def _export_skin(
    generator: nn.Module, card: CheckpointCard, draft: Path
) -> tuple[InferenceSession, float]:
    """Write the graph; return its session, and by how much it differs from torch."""
    export_onnx(generator, card.input_multiple, draft)
    session = InferenceSession(str(draft), providers=PROVIDERS)
    drafted = replace(card, path=draft.with_suffix(".json"))
    predictor = Predictor(drafted, OnnxRuntime(session))
    return session, onnx_difference(generator, predictor, _sample_pictures())


def _export_tone(
    generator: nn.Module, card: CheckpointCard, draft: Path
) -> tuple[InferenceSession, float]:
    assert isinstance(generator, ToneGenerator)
    export_tone_onnx(generator, draft)
    session = InferenceSession(str(draft), providers=PROVIDERS)
    return session, tone_difference(generator, TonePredictor(card, session), _sample_pictures())


def _sample_pictures() -> list[Image]:
    pictures = [sample_picture(*size) for size in SAMPLE_SIZES]
    return list(tqdm(pictures, unit="picture", desc="comparing"))


def _check_output(card: CheckpointCard, output: Path, overwrite: bool) -> None:
    if output.resolve() == card.onnx.resolve():
        reason = f"{output} is the checkpoint's own file: choose another --output"
        raise CheckpointError("checkpoint_refused", reason)
    if not output.parent.is_dir() or output.is_dir():
        reason = f"{output} cannot be written: its folder is missing, or it is a folder itself"
        raise CheckpointError("checkpoint_refused", reason)
    if output.exists() and not overwrite:
        reason = f"{output} exists: add --overwrite to replace it"
        raise CheckpointError("checkpoint_refused", reason)
