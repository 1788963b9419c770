"""From an analysis and a recipe to pixels, in boxes; the guard looks at them; the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import Analysis
from retouch_engine.composition import (
    REMOVE,
    FaceLayers,
    SkinFigures,
    Verdict,
    added_contrast,
    added_noise,
    gain_on_skin,
    landmarks_moved,
    overlap,
    remove_marks,
    removed_labels,
    skin_figures,
    spill,
    total_density,
    verdict_of,
    with_gain,
    worst,
)
from retouch_engine.faces import FaceFinder
from retouch_engine.imaging import ColourTransform, DecodedPhoto
from retouch_engine.imaging.encoding import output_format
from retouch_engine.recipe import Recipe

GUARD_STEPS = (1.0, 0.85, 0.7, 0.5, 0.3, 0.0)
# Rows whose colours are converted at once.
STRIP = 256
# Texture is judged on bands of rows all over a face: their number and height.
BANDS, BAND = 32, 8
# The width to which the guard reduces a face's box: the face has some 256 pixels then.
GUARD_WIDTH = 368

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Outcome:
    """Composed pixels, the share of the recipe's strengths that the guard left, what it saw.

    broken: the limits that full strength broke.
    """

    pixels: Pixels
    strength: float
    verdict: Verdict
    broken: tuple[str, ...]


def composed(
    photo: DecodedPhoto,
    analysis: Analysis,
    recipe: Recipe,
    decisions: Mapping[int, str],
    strength: float = 1.0,
    box: Box | None = None,
) -> Pixels:
    """Return the photo, or the `box` x0, y0, x1, y1 of it, with the recipe's skin edits applied.

    uint8 (h, w, 3) in the photo's own profile: first removals, then smooth changes, all strengths
    times `strength`.
    """
    x0, y0, x1, y1 = box or (0, 0, photo.header.width, photo.header.height)
    pixels = photo.pixels[y0:y1, x0:x1].copy()
    for layer in analysis.layers:
        removed = removed_labels(layer, decisions, recipe.keep_marks)
        remove_marks(pixels, layer, removed, recipe.blemishes * strength, (x0, y0))
    smooth = {name: wanted * strength for name, wanted in recipe.smooth.items()}
    colours = ColourTransform(photo.icc_profile)
    for layer in analysis.layers:
        _apply_concerns(pixels, layer, smooth, colours, (x0, y0))
    return pixels


def _apply_concerns(
    pixels: Pixels,
    layer: FaceLayers,
    strengths: Mapping[str, float],
    colours: ColourTransform,
    origin: tuple[int, int],
) -> None:
    """Lay the smooth changes of a face over a region that begins at `origin` x, y, in place."""
    common = overlap(layer, pixels.shape[:2], origin)
    if layer.skin is None or common is None or not any(n in layer.concerns for n in strengths):
        return
    density = total_density(layer.concerns, strengths)
    if not density.any():
        return
    inside, target = common
    size = layer.labels.shape
    gain = gain_on_skin(density, layer.skin, _cells(inside, size, layer.skin.shape))
    region = pixels[target]
    for top in range(0, len(region), STRIP):
        rows = slice(inside[0].start + top, min(inside[0].start + top + STRIP, inside[0].stop))
        strip = region[top : top + STRIP]
        srgb = colours.to_srgb(strip)
        changed = with_gain(srgb, gain, (rows, inside[1]), (size[0], size[1]))
        if not colours.is_identity:
            change = colours.from_srgb(changed).astype(np.int16) - colours.from_srgb(srgb)
            changed = np.clip(strip + change, 0, 255).astype(np.uint8)
        strip[...] = changed


def _cells(
    inside: tuple[slice, slice], size: tuple[int, ...], cells: tuple[int, ...]
) -> tuple[slice, slice]:
    """Return the cells of a smaller grid that a part of a box is sampled from."""
    first, second = (
        slice(
            max(part.start * cells[k] // size[k] - 1, 0),
            min(-(-part.stop * cells[k] // size[k]) + 1, cells[k]),
        )
        for k, part in enumerate(inside)
    )
    return first, second


def guarded(
    photo: DecodedPhoto,
    analysis: Analysis,
    recipe: Recipe,
    decisions: Mapping[int, str],
    finder: FaceFinder,
) -> Outcome:
    """Compose; where the guard's limits are broken, at a lower strength, until they hold."""
    watches = [
        FaceWatch(photo, layer, finder)
        for layer in analysis.layers
        if layer.marks or layer.concerns
    ]
    broken: tuple[str, ...] = ()
    for step in GUARD_STEPS:
        pixels = composed(photo, analysis, recipe, decisions, step)
        verdict = worst(watch.verdict(pixels) for watch in watches)
        broken = broken or verdict.broken
        if verdict.holds:
            break
    return Outcome(pixels, step, verdict, broken)


