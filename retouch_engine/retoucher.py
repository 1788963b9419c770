"""The facade of the engine: a decoded photo in, an analysis and a retouched file out."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import ANALYSIS_FILE, Analysis, AnalysisError, analysis_marks
from retouch_engine.composition import (
    REMOVE,
    FaceLayers,
    Mark,
    Spot,
    Verdict,
    compose,
    find_spots,
    judge,
    signed_edit,
    stored_density,
    total_density,
    with_density,
)
from retouch_engine.faces import (
    Face,
    FaceCrop,
    FaceFinder,
    face_crop,
    region_map,
    resize_to_photo,
    resize_to_working,
    skin_mask,
)
from retouch_engine.imaging import (
    ColourTransform,
    DecodedPhoto,
    EncodedPhoto,
    ImageError,
    ImageHeader,
    ImageLimits,
    decode,
    encode,
    read_header,
    thumbnail,
)
from retouch_engine.inference import (
    CheckpointError,
    Prediction,
    Predictor,
    Style,
    StyleError,
    choose_style,
    feature_map,
)
from retouch_engine.recipe import Recipe, RecipeError

__all__ = [
    "ANALYSIS_FILE",
    "ENGINE_VERSION",
    "Analysis",
    "AnalysisError",
    "CheckpointError",
    "DecodedPhoto",
    "EncodedPhoto",
    "ImageError",
    "ImageHeader",
    "ImageLimits",
    "Recipe",
    "RecipeError",
    "Result",
    "Retoucher",
    "Style",
    "StyleError",
    "analysis_marks",
    "as_photo",
    "choose_style",
    "decode",
    "read_header",
    "srgb_pixels",
    "thumbnail",
]

ENGINE_VERSION = "1"
GUARD_STEPS = (1.0, 0.85, 0.7, 0.5, 0.3)

Pixels = NDArray[np.uint8]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Result:
    """A retouched file, its upright pixels in sRGB (H, W, 3), and a report of JSON values."""

    encoded: EncodedPhoto
    srgb: Pixels
    report: dict[str, Any]


class Retoucher:
    """Retouches photos with one checkpoint; keeps its models warm.

    style: clusters of the feature encoder by region. An analysis does not say which style made it:
    leave it out wherever analyses are stored.
    """

    def __init__(
        self,
        predictor: Predictor,
        finder: FaceFinder | None = None,
        style: Style | None = None,
    ) -> None:
        self.predictor = predictor
        self.finder = finder or FaceFinder()
        self.style = style

    @classmethod
    def load(cls, checkpoint: Path) -> "Retoucher":
        """Load a checkpoint given any of its files; raises CheckpointError."""
        return cls(Predictor.load(checkpoint))

    def analyse(self, photo: DecodedPhoto, progress: Progress | None = None) -> Analysis:
        """Run the networks on every face of `photo`.

        `progress` gets 0..1 and may raise to abort.
        """
        report = progress or (lambda share: None)
        started = time.monotonic()
        faces = self.finder.find(photo.pixels)
        found = time.monotonic()
        report(0.3)
        layers: list[FaceLayers] = []
        for index, face in enumerate(faces):
            first_id = 1 + max((m.id for layer in layers for m in layer.marks), default=0)
            layer = self._face_layers(photo, face, index, first_id)
            layers.append(_without_overlap(layer, layers))
            report(0.3 + 0.7 * (index + 1) / len(faces))
        return Analysis(
            width=photo.header.width,
            height=photo.header.height,
            checkpoint_name=self.predictor.card.name,
            checkpoint_sha256=self.predictor.sha256,
            engine_version=ENGINE_VERSION,
            layers=tuple(layers),
            seconds={"faces": found - started, "network": time.monotonic() - found},
        )

    def _face_layers(
        self, photo: DecodedPhoto, face: Face, index: int, first_id: int
    ) -> FaceLayers:
        size = (photo.header.width, photo.header.height)
        crop = face_crop(face, size, self.predictor.card.working_face_width)
        colours = ColourTransform(photo.icc_profile)
        native = np.ascontiguousarray(photo.pixels[crop.y0 : crop.y1, crop.x0 : crop.x1])
        srgb = colours.to_srgb(native)
        working = resize_to_working(srgb, crop)
        landmarks = (face.landmarks - np.array([crop.x0, crop.y0])) * crop.scale
        skin = skin_mask(working, landmarks.astype(np.float32))
        features = None
        if self.style is not None:
            regions = region_map(landmarks.astype(np.float32), skin)
            features = feature_map(regions, self.style, self.predictor.feature_channels)
        prediction = self.predictor.predict(working, features)
        names = self.predictor.card.kinds
        labels, spots = find_spots(prediction.mask * skin, prediction.kinds, names)
        edit = prediction.edit * skin[..., None] * (labels > 0)[..., None]
        if photo.monochrome:
            edit = np.repeat(edit.mean(axis=2, keepdims=True), 3, axis=2)
        edit = resize_to_photo(edit.astype(np.float32), crop)
        native_labels = _enlarged(labels, crop, first_id)
        stored = _native_edit(native, srgb, edit, native_labels, colours)
        marks = tuple(_mark(spot, crop, index, first_id) for spot in spots)
        return FaceLayers(
            (crop.x0, crop.y0, crop.x1, crop.y1),
            stored,
            native_labels,
            marks,
            np.rint(skin * 255).astype(np.uint8),
            _stored_concerns(prediction, photo.monochrome),
        )

    @staticmethod
    def render(
        photo: DecodedPhoto,
        analysis: Analysis,
        recipe: Recipe,
        decisions: Mapping[int, str] | None = None,
    ) -> Result:
        """Apply a recipe and people's decisions on marks; needs no network."""
        started = time.monotonic()
        decisions = decisions or {}
        pixels, strength, verdict = _guarded(photo, analysis, recipe, decisions)
        composed = time.monotonic()
        encoded = encode(photo, pixels, format=recipe.format, quality=recipe.quality)
        seconds = {
            **analysis.seconds,
            "compose": composed - started,
            "encode": time.monotonic() - composed,
        }
        report = _report(photo, analysis, recipe, decisions, strength, verdict)
        report["seconds"] = {stage: round(value, 3) for stage, value in seconds.items()}
        return Result(encoded, ColourTransform(photo.icc_profile).to_srgb(pixels), report)


