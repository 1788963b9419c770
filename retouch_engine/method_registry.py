"""The methods of a comparison by name: baselines, configs' newest checkpoints, any checkpoint."""

import json
import math
from pathlib import Path
from typing import Any

from safetensors import safe_open

from retouch_engine.baselines import METHODS
from retouch_engine.evaluation.comparison import (
    IDENTITY,
    Contender,
    Image,
    Retouch,
    face_by_face,
    identity,
    unguarded,
    without_learning,
)
from retouch_engine.evaluation.measurement import Subject
from retouch_engine.evaluation.subjects import skin_of
from retouch_engine.faces import FaceFinder
from retouch_engine.inference import CheckpointError, Predictor, TonePredictor, load_card
from retouch_engine.inference.checkpoint import OTHER_PREFIXES
from retouch_engine.lighting import tone_of
from retouch_engine.models import Checkpoint
from retouch_engine.retoucher import Retoucher
from retouch_engine.services import DEFAULT, TONE, checkpoint_resolve
from retouch_engine.tone import apply_tone
from retouch_engine.training_costs import training_seconds

# What `train --config` makes, and `compare` takes as a method.
NETWORKS = (
    "pix2pixhd",
    "pix2pixhd_remedies",
    "pix2pixhd_edit",
    "pix2pix",
    "pix2pix_edit",
    "cyclegan",
    "cogan",
    "two_way_gan",
)
# What normalisation counts while it trains is no parameter.
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


class MethodError(ValueError):
    """A method that cannot be compared; the message says what to do."""


def method_contender(name: str, finder: FaceFinder) -> Contender:
    """Return a method as a contender; raises MethodError or CheckpointError.

    `default` is the promoted checkpoint, else the shipped one; a network's name is the newest
    registered checkpoint of that config, else one of that name; everything else a checkpoint's
    name or path.
    """
    if name == IDENTITY:
        return identity()
    if name in METHODS:
        return without_learning(METHODS[name], finder)
    path = _newest(name) if name in NETWORKS else checkpoint_resolve(name)
    values: dict[str, Any] = json.loads(path.read_text())
    if values.get("role") == TONE:
        return _tone_contender(path, values, finder)
    is_coupled = values.get("architecture", {}).get("name") == "cogan"
    training = values.get("training", {})
    samples = int(training.get("samples", 0))
    config = f", config {training['name']}" if training.get("name") else ""
    return Contender(
        name=load_card(path).name if name not in (DEFAULT, *NETWORKS) else name,
        retouch=_coupled(path, finder) if is_coupled else _network(path, finder),
        parameters=_parameters(path.with_suffix(".safetensors")),
        samples=samples,
        training_seconds=training_seconds(path.parent, samples),
        description=f"checkpoint {path.stem}{config}",
    )


def _tone_contender(path: Path, values: dict[str, Any], finder: FaceFinder) -> Contender:
    """Return what corrects light alone, at full strength; spots stay."""
    predictor = TonePredictor.load(path)

    def retouch(subject: Subject) -> Image:
        tone = tone_of(predictor, subject.source, skin_of(subject.source, finder))
        return subject.source.copy() if tone is None else apply_tone(subject.source, tone)

    samples = int(values.get("training", {}).get("samples", 0))
    return Contender(
        name=predictor.card.name,
        retouch=retouch,
        parameters=_parameters(path.with_suffix(".safetensors")),
        samples=samples,
        training_seconds=training_seconds(path.parent, samples),
        description=f"checkpoint {path.stem} of the role {TONE}",
    )


def _newest(config: str) -> Path:
    rows = Checkpoint.objects.order_by("-created_at")
    row = rows.filter(config_name=config).first() or rows.filter(name=config).first()
    if row is None:
        raise MethodError(
            f"no checkpoint of config {config!r} is registered: "
            f"train one with `train --config {config} --run {config} --dataset NAME`"
        )
    return load_card(Path(row.path)).path


def _network(path: Path, finder: FaceFinder) -> Retouch:
    return unguarded(Retoucher(Predictor.load(path), finder))


def _coupled(path: Path, finder: FaceFinder) -> Retouch:
    try:
        from retouch_engine.training.checkpoints import load_coupled_generator
        from retouch_engine.training.methods.cogan import CoGANRetoucher
    except ModuleNotFoundError as error:
        raise MethodError(f"cogan needs {error.name}: run `make setup`") from error
    return face_by_face(CoGANRetoucher(load_coupled_generator(path)), finder)


def _parameters(path: Path) -> int:
    """Return how many parameters a checkpoint's generator has, read from the file's header."""
    try:
        with safe_open(path, framework="numpy") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise CheckpointError("checkpoint_broken", f"{path} is no safetensors file") from error
    return sum(
        math.prod(shape)
        for name, shape in shapes.items()
        if not name.startswith(OTHER_PREFIXES) and not name.endswith(BUFFERS)
    )