class FaceWatch:
    """One face before its edit; judges it after."""

    def __init__(self, photo: DecodedPhoto, layer: FaceLayers, finder: FaceFinder) -> None:
        self._colours = ColourTransform(photo.icc_profile)
        self._box, self._labels = layer.box, layer.labels
        self._finder = finder
        x0, y0, x1, y1 = layer.box
        # A whole number of pixels to each: many times as fast as any other reduction.
        self._factor = max(round((x1 - x0) / GUARD_WIDTH), 1)
        size = max((y1 - y0) // self._factor, 1), max((x1 - x0) // self._factor, 1)
        self._skin = _plain_skin(size) if layer.skin is None else _resampled(layer.skin, size)
        self._small = self._reduced(photo.pixels)
        self._bands = list(self._skin_bands())
        self._figures = self._texture(photo.pixels)
        self._landmarks = None
        if layer.landmarks is not None:
            self._shown = ((layer.landmarks - np.array([x0, y0])) / self._factor).astype(np.float32)
            self._landmarks = finder.look_again(self._small, self._shown)

    def verdict(self, pixels: Pixels) -> Verdict:
        """Judge the whole photo's pixels (H, W, 3), in the photo's own profile."""
        small = self._reduced(pixels)
        if np.array_equal(small, self._small):
            return Verdict(landmarks_moved=None if self._landmarks is None else 0.0)
        skin = verdict_of(self._figures, self._texture(pixels))
        moved = None
        if self._landmarks is not None:
            moved = landmarks_moved(self._landmarks, self._finder.look_again(small, self._shown))
        return Verdict(
            texture_kept=skin.texture_kept,
            tone_shift=skin.tone_shift,
            spill=spill(self._small, small, self._skin),
            droplet=added_contrast(self._small, small),
            noise=added_noise(self._small, small),
            landmarks_moved=moved,
        )

    def _reduced(self, pixels: Pixels) -> Pixels:
        """Return the box at the guard's scale in sRGB."""
        x0, y0 = self._box[:2]
        height, width = (size * self._factor for size in self._skin.shape)
        size = (self._skin.shape[1], self._skin.shape[0])
        part = pixels[y0 : y0 + height, x0 : x0 + width]
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return self._colours.to_srgb(np.asarray(small, np.uint8))

    def _texture(self, pixels: Pixels) -> SkinFigures:
        """Sum up bands of the photo's own rows."""
        bands = []
        for place, skin in self._bands:
            rows, columns = (
                slice(part.start + start, part.stop + start)
                for part, start in zip(place, self._box[1::-1], strict=True)
            )
            band = self._colours.to_srgb(np.ascontiguousarray(pixels[rows, columns]))
            bands.append(skin_figures(band, skin, self._labels[place] > 0))
        return SkinFigures.joined(bands)

    def _skin_bands(self) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
        """Yield bands of the box that hold skin, and which of their pixels are."""
        height = self._skin.shape[0] * self._factor
        for top in range(0, height, max(height // BANDS, BAND)):
            rows = np.arange(top, min(top + BAND, height)) // self._factor
            where = np.flatnonzero((self._skin[rows] > 127).any(axis=0))
            if len(where):
                cells = slice(int(where[0]), int(where[-1]) + 1)
                skin = np.repeat(self._skin[rows, cells] > 127, self._factor, axis=1)
                columns = slice(cells.start * self._factor, cells.stop * self._factor)
                yield (slice(top, top + len(rows)), columns), skin


def _plain_skin(size: tuple[int, int]) -> Pixels:
    """Return the box's middle two thirds, hardly any hair or background, as a mask (h, w)."""
    skin = np.zeros(size, np.uint8)
    dy, dx = size[0] // 6, size[1] // 6
    skin[dy : size[0] - dy, dx : size[1] - dx] = 255
    return skin


def _resampled(skin: Pixels, size: tuple[int, int]) -> Pixels:
    resized = cv2.resize(skin, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def report_of(
    photo: DecodedPhoto,
    analysis: Analysis,
    recipe: Recipe,
    decisions: Mapping[int, str],
    outcome: Outcome,
) -> dict[str, Any]:
    """Return what was done, as JSON values, the seconds left out."""
    marks, verdict = analysis.marks, outcome.verdict
    strength = recipe.blemishes * outcome.strength
    chosen = [decisions.get(m.id, m.default_decision(recipe.keep_marks)) for m in marks]
    removed = chosen.count(REMOVE) if strength > 0 else 0
    moved = verdict.landmarks_moved
    return {
        "faces": len(analysis.layers),
        "spots_removed": removed,
        "marks_kept": len(marks) - removed,
        "strength": strength,
        "guard_strength": outcome.strength,
        "limits_broken": list(outcome.broken),
        "texture_kept": round(verdict.texture_kept, 4),
        "tone_shift": round(verdict.tone_shift, 3),
        "outside_change": round(verdict.spill, 3),
        "droplet": round(verdict.droplet, 2),
        "noise": round(verdict.noise, 2),
        "landmarks_moved": None if moved is None else round(moved, 4),
        "engine_version": analysis.engine_version,
        "checkpoint": {"name": analysis.checkpoint_name, "sha256": analysis.checkpoint_sha256},
        "notes": _notes(photo, analysis, recipe, outcome),
    }


def _notes(photo: DecodedPhoto, analysis: Analysis, recipe: Recipe, outcome: Outcome) -> list[str]:
    notes = list(photo.notes)
    profile_note = ColourTransform(photo.icc_profile).note
    if profile_note:
        notes.append(profile_note)
    if photo.alpha is not None and output_format(photo, recipe.format) == "jpeg":
        notes.append("a JPEG has no transparency: what is transparent lies over white")
    if not analysis.layers:
        notes.append("no face found: returned unchanged")
    known = {name for layer in analysis.layers for name in layer.concerns}
    notes += [
        f"{name}: the checkpoint {analysis.checkpoint_name!r} does not know it, nothing was changed"
        for name in recipe.smooth
        if analysis.layers and name not in known
    ]
    if outcome.broken:
        limits = ", ".join(name.replace("_", " ") for name in outcome.broken)
        notes.append(
            f"every strength was reduced to {outcome.strength:.0%} of it to keep: {limits}"
        )
    return notes
