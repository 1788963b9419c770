"""The facade of the engine: a decoded photo in, an analysis and a retouched file out."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import ANALYSIS_FILE, Analysis, AnalysisError, analysis_marks
from retouch_engine.composition import (
    FaceLayers,
    Mark,
    Spot,
    group_decisions,
    stored_density,
    without_overlap,
)
from retouch_engine.exporting import ExportOptions, FinishedVersion, exported
from retouch_engine.face_spots import face_spots, load_spot_classifier
from retouch_engine.faces import (
    Face,
    FaceCrop,
    FaceFinder,
    Pyramid,
    face_colour,
    face_crop,
    on_grid,
    region_map,
    resize_to_working,
    skin_mask,
)
from retouch_engine.fine_spots import find_fine_spots, is_wanted
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
    tile_levels,
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
from retouch_engine.native_edit import NativeEdit
from retouch_engine.page_layers import page_layers
from retouch_engine.recipe import CONCERNS, Recipe, RecipeError
from retouch_engine.rendering import composed, guarded, report_of
from retouch_engine.tone import Anchor, Tone, agreed_anchor, shown_tone, tone_variance

__all__ = [
    "ANALYSIS_FILE",
    "CONCERNS",
    "ENGINE_VERSION",
    "GRID_PICTURES",
    "Analysis",
    "AnalysisError",
    "Anchor",
    "CheckpointError",
    "DecodedPhoto",
    "EncodedPhoto",
    "ExportOptions",
    "FinishedVersion",
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
    "exported",
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
    "tile_levels",
    "tone_variance",
    "without_metadata",
]

ENGINE_VERSION = "6"

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
    fine: whether large faces get a second look for fine spots, by default as the environment says,
    see `fine_spots`; with a style none do. Raises CheckpointError where the checkpoint's classifier
    of spots is not what its card says.
    """

    def __init__(
        self,
        predictor: Predictor,
        finder: FaceFinder | None = None,
        style: Style | None = None,
        tone: TonePredictor | None = None,
        fine: bool | None = None,
    ) -> None:
        self.fine = is_wanted() if fine is None else fine
        self.tone = tone
        self.predictor = predictor
        self.classifier = load_spot_classifier(predictor.card)
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
            layers.append(without_overlap(layer, layers))
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
        crop = on_grid(face_crop(face, size, self.predictor.card.working_face_width), size)
        colours = ColourTransform(photo.icc_profile)
        native = photo.pixels[crop.y0 : crop.y1, crop.x0 : crop.x1]
        srgb = colours.to_srgb(native)
        working = resize_to_working(srgb, crop)
        landmarks = ((face.landmarks - [crop.x0, crop.y0]) * crop.scale).astype(np.float32)
        gain = skin_gain(face_colour(working, landmarks), self.predictor.card.skin_reference)
        skin, prediction = self._skin_and_prediction(working, landmarks, gain)
        names = self.predictor.card.kinds
        found, spots = face_spots(working, prediction, skin, names, self.classifier)
        edit = prediction.edit * skin[..., None] * (found > 0)[..., None]
        layer = NativeEdit(native, srgb, colours, photo.monochrome)
        layer.add(crop, working, edit, np.where(found > 0, found + (first_id - 1), 0))
        marks = [_mark(spot, crop, index, first_id) for spot in spots]
        if self.fine and self.style is None:
            fine = find_fine_spots(srgb, crop, skin, found > 0, self.predictor, gain)
            if fine is not None:
                first_id += len(spots)
                labels = np.where(fine.labels > 0, fine.labels + (first_id - 1), 0)
                layer.add(fine.crop, fine.working, fine.edit, labels)
                marks += [_mark(spot, fine.crop, index, first_id) for spot in fine.spots]
        return FaceLayers(
            (crop.x0, crop.y0, crop.x1, crop.y1),
            layer.edit,
            layer.labels,
            tuple(marks),
            np.rint(skin * 255).astype(np.uint8),
            _stored_concerns(prediction, photo.monochrome),
            face.landmarks,
        )

    def _skin_and_prediction(
        self, working: Pixels, landmarks: NDArray[np.float32], gain: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Prediction]:
        """Return a crop's skin mask and what the network predicts, side by side on two cores."""
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


_FINDERS = threading.local()


def _finder() -> FaceFinder:
    """Return this thread's finder with which renditions are checked, loaded at the first."""
    if not hasattr(_FINDERS, "finder"):
        _FINDERS.finder = FaceFinder()
    finder: FaceFinder = _FINDERS.finder
    return finder


def srgb_pixels(photo: DecodedPhoto) -> Pixels:
    """Return a photo's upright pixels in sRGB, uint8 (H, W, 3)."""
    return ColourTransform(photo.icc_profile).to_srgb(photo.pixels)


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
