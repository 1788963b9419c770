"""One checkpoint from two that were trained at the same time: the spots of one, the concerns of
another."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from retouch_engine.inference import CheckpointError
from retouch_engine.licences import strictest_licence
from retouch_engine.networks import EditGenerator
from retouch_engine.training import load_generator
from retouch_engine.training.checkpoints import is_of_concerns, save_checkpoint

# The edit head gives the residuals of 4 x 4 pixels in three colours first, then their mask.
MASK_CHANNELS = slice(48, 64)
LARGEST_BIAS = 10


def checkpoints_join(*, spots: Path, concerns: Path, mask_bias: float, stem: Path) -> Path:
    """Write the spots of one card's weights with the concerns of another's; return the new card.

    A generator's concerns share nothing with its spots. mask_bias: added to the logits of the mask;
    above 0 more is removed, and more is touched that is no spot. Raises CheckpointError where the
    two do not fit together, for a bias out of range, or where a file of `stem` exists.
    """
    if not abs(mask_bias) <= LARGEST_BIAS:
        raise _alien(f"the mask's bias is at most {LARGEST_BIAS} either way, not {mask_bias}")
    if any(stem.with_suffix(suffix).exists() for suffix in (".json", ".onnx", ".safetensors")):
        raise _alien(f"{stem} exists already: choose another name")
    generator = _joined(spots, concerns)
    bias = generator.edit_head.bias
    assert bias is not None
    with torch.no_grad():
        bias[MASK_CHANNELS] += mask_bias
    card = _card(json.loads(spots.read_text()), json.loads(concerns.read_text()), mask_bias)
    stem.parent.mkdir(parents=True, exist_ok=True)
    return save_checkpoint(generator, generator.config, stem, card)


def _joined(spots: Path, concerns: Path) -> EditGenerator:
    first, second = _edit_generator(spots), _edit_generator(concerns)
    wanted = second.config
    if not wanted.concerns:
        raise _alien(f"{concerns.stem} has no concerns: train one with the config default_concerns")
    options = replace(
        first.config,
        concerns=wanted.concerns,
        concern_channels=wanted.concern_channels,
        concern_presence=wanted.concern_presence,
    )
    generator = EditGenerator(options)
    parts = [
        {name: value for name, value in network.state_dict().items() if is_of_concerns(name) is own}
        for network, own in ((first, False), (second, True))
    ]
    generator.load_state_dict({**parts[0], **parts[1]})
    return generator.eval()


def _edit_generator(card: Path) -> EditGenerator:
    generator = load_generator(card)
    if not isinstance(generator, EditGenerator):
        raise _alien(f"{card.stem} is no edit generator of ours: its spots cannot be told apart")
    return generator


def _card(spots: dict[str, Any], concerns: dict[str, Any], mask_bias: float) -> dict[str, Any]:
    """Return what the new card says beside its architecture; nobody has measured it yet."""
    references = [card.get("skin_reference") for card in (spots, concerns)]
    if references[0] != references[1]:
        raise _alien("the two see skin at different tones: train both with one skin_reference")
    data = spots.get("data", [])
    data = data + [source for source in concerns.get("data", []) if source not in data]
    origin = ("name", "training", "sha256", "started_from")
    return {
        "data": data,
        "licence": strictest_licence([spots.get("licence", ""), concerns.get("licence", "")]),
        **({"skin_reference": references[0]} if references[0] else {}),
        "training": spots.get("training", {}),
        "metrics": {},
        "joined_from": {
            "mask_bias": mask_bias,
            "spots": {key: spots[key] for key in origin if key in spots},
            "concerns": {key: concerns[key] for key in origin if key in concerns},
        },
    }


def _alien(reason: str) -> CheckpointError:
    return CheckpointError("checkpoint_alien", reason)
