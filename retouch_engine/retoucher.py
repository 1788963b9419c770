"""The facade of the engine: a decoded photo in, an analysis and a retouched file out."""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import ANALYSIS_FILE, Analysis, AnalysisError, analysis_marks
from retouch_engine.composition import (
    FaceLayers,
    Mark,
    Spot,
    carried_edit,
    find_spots,
    group_decisions,
    overlap,
    signed_edit,
    stored_density,
)
from retouch_engine.faces import (
    Face,
    FaceCrop,
    FaceFinder,
    Pyramid,
    face_colour,
    face_crop,
    region_map,
    resize_to_photo,
    resize_to_working,
    skin_mask,
)
from retouch_engine.imaging import (
    GRID_PICTURES,
    ColourTransform,
    DecodedPhoto,
    EncodedPhoto,
    ImageError,
    ImageHeader,
    ImageLimits,
    decode,
    encode,
    grid_pictures,
    read_header,
    taken_at,
    thumbnail,
    usable_cores,
    without_metadata,
)
from retouch_engine.inference import (
    CheckpointError,
    Prediction,
    Predictor,
    Style,
    StyleError,
    TonePredictor,
    choose_style,
    feature_map,
    skin_gain,
)
from retouch_engine.lighting import (
    PhotoLight,
    anchor_of_preview,
    matched_chromaticity,
    matched_tone,
    photo_light,
    small_srgb,
    tone_fields,
    toned,
)
from retouch_engine.page_layers import page_layers
from retouch_engine.recipe import Recipe, RecipeError
from retouch_engine.rendering import composed, guarded, report_of
from retouch_engine.tone import Anchor, Tone, agreed_anchor, shown_tone, tone_variance

__all__ = [
    "ANALYSIS_FILE",
    "ENGINE_VERSION",
    "GRID_PICTURES",
    "Analysis",
    "AnalysisError",
    "Anchor",
    "CheckpointError",
    "DecodedPhoto",
    "EncodedPhoto",
    "ImageError",
    "ImageHeader",
    "ImageLimits",
    "PhotoLight",
    "Recipe",
    "RecipeError",
    "Result",
    "Retoucher",
    "Style",
    "StyleError",
    "agreed_anchor",
    "analysis_marks",
    "anchor_of_preview",
    "as_photo",
    "choose_style",
    "decode",
    "grid_pictures",
    "group_decisions",
    "matched_chromaticity",
    "page_layers",
    "photo_light",
    "read_header",
    "shown_tone",
    "small_srgb",
    "srgb_pixels",
    "taken_at",
    "thumbnail",
    "tone_variance",
    "without_metadata",
]

ENGINE_VERSION = "2"
# Working pixels between the lines on which crops begin and end.
GRID = 16

Pixels = NDArray[np.uint8]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Result:
    """A retouched file, its upright pixels in sRGB (H, W, 3), and a report of JSON values.

    tone: what was laid over it at the strength of its `light`; None for nothing.
    """

    encoded: EncodedPhoto
    srgb: Pixels
    report: dict[str, Any]
    tone: Tone | None = None


