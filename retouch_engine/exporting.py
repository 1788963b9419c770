"""A version written as a person wishes it: format, size, metadata, or its layers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import Analysis
from retouch_engine.imaging import (
    METADATA,
    ColourTransform,
    DecodedPhoto,
    EncodedPhoto,
    RasterLayer,
    encode,
    openraster,
    tiff_layers,
)
from retouch_engine.lighting import matched_tone, toned
from retouch_engine.recipe import FORMATS, Recipe, RecipeError
from retouch_engine.rendering import composed
from retouch_engine.tone import Anchor

Pixels = NDArray[np.uint8]
LAYERED = ("openraster", "tiff")
LEAST_SIDE, MOST_SIDE = 16, 30_000
ROWS = 512


@dataclass(frozen=True)
class ExportOptions:
    """How a version is written.

    format, quality: as in a recipe; long_side: pixels, None for the full size, nothing is enlarged;
    metadata: `no_gps`, `keep_gps` or `none`; layers: `openraster` (sRGB, 8 bits), `tiff` (the
    photo's own profile, 16 bits) or None, and then nothing else may be wished.
    """

    format: str = "original"
    quality: int | None = None
    long_side: int | None = None
    metadata: str = METADATA[0]
    layers: str | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ExportOptions":
        """Build options, filling in defaults; raises RecipeError `invalid_export`."""
        unknown = [key for key in values if key not in {field.name for field in fields(cls)}]
        if unknown:
            raise _refusal(f"Unknown key {unknown[0]!r}.")
        options = cls(**values)
        _one_of("format", options.format, FORMATS)
        _one_of("metadata", options.metadata, METADATA)
        _whole("quality", options.quality, 1, 100)
        _whole("long_side", options.long_side, LEAST_SIDE, MOST_SIDE)
        if options.layers is not None:
            _one_of("layers", options.layers, LAYERED)
            if options != cls(layers=options.layers, metadata=options.metadata):
                raise _refusal("Layers have no format, quality or size of their own.")
        return options

    def to_dict(self) -> dict[str, Any]:
        """Return every key, defaults included."""
        return asdict(self)


def _refusal(detail: str) -> RecipeError:
    return RecipeError("invalid_export", detail)


def _one_of(name: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise _refusal(f"{name} must be one of {', '.join(known)}.")


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refusal(f"{name} must be a whole number from {least} to {most}, or null.")


@dataclass(frozen=True)
class FinishedVersion:
    """All that a version's pixels follow from.

    strength: what the guard left of the recipe's strengths, `guard_strength` in a report; anchor:
    what the photo's group agreed on.
    """

    photo: DecodedPhoto
    analysis: Analysis
    recipe: Recipe
    decisions: Mapping[int, str]
    strength: float = 1.0
    anchor: Anchor | None = None


def exported(version: FinishedVersion, options: ExportOptions) -> EncodedPhoto:
    """Write a finished version; its pixels are composed anew, so nothing is coded twice."""
    if options.layers is not None:
        return _layered(version, options.layers)
    pixels = _composed(version, version.recipe.smooth)
    lit = _lit(version, pixels)
    photo, pixels = _resized(version.photo, pixels if lit is None else lit, options.long_side)
    return encode(
        photo,
        pixels,
        format=options.format,
        quality=options.quality,
        metadata=options.metadata,
    )


def _lit(version: FinishedVersion, pixels: Pixels) -> Pixels | None:
    """Bring pixels, in place, into the light that the version has; None where that changes none."""
    photo, analysis, light = version.photo, version.analysis, version.recipe.light
    if light <= 0:
        return None
    tone = analysis.tone
    if version.anchor is not None:
        tone = matched_tone(photo, analysis, version.anchor)
    return None if tone is None else toned(photo, pixels, tone, light)


def _composed(version: FinishedVersion, smooth: Mapping[str, float]) -> Pixels:
    without = {name: 0.0 for name in version.recipe.smooth if name not in smooth}
    recipe = replace(version.recipe, **without)  # type: ignore[arg-type]
    return composed(version.photo, version.analysis, recipe, version.decisions, version.strength)


def _resized(
    photo: DecodedPhoto, pixels: Pixels, long_side: int | None
) -> tuple[DecodedPhoto, Pixels]:
    """Reduce pixels, and with them the photo's alpha; nothing is enlarged."""
    height, width = pixels.shape[:2]
    if long_side is None or long_side >= max(height, width):
        return photo, pixels
    scale = long_side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))

    def reduced(values: Pixels) -> Pixels:
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.uint8)

    alpha = None if photo.alpha is None else reduced(photo.alpha)
    return replace(photo, alpha=alpha), reduced(pixels)


def _layered(version: FinishedVersion, kind: str) -> EncodedPhoto:
    layers: list[RasterLayer] = []
    colours = ColourTransform(version.photo.icc_profile)
    shown = colours.to_srgb if kind == "openraster" else lambda pixels: pixels
    before = version.photo.pixels
    layers.append(_original_layer(version.photo, shown(before)))
    for name, pixels in _by_concern(version):
        layer = _changed_layer(name, before, pixels, shown)
        layers += [] if layer is None else [layer]
        before = pixels
    if kind == "openraster":
        data = openraster(layers, shown(before))
        return EncodedPhoto(data, kind, ".ora", "image/openraster")
    data = tiff_layers(layers, version.photo.icc_profile)
    return EncodedPhoto(data, kind, ".tif", "image/tiff")


def _by_concern(version: FinishedVersion) -> Iterator[tuple[str, Pixels]]:
    """Yield each concern's name and the pixels after it, in the order in which they are laid on.

    Each picture has all changes before it too: the last one is the version itself.
    """
    chosen: dict[str, float] = {}
    pixels = _composed(version, chosen)
    yield "blemishes", pixels
    for name, strength in version.recipe.smooth.items():
        chosen[name] = strength
        pixels = _composed(version, chosen)
        yield name, pixels
    # Light is laid on in place, and the picture before it is still compared with.
    lit = _lit(version, pixels.copy())
    if lit is not None:
        yield "light", lit


def _original_layer(photo: DecodedPhoto, pixels: Pixels) -> RasterLayer:
    opacity = np.full(pixels.shape[:2], 255, np.uint8) if photo.alpha is None else photo.alpha
    return RasterLayer("original", 0, 0, np.dstack([pixels, opacity]))


def _changed_layer(name: str, before: Pixels, after: Pixels, shown: Any) -> RasterLayer | None:
    """Return the pixels that changed, opaque, in the smallest box; None where none did."""
    changed = np.zeros(after.shape[:2], bool)
    for top in range(0, len(after), ROWS):
        rows = slice(top, top + ROWS)
        changed[rows] = (after[rows] != before[rows]).any(axis=2)
    ys, xs = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(ys):
        return None
    place = (slice(int(ys[0]), int(ys[-1]) + 1), slice(int(xs[0]), int(xs[-1]) + 1))
    opacity = changed[place].astype(np.uint8) * np.uint8(255)
    pixels = shown(np.ascontiguousarray(after[place]))
    return RasterLayer(name, place[1].start, place[0].start, np.dstack([pixels, opacity]))
