"""Judges a photo's light with a tone network and corrects it: the last stage of a retouch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from retouch_engine.analysis import Analysis
from retouch_engine.composition import FaceLayers
from retouch_engine.faces import Pyramid
from retouch_engine.imaging import ColourTransform, DecodedPhoto
from retouch_engine.inference import TonePredictor
from retouch_engine.tone import (
    Anchor,
    Tone,
    anchor_of,
    apply_tone,
    at_strength,
    matching_tone,
    mean_chromaticity,
    needed_tone,
)

Pixels = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
# Light is judged on a picture of this long side.
SMALL_SIDE = 512
# Rows whose colours are averaged at once.
STRIP = 64


def tone_fields(
    predictor: TonePredictor,
    photo: DecodedPhoto,
    layers: Sequence[FaceLayers],
    pyramid: Pyramid | None = None,
) -> dict[str, Any]:
    """Return what an analysis says of a photo's light; tone None where it is well lit.

    pyramid: the photo's, where there is one already.
    """
    small = small_srgb(photo, pyramid)
    people = _people(layers, (photo.header.width, photo.header.height), small)
    return {
        "tone_checkpoint_name": predictor.card.name,
        "tone_checkpoint_sha256": predictor.sha256,
        "tone": tone_of(predictor, small, people),
    }


def tone_of(predictor: TonePredictor, pixels: Pixels, people: FloatArray) -> Tone | None:
    """Return what a picture's light asks for, None where it is well lit.

    pixels: sRGB uint8 (H, W, 3); people: (h, w) 0..1, where skin of faces is. Both are reduced.
    """
    predicted = predictor.predict(pixels, people)
    return needed_tone(Tone(predicted.lut, predicted.log_gain), pixels, people)


def toned(photo: DecodedPhoto, pixels: Pixels, tone: Tone | None, light: float) -> Pixels:
    """Bring `pixels` (H, W, 3), in the photo's own profile, into corrected light, in place.

    A whole picture; returns it. light: strength 0..1; at 0, and without a tone, every bit stays. A
    monochrome photo stays one.
    """
    if tone is None or light <= 0:
        return pixels
    colours = ColourTransform(photo.icc_profile)
    conversions = () if colours.is_identity else (colours.to_srgb, colours.from_srgb)
    apply_tone(pixels, at_strength(tone, light), *conversions, in_place=True)
    if photo.monochrome:
        for top in range(0, len(pixels), STRIP):
            rows = pixels[top : top + STRIP]
            rows[...] = np.rint(rows.mean(axis=2, keepdims=True))
    return pixels


def small_srgb(photo: DecodedPhoto, pyramid: Pyramid | None = None) -> Pixels:
    """Return a photo in sRGB, its long side at most 512 pixels: light is judged on it."""
    small = (pyramid or Pyramid(photo.pixels)).fitted(SMALL_SIDE)
    return ColourTransform(photo.icc_profile).to_srgb(small)


def _people(layers: Sequence[FaceLayers], size: tuple[int, int], small: Pixels) -> FloatArray:
    """Return where the faces' skin is, (h, w) 0..1, on a small picture of a photo of width, height.

    Layers are in the photo's pixels.
    """
    people = np.zeros(small.shape[:2], np.float32)
    steps = small.shape[1] / size[0], small.shape[0] / size[1]
    for layer in layers:
        if layer.skin is None:
            continue
        x0, x1 = (round(edge * steps[0]) for edge in (layer.box[0], layer.box[2]))
        y0, y1 = (round(edge * steps[1]) for edge in (layer.box[1], layer.box[3]))
        if x1 > x0 and y1 > y0:
            skin = cv2.resize(layer.skin, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
            place = people[y0:y1, x0:x1]
            np.maximum(place, skin.astype(np.float32) / 255, out=place)
    return people


@dataclass(frozen=True)
class PhotoLight:
    """What a photo brings to its group: anchor of its corrected skin, and mean a* and b* as it is.

    As it is: in its own light, corrected as far as its recipe says.
    """

    anchor: Anchor
    chromaticity: tuple[float, float]


def photo_light(preview: Pixels, analysis: Analysis, light: float) -> PhotoLight:
    """Judge a photo for its group; preview: sRGB uint8 (h, w, 3), as small as one likes."""
    people = _people(analysis.layers, (analysis.width, analysis.height), preview)
    corrected = shown = preview
    if analysis.tone is not None:
        corrected = apply_tone(preview, analysis.tone)
        shown = apply_tone(preview, at_strength(analysis.tone, light))
    return PhotoLight(anchor_of(corrected, people), mean_chromaticity(shown))


def anchor_of_preview(preview: Pixels, analysis: Analysis) -> Anchor:
    """Return the anchor of a picture as it is shown, a finished one for instance."""
    return anchor_of(preview, _people(analysis.layers, (analysis.width, analysis.height), preview))


def matched_chromaticity(
    preview: Pixels, analysis: Analysis, anchor: Anchor
) -> tuple[float, float]:
    """Return mean a* and b* of a photo brought to its group's anchor."""
    people = _people(analysis.layers, (analysis.width, analysis.height), preview)
    tone = matching_tone(analysis.tone, preview, people, anchor)
    return mean_chromaticity(apply_tone(preview, tone))


def matched_tone(photo: DecodedPhoto, analysis: Analysis, anchor: Anchor) -> Tone:
    """Return the tone that brings a photo to its group's anchor."""
    small = small_srgb(photo)
    people = _people(analysis.layers, (analysis.width, analysis.height), small)
    return matching_tone(analysis.tone, small, people, anchor)