class Retoucher:
    """Retouches photos with one checkpoint; keeps its models warm.

    style: clusters of the feature encoder by region. An analysis does not say which style made it:
    leave it out wherever analyses are stored. tone: judges light; without it `light` does nothing.
    """

    def __init__(
        self,
        predictor: Predictor,
        finder: FaceFinder | None = None,
        style: Style | None = None,
        tone: TonePredictor | None = None,
    ) -> None:
        self.tone = tone
        self.predictor = predictor
        self.finder = finder or FaceFinder()
        self.style = style

    @classmethod
    def load(cls, checkpoint: Path, tone: Path | None = None) -> "Retoucher":
        """Load a checkpoint, and one of the role `tone`, given any of their files.

        Raises CheckpointError.
        """
        predictor = None if tone is None else TonePredictor.load(tone)
        return cls(Predictor.load(checkpoint), tone=predictor)

    def analyse(self, photo: DecodedPhoto, progress: Progress | None = None) -> Analysis:
        """Run the networks on every face of `photo`.

        `progress` gets 0..1 and may raise to abort.
        """
        report = progress or (lambda share: None)
        started = time.monotonic()
        pyramid = Pyramid(photo.pixels)
        faces = self.finder.find(pyramid)
        found = time.monotonic()
        report(0.3)
        layers: list[FaceLayers] = []
        for index, face in enumerate(faces):
            first_id = 1 + max((m.id for layer in layers for m in layer.marks), default=0)
            layer = self._face_layers(photo, face, index, first_id)
            layers.append(_without_overlap(layer, layers))
            report(0.3 + 0.7 * (index + 1) / len(faces))
        networked = time.monotonic()
        light = {} if self.tone is None else tone_fields(self.tone, photo, layers, pyramid)
        return Analysis(
            width=photo.header.width,
            height=photo.header.height,
            checkpoint_name=self.predictor.card.name,
            checkpoint_sha256=self.predictor.sha256,
            engine_version=ENGINE_VERSION,
            layers=tuple(layers),
            seconds={
                "faces": found - started,
                "network": networked - found,
                "tone": time.monotonic() - networked,
            },
            **light,
        )

    def _face_layers(
        self, photo: DecodedPhoto, face: Face, index: int, first_id: int
    ) -> FaceLayers:
        size = (photo.header.width, photo.header.height)
        crop = _on_grid(face_crop(face, size, self.predictor.card.working_face_width), size)
        colours = ColourTransform(photo.icc_profile)
        native = photo.pixels[crop.y0 : crop.y1, crop.x0 : crop.x1]
        srgb = colours.to_srgb(native)
        working = resize_to_working(srgb, crop)
        landmarks = (face.landmarks - np.array([crop.x0, crop.y0])) * crop.scale
        skin, prediction = self._skin_and_prediction(working, landmarks.astype(np.float32))
        names = self.predictor.card.kinds
        found, spots = find_spots(prediction.mask * skin, prediction.kinds, names)
        edit = prediction.edit * skin[..., None] * (found > 0)[..., None]
        if photo.monochrome:
            edit = np.repeat(edit.mean(axis=2, keepdims=True), 3, axis=2)
        labels = np.where(found > 0, found + (first_id - 1), 0).astype(np.uint16)
        if crop.scale > 1:
            # The photo shows no more than the working scale does: nothing has to be carried.
            edit, labels = resize_to_photo(edit.astype(np.float32), crop), _reduced(labels, crop)
            working = srgb
        stored, native_labels = _native_edit(native, srgb, colours, working, edit, labels)
        return FaceLayers(
            (crop.x0, crop.y0, crop.x1, crop.y1),
            stored,
            native_labels,
            tuple(_mark(spot, crop, index, first_id) for spot in spots),
            np.rint(skin * 255).astype(np.uint8),
            _stored_concerns(prediction, photo.monochrome),
            face.landmarks,
        )

    def _skin_and_prediction(
        self, working: Pixels, landmarks: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Prediction]:
        """Return a crop's skin mask and what the network predicts, side by side on two cores."""
        gain = skin_gain(face_colour(working, landmarks), self.predictor.card.skin_reference)
        if self.style is not None:
            skin = skin_mask(working, landmarks)
            regions = region_map(landmarks, skin)
            features = feature_map(regions, self.style, self.predictor.feature_channels)
            return skin, self.predictor.predict(working, features, gain)
        if usable_cores() == 1:
            return skin_mask(working, landmarks), self.predictor.predict(working, gain=gain)
        with ThreadPoolExecutor(1) as thread:
            mask = thread.submit(skin_mask, working, landmarks)
            prediction = self.predictor.predict(working, gain=gain)
            return mask.result(), prediction

    @staticmethod
    def render(
        photo: DecodedPhoto,
        analysis: Analysis,
        recipe: Recipe,
        decisions: Mapping[int, str] | None = None,
        anchor: Anchor | None = None,
    ) -> Result:
        """Apply a recipe and people's decisions on marks; needs no network.

        anchor: what the photo's group agreed on, see `agreed_anchor`; its own light decides else.
        """
        started = time.monotonic()
        decisions = decisions or {}
        outcome = guarded(photo, analysis, recipe, decisions, _finder())
        tone = analysis.tone if anchor is None else matched_tone(photo, analysis, anchor)
        pixels = toned(photo, outcome.pixels, tone, recipe.light)
        composed = time.monotonic()
        encoded = encode(photo, pixels, format=recipe.format, quality=recipe.quality)
        seconds = {
            **analysis.seconds,
            "compose": composed - started,
            "encode": time.monotonic() - composed,
        }
        report = report_of(photo, analysis, recipe, decisions, outcome)
        report["light"] = recipe.light if tone is not None else 0.0
        if recipe.light > 0 and anchor is None and not analysis.tone_checkpoint_sha256:
            report["notes"].append("light was not judged when this photo was analysed")
        report["seconds"] = {stage: round(value, 3) for stage, value in seconds.items()}
        srgb = ColourTransform(photo.icc_profile).to_srgb(pixels)
        return Result(encoded, srgb, report, tone)

    @staticmethod
    def compose_region(
        photo: DecodedPhoto,
        analysis: Analysis,
        recipe: Recipe,
        decisions: Mapping[int, str] | None = None,
        *,
        box: tuple[int, int, int, int],
        strength: float = 1.0,
    ) -> Pixels:
        """Return one region as `render` composes it, without guard and encoding.

        box: x0, y0, x1, y1 (exclusive) within the upright photo; strength: what the guard left of
        the recipe's strengths, `guard_strength` in a report. Returns uint8 (h, w, 3) in the photo's
        own profile. Costs what lies in the box, however large the photo. Raises ValueError on a box
        that is empty or leaves the photo.
        """
        x0, y0, x1, y1 = box
        if not (0 <= x0 < x1 <= photo.header.width and 0 <= y0 < y1 <= photo.header.height):
            raise ValueError(
                f"the box {box} does not lie in a photo of {photo.header.width} x "
                f"{photo.header.height} pixels"
            )
        return composed(photo, analysis, recipe, decisions or {}, strength, box)


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