def as_photo(pixels: Pixels) -> DecodedPhoto:
    """Wrap upright sRGB pixels, uint8 (H, W, 3), that come from no file, as a PNG would be."""
    height, width = pixels.shape[:2]
    return DecodedPhoto(
        pixels=pixels,
        alpha=None,
        monochrome=False,
        header=ImageHeader("png", width, height),
        icc_profile=None,
        exif=None,
        orientation=1,
        source=b"",
    )


def srgb_pixels(photo: DecodedPhoto) -> Pixels:
    """Return a photo's upright pixels in sRGB, uint8 (H, W, 3)."""
    return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)


def _native_edit(
    native: Pixels,
    srgb: Pixels,
    edit: NDArray[np.float32],
    labels: NDArray[np.uint16],
    colours: ColourTransform,
) -> Pixels:
    """Carry an sRGB edit into the photo's own profile, exactly zero outside the marks."""
    retouched = np.clip(np.rint(srgb + edit), 0, 255).astype(np.uint8)
    if not colours.is_identity:
        # The difference of two conversions: one conversion there and back is not exact.
        change = colours.from_srgb(retouched).astype(np.int16) - colours.from_srgb(srgb)
        retouched = np.clip(native + change, 0, 255).astype(np.uint8)
    return np.where(labels[..., None] > 0, signed_edit(native, retouched), 0).astype(np.uint8)


def _enlarged(labels: NDArray[np.int32], crop: FaceCrop, first_id: int) -> NDArray[np.uint16]:
    """Resample a label map to the photo by nearest neighbour; label 1 becomes `first_id`."""
    width, height = crop.photo_size
    ys = np.minimum((np.arange(height) + 0.5) * labels.shape[0] / height, labels.shape[0] - 1)
    xs = np.minimum((np.arange(width) + 0.5) * labels.shape[1] / width, labels.shape[1] - 1)
    large = labels[ys.astype(np.intp)[:, None], xs.astype(np.intp)[None, :]]
    return np.where(large > 0, large + (first_id - 1), 0).astype(np.uint16)


def _mark(spot: Spot, crop: FaceCrop, face: int, first_id: int) -> Mark:
    return Mark(
        id=spot.label + first_id - 1,
        face=face,
        x=round(crop.x0 + spot.x / crop.scale, 2),
        y=round(crop.y0 + spot.y / crop.scale, 2),
        radius=round(spot.radius / crop.scale, 2),
        kind=spot.kind,
        confidence=round(spot.confidence, 4),
    )


def _without_overlap(layer: FaceLayers, earlier: list[FaceLayers]) -> FaceLayers:
    """Clear what an earlier face already edits, so that no pixel is edited twice."""
    edit, labels = layer.edit, layer.labels
    x0, y0, x1, y1 = layer.box
    for other in earlier:
        left, top = max(x0, other.box[0]), max(y0, other.box[1])
        right, bottom = min(x1, other.box[2]), min(y1, other.box[3])
        if left >= right or top >= bottom:
            continue
        theirs = (slice(top - other.box[1], bottom - other.box[1]),
                  slice(left - other.box[0], right - other.box[0]))  # fmt: skip
        ours = (slice(top - y0, bottom - y0), slice(left - x0, right - x0))
        free = other.labels[theirs] == 0
        edit[ours] *= free[..., None]
        labels[ours] *= free
    present = set(np.unique(labels).tolist())
    return replace(layer, marks=tuple(mark for mark in layer.marks if mark.id in present))


