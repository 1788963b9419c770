"""Checkpoints on disk: a card (JSON) with safetensors and ONNX under the same name."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

FORMAT_VERSION = 1
# Tensors of the safetensors that are not the generator's.
ENCODER_PREFIX, STYLE_PREFIX, SPOT_PREFIX = "encoder.", "styles.", "spots."
OTHER_PREFIXES = (ENCODER_PREFIX, STYLE_PREFIX, SPOT_PREFIX)
REQUIRED = ("name", "role", "kinds", "working_face_width", "input_multiple", "sha256")


class CheckpointError(Exception):
    """A checkpoint that cannot be used; code is stable, detail one line."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class CheckpointCard:
    """What a checkpoint's card says.

    path: the card's own; styles: how many clusters of features it has by region; concerns: what it
    predicts, "blemishes" first; skin_reference: what darker skin is brought to, see `skin_gain`;
    spot_classifier: what it says of one, see `SpotClassifier`.
    """

    path: Path
    name: str
    role: str
    kinds: tuple[str, ...]
    working_face_width: int
    input_multiple: int
    sha256: dict[str, str]
    styles: dict[str, int] = field(default_factory=dict)
    concerns: tuple[str, ...] = ("blemishes",)
    skin_reference: tuple[float, ...] | None = None
    spot_classifier: dict[str, Any] | None = None

    @property
    def onnx(self) -> Path:
        """Return the path of the exported network."""
        return self.path.with_suffix(".onnx")


def load_card(path: Path) -> CheckpointCard:
    """Read the card of a checkpoint, given any of its files or their common stem.

    Raises CheckpointError: `checkpoint_missing`, `checkpoint_broken` or `checkpoint_alien`.
    """
    card_path = path.with_suffix(".json")
    if not card_path.is_file():
        raise CheckpointError("checkpoint_missing", f"no checkpoint at {card_path}")
    try:
        values: dict[str, Any] = json.loads(card_path.read_text())
        missing = [key for key in REQUIRED if key not in values]
    except (ValueError, TypeError, OSError) as error:
        raise CheckpointError("checkpoint_broken", f"{card_path} is not a card: {error}") from error
    if missing or values.get("format_version") != FORMAT_VERSION:
        reason = f"lacks {missing[0]}" if missing else "is of another format version"
        raise CheckpointError("checkpoint_alien", f"{card_path} {reason}")
    return CheckpointCard(
        path=card_path,
        name=str(values["name"]),
        role=str(values["role"]),
        kinds=tuple(values["kinds"]),
        working_face_width=int(values["working_face_width"]),
        input_multiple=int(values["input_multiple"]),
        sha256=dict(values["sha256"]),
        styles=dict(values.get("styles", {})),
        concerns=tuple(values.get("concerns", ("blemishes",))),
        skin_reference=tuple(values["skin_reference"]) if values.get("skin_reference") else None,
        spot_classifier=values.get("spot_classifier"),
    )


def verify_onnx(card: CheckpointCard) -> bytes:
    """Return the ONNX bytes if they are those of the card; raises CheckpointError."""
    try:
        data = card.onnx.read_bytes()
    except OSError as error:
        raise CheckpointError("checkpoint_missing", f"{card.onnx} cannot be read") from error
    if hashlib.sha256(data).hexdigest() != card.sha256.get("onnx"):
        raise CheckpointError("checkpoint_broken", f"{card.onnx} does not match its card's hash")
    return data


def verified_weights(card: CheckpointCard) -> bytes:
    """Return a checkpoint's safetensors if they are those of the card; raises CheckpointError."""
    path = card.path.with_suffix(".safetensors")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError("checkpoint_missing", f"{path} cannot be read") from error
    if hashlib.sha256(data).hexdigest() != card.sha256.get("safetensors"):
        raise CheckpointError(
            "checkpoint_broken",
            f"{path} does not match its card's hash: where a command that adds to it was "
            "interrupted, run that again",
        )
    return data


def verified_tensors(card: CheckpointCard) -> dict[str, NDArray[Any]]:
    """Return what a checkpoint's safetensors holds, if it is the card's; raises CheckpointError."""
    try:
        tensors: dict[str, NDArray[Any]] = load(verified_weights(card))
    except SafetensorError as error:
        path = card.path.with_suffix(".safetensors")
        raise CheckpointError("checkpoint_broken", f"{path} does not load: {error}") from error
    return tensors