@lru_cache(maxsize=1)
def _finder() -> FaceFinder:
    """Return the finder with which renditions are checked, loaded at the first."""
    return FaceFinder()


def srgb_pixels(photo: DecodedPhoto) -> Pixels:
    """Return a photo's upright pixels in sRGB, uint8 (H, W, 3)."""
    return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)


def _on_grid(crop: FaceCrop, photo_size: tuple[int, int]) -> FaceCrop:
    """Return the crop on a grid that hardly depends on where exactly the face was found.

    A network answers to shifts of parts of a pixel: in a photo that was enlarged, or with a face
    found a pixel beside, it would find other marks at the edge of certainty. So `GRID` working
    pixels are 8 to 16 times a power of two photo pixels, and the crop grows to whole cells of that.
    """
    pixels = GRID / crop.scale
    unit = 2 ** max(math.floor(math.log2(pixels)) - 3, 0)
    cell = round(pixels / unit) * unit
    return FaceCrop(
        crop.x0 // cell * cell,
        crop.y0 // cell * cell,
        min(-(-crop.x1 // cell) * cell, photo_size[0]),
        min(-(-crop.y1 // cell) * cell, photo_size[1]),
        GRID / cell,
    )


def _native_edit(
    native: Pixels,
    srgb: Pixels,
    colours: ColourTransform,
    working: Pixels,
    edit: NDArray[np.float32],
    labels: NDArray[np.uint16],
) -> tuple[Pixels, NDArray[np.uint16]]:
    """Carry an edit to the photo's scale and into its own profile, zero outside the marks.

    Returns it modulo 256, uint8 (h, w, 3), and the label map (h, w). Pages of both that no spot
    lies in are never written, and so take no memory.
    """
    stored = np.zeros(native.shape, np.uint8)
    native_labels = np.zeros(native.shape[:2], np.uint16)
    for place, owners, retouched in carried_edit(srgb, working, edit, labels):
        before = native[place]
        if not colours.is_identity:
            # The difference of two conversions: one conversion there and back is not exact.
            original = colours.from_srgb(np.ascontiguousarray(srgb[place]))
            change = colours.from_srgb(np.ascontiguousarray(retouched)).astype(np.int16) - original
            changed = np.clip(before + change, 0, 255).astype(np.uint8)
            retouched = np.where(owners[..., None] > 0, changed, before)
        stored[place] = signed_edit(before, retouched)
        native_labels[place] = owners
    return stored, native_labels


def _reduced(labels: NDArray[np.uint16], crop: FaceCrop) -> NDArray[np.uint16]:
    """Resample a label map to a smaller photo by nearest neighbour."""
    size = crop.photo_size
    return np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST_EXACT), np.uint16)


def _stored_concerns(prediction: Prediction, monochrome: bool) -> dict[str, Pixels]:
    stored = {}
    for name, density in prediction.concerns.items():
        grey = density.mean(axis=2, keepdims=True) if monochrome else density
        stored[name] = stored_density(np.broadcast_to(grey, density.shape))
    return stored


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
    for other in earlier:
        common = overlap(layer, other.labels.shape, other.box[:2])
        if common is None:
            continue
        ours, theirs = common
        twice = (layer.labels[ours] > 0) & (other.labels[theirs] > 0)
        layer.edit[ours][twice] = 0
        layer.labels[ours][twice] = 0
        _clear_skin(layer, other)
    if not earlier:
        return layer
    present = set(np.unique(layer.labels).tolist())
    return replace(layer, marks=tuple(mark for mark in layer.marks if mark.id in present))


def _clear_skin(layer: FaceLayers, other: FaceLayers) -> None:
    """Clear the cells of a skin mask whose middle lies on another face's skin, in place."""
    if layer.skin is None or other.skin is None:
        return
    places = []
    for axis, (start, stop) in enumerate(((1, 3), (0, 2))):
        cells, theirs = layer.skin.shape[axis], other.skin.shape[axis]
        middles = (np.arange(cells) + 0.5) * (layer.box[stop] - layer.box[start]) / cells
        share = (middles + layer.box[start] - other.box[start]) / (
            other.box[stop] - other.box[start]
        )
        places.append(np.floor(share * theirs).astype(np.intp))
    inside = [(p >= 0) & (p < size) for p, size in zip(places, other.skin.shape, strict=True)]
    region = np.ix_(*inside)
    beside = other.skin[np.ix_(places[0][inside[0]], places[1][inside[1]])] == 0
    layer.skin[region] *= beside
