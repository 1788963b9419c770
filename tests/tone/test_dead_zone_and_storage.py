"""Good light stays as it is, and a stored tone comes back."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from retouch_engine.tone import (
    Tone,
    apply_tone,
    needed_tone,
    read_tone,
    shown_tone,
    stored_tone,
    tone_change,
)
from retouch_engine.tone.application import identity_lut


def tone(bend: float, stops: float = 0.0) -> Tone:
    lut = identity_lut(33)
    bent = lut + np.float32(bend) * lut * (1 - lut)
    return Tone(bent, np.full((8, 8, 2), stops, np.float32))


PEOPLE = np.zeros((512, 512), np.float32)
PEOPLE[60:200, 170:270] = 1.0


def test_a_small_change_lies_in_the_dead_zone_and_a_large_one_does_not() -> None:
    assert tone_change(tone(0.0), astronaut(), PEOPLE) == 0.0
    assert needed_tone(tone(0.05), astronaut(), PEOPLE) is None
    assert needed_tone(tone(0.8), astronaut(), PEOPLE) is not None
    assert needed_tone(tone(0.0, stops=0.5), astronaut(), PEOPLE) is not None


def test_what_happens_to_people_alone_is_enough() -> None:
    gain = np.zeros((8, 8, 2), np.float32)
    gain[1:3, 3:5] = 0.8
    assert tone_change(Tone(identity_lut(33), gain), astronaut(), np.zeros((9, 9), "f4")) < 4
    assert needed_tone(Tone(identity_lut(33), gain), astronaut(), PEOPLE) is not None


def test_beside_the_dead_zone_a_tone_comes_in_gradually() -> None:
    changes = []
    for bend in (0.25, 0.3, 0.35, 0.4, 0.6, 0.8):
        needed = needed_tone(tone(bend), astronaut(), PEOPLE)
        changes.append(0.0 if needed is None else tone_change(needed, astronaut(), PEOPLE))
        assert changes[-1] <= tone_change(tone(bend), astronaut(), PEOPLE)
    assert changes == sorted(changes)
    assert any(0 < change < 2 for change in changes)
    assert changes[-1] == pytest.approx(tone_change(tone(0.8), astronaut(), PEOPLE))


def test_a_stored_tone_comes_back() -> None:
    values, data = stored_tone(tone(0.7, stops=-0.31234))
    back = read_tone(values, data)
    assert np.abs(back.lut - tone(0.7).lut).max() < 1e-4
    assert np.allclose(back.log_gain, -0.3123)
    assert len(data) < 200_000


@pytest.mark.parametrize("size", [17, 40])
def test_a_tone_whose_parts_do_not_fit_is_refused(size: int) -> None:
    values, data = stored_tone(tone(0.2))
    with pytest.raises(ValueError, match="damaged"):
        read_tone({**values, "size": size}, data)
    with pytest.raises(ValueError, match="damaged"):
        read_tone(values, b"no picture")


def test_what_pages_get_gives_the_same_picture_within_two_grey_values() -> None:
    shown = shown_tone(tone(0.7, stops=-0.3))
    data = base64.b64decode(shown["lut"].partition(",")[2])
    size = shown["size"]
    lut = np.asarray(Image.open(io.BytesIO(data)), np.float32).reshape(size, size, size, 3) / 255
    back = Tone(lut, np.array(shown["log_gain"], np.float32))
    difference = apply_tone(astronaut(), back).astype(int) - apply_tone(
        astronaut(), tone(0.7, stops=-0.3)
    )
    assert np.abs(difference).max() <= 2
    assert len(data) < 120_000
