"""One tone for a folder of photos: what they agree on, without server or database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retouch_engine.composition import FaceLayers
from retouch_engine.retoucher import (
    ImageError,
    PhotoLight,
    Retoucher,
    agreed_anchor,
    anchor_of_preview,
    decode,
    group_decisions,
    photo_light,
    small_srgb,
)
from retouch_engine.tone import Anchor

SMALLEST = 2


class GroupError(Exception):
    """Photos that cannot agree; the message says why."""


@dataclass(frozen=True)
class Agreement:
    """What photos agree on: the anchor of their skin, and marks by photo and id.

    chromaticities: of each photo in its own light, see `PhotoLight`.
    """

    anchor: Anchor
    decisions: Mapping[Path, Mapping[int, str]] = field(default_factory=dict)
    chromaticities: tuple[tuple[float, float], ...] = ()


def agreement_of(
    retoucher: Retoucher, paths: Iterable[Path], light: float, reference: Path | None = None
) -> Agreement:
    """Analyse photos one after the other and agree; files that cannot be read are passed over.

    light: strength of each photo's own correction; reference: whose look is matched, as it is.
    Raises GroupError where fewer than two photos can be read, or the reference cannot.
    """
    lights: dict[Path, PhotoLight] = {}
    outlines: dict[Path, tuple[FaceLayers, ...]] = {}
    for path in paths:
        try:
            photo = decode(path.read_bytes())
        except (ImageError, OSError):
            continue
        analysis = retoucher.analyse(photo)
        lights[path] = photo_light(small_srgb(photo), analysis, light)
        outlines[path] = analysis.outline()
    if len(lights) < SMALLEST:
        raise GroupError("one tone needs at least two photos that can be read")
    anchor = (
        agreed_anchor([light.anchor for light in lights.values()])
        if reference is None
        else _reference_anchor(retoucher, reference)
    )
    decisions = dict(zip(outlines, group_decisions(list(outlines.values())), strict=True))
    return Agreement(anchor, decisions, tuple(light.chromaticity for light in lights.values()))


def _reference_anchor(retoucher: Retoucher, path: Path) -> Anchor:
    try:
        photo = decode(path.read_bytes())
    except (ImageError, OSError) as error:
        raise GroupError(f"the reference {path} cannot be read: {error}") from error
    return anchor_of_preview(small_srgb(photo), retoucher.analyse(photo))
