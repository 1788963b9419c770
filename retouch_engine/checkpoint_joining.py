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


def checkpoints_join(
    *,
    spots: Path,
    concerns: Path,
    stem: Path,
    mask_bias: float = 0.0,
    averaged_with: Path | None = None,
) -> Path:
    """Write the spots of one card's weights with the concerns of another's; return the new card.

    A generator's concerns share nothing with its spots. mask_bias: added to the logits of the mask;
    above 0 more is removed, and more is touched that is no spot. averaged_with: another card whose
    spots' weights are averaged with the first's; of two runs that started from the same weights the
    mean is often better than either (Wortsman et al. 2022, "Model soups"). Raises CheckpointError
    where they do not fit together, for a bias out of range, or where a file of `stem` exists.
    """
    if not abs(mask_bias) <= LARGEST_BIAS:
        raise _alien(f"the mask's bias is at most {LARGEST_BIAS} either way, not {mask_bias}")
    if any(stem.with_suffix(suffix).exists() for suffix in (".json", ".onnx", ".safetensors")):
        raise _alien(f"{stem} exists already: choose another name")
    generator = _joined(_spots(spots, averaged_with), _edit_generator(concerns))
    bias = generator.edit_head.bias
    assert bias is not None
    with torch.no_grad():
        bias[MASK_CHANNELS] += mask_bias
    cards = [json.loads(path.read_text()) for path in (spots, concerns, averaged_with) if path]
    card = _card(cards[0], cards[1], *cards[2:], mask_bias=mask_bias)
    stem.parent.mkdir(parents=True, exist_ok=True)
    return save_checkpoint(generator, generator.config, stem, card)


def _spots(card: Path, averaged_with: Path | None) -> EditGenerator:
    """Return a card's generator, the weights that find and remove spots averaged with another's."""
    generator = _edit_generator(card)
    if averaged_with is None:
        return generator
    own, other = generator.state_dict(), _edit_generator(averaged_with).state_dict()
    shapes = [
        {name: value.shape for name, value in state.items() if not is_of_concerns(name)}
        for state in (own, other)
    ]
    if shapes[0] != shapes[1]:
        raise _alien(f"{card.stem} and {averaged_with.stem} differ in size: no mean can be taken")
    generator.load_state_dict(
        {**own, **{name: (own[name] + other[name]) / 2 for name in shapes[0]}}
    )
    return generator


def _joined(spots: EditGenerator, concerns: EditGenerator) -> EditGenerator:
    wanted = concerns.config
    if not wanted.concerns:
        raise _alien("the second has no concerns: train one with the config default_concerns")
    options = replace(
        spots.config,
        concerns=wanted.concerns,
        concern_channels=wanted.concern_channels,
        concern_presence=wanted.concern_presence,
    )
    generator = EditGenerator(options)
    parts = [
        {name: value for name, value in network.state_dict().items() if is_of_concerns(name) is own}
        for network, own in ((spots, False), (concerns, True))
    ]
    generator.load_state_dict({**parts[0], **parts[1]})
    return generator.eval()


def _edit_generator(card: Path) -> EditGenerator:
    generator = load_generator(card)
    if not isinstance(generator, EditGenerator):
        raise _alien(f"{card.stem} is no edit generator of ours: its spots cannot be told apart")
    return generator


def _card(
    spots: dict[str, Any], concerns: dict[str, Any], *others: dict[str, Any], mask_bias: float
) -> dict[str, Any]:
    """Return what the new card says beside its architecture; nobody has measured it yet."""
    cards = (spots, concerns, *others)
    references = [card.get("skin_reference") for card in cards]
    if any(reference != references[0] for reference in references):
        raise _alien("they see skin at different tones: train all with one skin_reference")
    data: list[Any] = []
    for card in cards:
        data += [source for source in card.get("data", []) if source not in data]
    origin = ("name", "training", "sha256", "started_from")
    parts = dict(zip(("spots", "concerns", "averaged_with"), cards, strict=False))
    origins = {
        part: {key: card[key] for key in origin if key in card} for part, card in parts.items()
    }
    return {
        "data": data,
        "licence": strictest_licence([card.get("licence", "") for card in cards]),
        **({"skin_reference": references[0]} if references[0] else {}),
        "training": spots.get("training", {}),
        "metrics": {},
        "joined_from": {"mask_bias": mask_bias, **origins},
    }


def _alien(reason: str) -> CheckpointError:
    return CheckpointError("checkpoint_alien", reason)
