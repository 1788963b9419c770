"""HEIC, the iPhone's format. No encoder is installed, so a small file is kept beside this test.

It is scikit-image's astronaut (NASA, public domain), enlarged to 600 x 600, written by heif-enc.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from retouch_engine.imaging import ImageError, decode
from retouch_engine.retoucher import Recipe, Retoucher

HEIC = (Path(__file__).parent / "data" / "astronaut.heic").read_bytes()


def test_a_heic_is_decoded() -> None:
    photo = decode(HEIC)
    original = Image.fromarray(astronaut()[:300, 80:380]).resize((600, 600))
    assert (photo.header.format, photo.header.width, photo.header.height) == ("heic", 600, 600)
    assert np.abs(photo.pixels.astype(int) - np.asarray(original)).mean() < 6


def test_a_truncated_heic_is_refused() -> None:
    with pytest.raises(ImageError):
        decode(HEIC[: len(HEIC) // 2])


def test_a_heic_is_retouched_into_a_jpeg(retoucher: Retoucher) -> None:
    photo = decode(HEIC)
    result = retoucher.render(photo, retoucher.analyse(photo), Recipe())
    assert (result.encoded.format, result.encoded.extension) == ("jpeg", ".jpg")
    assert result.report["faces"] == 1
    assert decode(result.encoded.data).pixels.shape == photo.pixels.shape
