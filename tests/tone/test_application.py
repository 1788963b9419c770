"""A tone is applied to the whole photo as it was learned on its thumbnail."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from retouch_engine.networks.tone_generator import TonePrediction
from retouch_engine.networks.tone_generator import apply_tone as apply_in_torch
from retouch_engine.tone import Tone, apply_tone, at_strength
from retouch_engine.tone.application import identity_lut


def tone(seed: int = 0, stops: float = 0.5) -> Tone:
    """Return a random smooth tone: brighter, warmer, with a gain that differs over the picture."""
    rng = np.random.default_rng(seed)
    lut = identity_lut(33)
    bump = lut * (1 - lut)
    bent = np.clip(lut + bump * rng.uniform(-0.5, 0.8, 3), 0, 1)
    return Tone(bent.astype(np.float32), rng.uniform(-stops, stops, (8, 8, 2)).astype(np.float32))


def test_a_tone_that_changes_nothing_leaves_every_bit() -> None:
    nothing = at_strength(tone(), 0.0)
    assert np.array_equal(apply_tone(astronaut(), nothing), astronaut())


def test_it_is_what_the_network_was_trained_with() -> None:
    wanted = apply_in_torch(
        torch.from_numpy(astronaut()).permute(2, 0, 1)[None].float() / 255,
        TonePrediction(
            torch.from_numpy(tone().lut).permute(3, 0, 1, 2)[None],
            torch.from_numpy(tone().log_gain).permute(2, 0, 1)[None],
            torch.zeros(1, 3),
        ),
    )
    expected = (wanted.clamp(0, 1) * 255)[0].permute(1, 2, 0).numpy()
    difference = np.abs(apply_tone(astronaut(), tone()).astype(float) - expected)
    assert difference.max() <= 3
    assert difference.mean() < 0.5


@pytest.mark.parametrize("rows", [1, 64, 100, 1000])
def test_strips_leave_no_seam(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = apply_tone(astronaut(), tone())
    monkeypatch.setattr("retouch_engine.tone.application.STRIP", rows * 512 * 3)
    assert np.array_equal(apply_tone(astronaut(), tone()), expected)


def test_half_the_strength_goes_about_half_way() -> None:
    pixels = astronaut().astype(float)
    whole = apply_tone(astronaut(), tone(stops=0.2)) - pixels
    half = apply_tone(astronaut(), at_strength(tone(stops=0.2), 0.5)) - pixels
    inside = (pixels > 40).all(axis=2) & (pixels < 200).all(axis=2)
    assert np.abs(half[inside] - whole[inside] / 2).mean() < 1.5


def test_a_profile_is_folded_into_the_table() -> None:
    def to_srgb(pixels: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(255 - pixels)

    lut_only = Tone(tone().lut, np.zeros((8, 8, 2), np.float32))
    plain = apply_tone(to_srgb(astronaut()), lut_only)
    folded = apply_tone(astronaut(), lut_only, to_srgb, to_srgb)
    assert np.abs(to_srgb(folded).astype(int) - plain).max() <= 2
    nothing = at_strength(lut_only, 0.0)
    assert np.array_equal(apply_tone(astronaut(), nothing, to_srgb, to_srgb), astronaut())


def test_large_photos_get_the_same_tone_within_a_grey_value() -> None:
    large = np.tile(astronaut(), (4, 4, 1))
    flat = Tone(tone().lut, np.zeros((8, 8, 2), np.float32))
    small = apply_tone(astronaut(), flat).astype(int)
    assert np.abs(apply_tone(large, flat)[:512, :512].astype(int) - small).max() <= 1


def test_a_smooth_gradient_stays_without_bands() -> None:
    ramp = np.tile(np.repeat(np.arange(256, dtype=np.uint8), 8)[None, :, None], (1024, 1, 3))
    result = apply_tone(ramp, tone(stops=0.0)).astype(int)
    # Steps of one grey value become steps of few, and tones keep their order.
    assert np.diff(result, axis=1).max() <= 4
    assert np.diff(result, axis=1).min() >= 0


def test_in_place_it_is_the_same() -> None:
    pixels = astronaut().copy()
    expected = apply_tone(pixels, tone())
    assert apply_tone(pixels, tone(), in_place=True) is pixels
    assert np.array_equal(pixels, expected)