def _guarded(
    photo: DecodedPhoto, analysis: Analysis, recipe: Recipe, decisions: Mapping[int, str]
) -> tuple[Pixels, float, Verdict]:
    """Compose; where the guard's limits are broken, at a lower strength, until they hold."""
    verdict = Verdict(1.0, 0.0)
    pixels = photo.pixels
    strength = recipe.blemishes
    for step in GUARD_STEPS:
        strength = recipe.blemishes * step
        pixels = compose(photo.pixels, analysis.layers, strength, decisions, recipe.keep_marks)
        smooth = {name: wanted * step for name, wanted in recipe.smooth.items()}
        _apply_concerns(pixels, analysis, smooth, ColourTransform(photo.icc_profile))
        verdict = _worst_verdict(photo, pixels, analysis)
        if verdict.holds:
            break
    return pixels, strength, verdict


def _stored_concerns(prediction: Prediction, monochrome: bool) -> dict[str, Pixels]:
    stored = {}
    for name, density in prediction.concerns.items():
        grey = density.mean(axis=2, keepdims=True) if monochrome else density
        stored[name] = stored_density(np.broadcast_to(grey, density.shape))
    return stored


def _apply_concerns(
    pixels: Pixels, analysis: Analysis, strengths: Mapping[str, float], colours: ColourTransform
) -> None:
    """Lay the smooth changes of all faces over `pixels` (H, W, 3), in place."""
    for layer in analysis.layers:
        if layer.skin is None or not any(name in layer.concerns for name in strengths):
            continue
        x0, y0, x1, y1 = layer.box
        native = pixels[y0:y1, x0:x1]
        density = total_density(layer.concerns, strengths)
        srgb = colours.to_srgb(np.ascontiguousarray(native))
        changed = with_density(srgb, density, layer.skin)
        if colours.is_identity:
            native[...] = changed
            continue
        change = colours.from_srgb(changed).astype(np.int16) - colours.from_srgb(srgb)
        native[...] = np.clip(native + change, 0, 255).astype(np.uint8)


def _worst_verdict(photo: DecodedPhoto, pixels: Pixels, analysis: Analysis) -> Verdict:
    colours = ColourTransform(photo.icc_profile)
    verdicts = [Verdict(1.0, 0.0)]
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        if not layer.marks and not layer.concerns:
            continue
        # The face's middle two thirds: skin, eyes and mouth, hardly any hair or background.
        dx, dy = (x1 - x0) // 6, (y1 - y0) // 6
        area = (slice(y0 + dy, y1 - dy), slice(x0 + dx, x1 - dx))
        before = colours.to_srgb(np.ascontiguousarray(photo.pixels[area]))
        after = colours.to_srgb(np.ascontiguousarray(pixels[area]))
        verdicts.append(judge(before, after, np.ones(before.shape[:2], bool)))
    return Verdict(
        min(verdict.texture_kept for verdict in verdicts),
        max(verdict.tone_shift for verdict in verdicts),
    )


def _report(
    photo: DecodedPhoto,
    analysis: Analysis,
    recipe: Recipe,
    decisions: Mapping[int, str],
    strength: float,
    verdict: Verdict,
) -> dict[str, Any]:
    marks = analysis.marks
    chosen = [decisions.get(m.id, m.default_decision(recipe.keep_marks)) for m in marks]
    removed = chosen.count(REMOVE) if strength > 0 else 0
    notes = list(photo.notes)
    profile_note = ColourTransform(photo.icc_profile).note
    if profile_note:
        notes.append(profile_note)
    if not analysis.layers:
        notes.append("no face found: returned unchanged")
    known = {name for layer in analysis.layers for name in layer.concerns}
    notes += [
        f"{name}: the checkpoint {analysis.checkpoint_name!r} does not know it, nothing was changed"
        for name in recipe.smooth
        if analysis.layers and name not in known
    ]
    if strength < recipe.blemishes:
        notes.append(f"strength was reduced to {strength:.2f} to keep texture and tone")
    return {
        "faces": len(analysis.layers),
        "spots_removed": removed,
        "marks_kept": len(marks) - removed,
        "strength": strength,
        "texture_kept": round(verdict.texture_kept, 4),
        "tone_shift": round(verdict.tone_shift, 3),
        "engine_version": analysis.engine_version,
        "checkpoint": {"name": analysis.checkpoint_name, "sha256": analysis.checkpoint_sha256},
        "notes": notes,
    }
