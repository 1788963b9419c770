"""A photo up-sampled four times is the same face: the same marks and the same result."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from retouch_engine.analysis import Analysis
from retouch_engine.retoucher import Recipe, Retoucher, as_photo, decode, srgb_pixels
from tests.support.portraits import painted_astronaut

FOLDER = Path(os.environ.get("PORTRAITS_DIR", "/nonexistent"))
FACTOR = 4
EVERYTHING = Recipe.from_dict({"keep_marks": False})
ENLARGEMENTS = [Image.Resampling.BICUBIC, Image.Resampling.LANCZOS]


@lru_cache(maxsize=1)
def head() -> np.ndarray:
    """Return the painted astronaut's head; the face is some 300 pixels wide."""
    part = Image.fromarray(painted_astronaut()[0][40:520, 250:670])
    return np.asarray(part.resize((672, 768), Image.Resampling.BICUBIC))


def enlarged(pixels: np.ndarray, how: Image.Resampling) -> np.ndarray:
    height, width = pixels.shape[:2]
    size = (FACTOR * width, FACTOR * height)
    return np.asarray(Image.fromarray(pixels).resize(size, how))


def means(pixels: np.ndarray) -> np.ndarray:
    height, width = (size // FACTOR for size in pixels.shape[:2])
    return pixels.reshape(height, FACTOR, width, FACTOR, 3).mean(axis=(1, 3))


def marked(analysis: Analysis) -> np.ndarray:
    where = np.zeros((analysis.height, analysis.width), bool)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        where[y0:y1, x0:x1] |= layer.labels > 0
    return where


def overlap(small: Analysis, large: Analysis) -> float:
    """Return the IoU of the marks of a photo and of the same photo enlarged."""
    first, second = np.kron(marked(small), np.ones((FACTOR, FACTOR), bool)), marked(large)
    return float((first & second).sum() / (first | second).sum())


def changes(retoucher: Retoucher, pixels: np.ndarray) -> tuple[Analysis, np.ndarray, np.ndarray]:
    photo = as_photo(pixels)
    analysis = retoucher.analyse(photo)
    height, width = pixels.shape[:2]
    composed = retoucher.compose_region(photo, analysis, EVERYTHING, box=(0, 0, width, height))
    return analysis, composed, composed.astype(np.float32) - pixels


@pytest.mark.parametrize("how", ENLARGEMENTS)
def test_four_times_up_sampled_it_has_the_same_marks_and_the_same_result(
    retoucher: Retoucher, how: Image.Resampling
) -> None:
    small, result, change = changes(retoucher, head())
    large, large_result, large_change = changes(retoucher, enlarged(head(), how))
    assert overlap(small, large) >= 0.8
    assert np.abs(means(large_result) - result).mean() <= 0.5
    assert np.abs(means(large_change) - change).mean() <= 0.25
    # What is removed is removed in both.
    inside = marked(small)
    assert np.abs(means(large_change) - change)[inside].mean() < 0.2 * np.abs(change)[inside].mean()


def test_marks_lie_at_the_same_places_four_times_as_far(retoucher: Retoucher) -> None:
    small = retoucher.analyse(as_photo(head()))
    large = retoucher.analyse(as_photo(enlarged(head(), Image.Resampling.LANCZOS)))
    found = [
        large.mark_at(FACTOR * m.x, FACTOR * m.y, FACTOR * m.radius)
        for m in small.marks
        if m.confidence > 0.4
    ]
    assert len(found) > 10
    assert sum(mark is not None for mark in found) >= 0.85 * len(found)


@pytest.mark.portraits
@pytest.mark.skipif(not (FOLDER / "real").is_dir(), reason="PORTRAITS_DIR is not set")
def test_real_portraits_up_sampled_have_the_same_marks_and_result(retoucher: Retoucher) -> None:
    overlaps, errors = [], []
    for path in sorted((FOLDER / "real").glob("*.jpg"))[::4]:
        pixels = srgb_pixels(decode(path.read_bytes()))
        small, _, change = changes(retoucher, pixels)
        large, _, large_change = changes(retoucher, enlarged(pixels, Image.Resampling.BICUBIC))
        overlaps.append(overlap(small, large))
        errors.append(np.abs(means(large_change) - change).mean())
    assert min(overlaps) >= 0.75
    assert np.mean(overlaps) >= 0.85
    assert max(errors) <= 0.5
