"""Whatever the colour profile and mode: pixels outside the marks are the camera's, to the bit."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import ImageCms

from retouch_engine.analysis import Analysis
from retouch_engine.retoucher import DecodedPhoto, Recipe, Retoucher, decode
from tests.support.portraits import encoded, painted_astronaut
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, icc_profile

EVERYTHING = Recipe.from_dict({"keep_marks": False})


def in_profile(icc: bytes | None) -> bytes:
    return encoded(painted_astronaut()[0], "PNG", icc_profile=icc)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey() -> bytes:
    return encoded(painted_astronaut()[0].mean(axis=2).astype(np.uint8), "PNG")


def transparent() -> bytes:
    alpha = np.full((1024, 1024, 1), 200, np.uint8)
    return encoded(np.concatenate([painted_astronaut()[0], alpha], axis=2), "PNG")


FILES: dict[str, Callable[[], bytes]] = {
    "no profile": lambda: in_profile(None),
    "sRGB": lambda: in_profile(srgb_profile()),
    "Adobe RGB": lambda: in_profile(icc_profile(*ADOBE_RGB, "Adobe")),
    "Display P3": lambda: in_profile(icc_profile(*DISPLAY_P3, "P3")),
    "grey": grey,
    "transparent": transparent,
}


def marked(analysis: Analysis) -> np.ndarray:
    where = np.zeros((analysis.height, analysis.width), bool)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        where[y0:y1, x0:x1] |= layer.labels > 0
    return where


@pytest.mark.parametrize("name", FILES)
def test_outside_the_marks_nothing_changes(retoucher: Retoucher, name: str) -> None:
    photo = decode(FILES[name]())
    analysis = retoucher.analyse(photo)
    result = decode(retoucher.render(photo, analysis, EVERYTHING).encoded.data)
    changed = (result.pixels != photo.pixels).any(axis=2)
    assert changed.any()
    assert not changed[~marked(analysis)].any()
    assert result.icc_profile == photo.icc_profile
    assert result.monochrome == photo.monochrome
    if photo.alpha is not None:
        assert result.alpha is not None
        assert np.array_equal(result.alpha, photo.alpha)


@pytest.mark.parametrize("name", FILES)
def test_strength_zero_gives_the_photo_in_every_profile(retoucher: Retoucher, name: str) -> None:
    photo = decode(FILES[name]())
    analysis = retoucher.analyse(photo)
    result = retoucher.render(photo, analysis, Recipe.from_dict({"blemishes": 0}))
    assert np.array_equal(decode(result.encoded.data).pixels, photo.pixels)


def test_an_edit_of_a_wide_profile_means_the_same_colours(retoucher: Retoucher) -> None:
    """The same numbers mean other colours in Adobe RGB, the spots go there all the same."""
    photos: list[DecodedPhoto] = [decode(FILES[name]()) for name in ("no profile", "Adobe RGB")]
    changes = []
    for photo in photos:
        analysis = retoucher.analyse(photo)
        result = retoucher.render(photo, analysis, EVERYTHING)
        change = decode(result.encoded.data).pixels.astype(float) - photo.pixels
        changes.append(np.abs(change)[marked(analysis)].mean())
    assert changes[1] == pytest.approx(changes[0], rel=0.35)
