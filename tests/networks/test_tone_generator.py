"""The tone generator starts near "change nothing", and what it learns can be applied."""

import pytest
import torch

from retouch_engine.networks.tone_generator import (
    ToneGenerator,
    ToneGeneratorConfig,
    TonePrediction,
    apply_gain,
    apply_lut,
    apply_tone,
    falling,
    identity_lut,
    smoothness,
)


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.rand(2, 3, 40, 48, generator=torch.Generator().manual_seed(seed))


def test_a_fresh_generator_changes_little() -> None:
    torch.manual_seed(0)
    generator = ToneGenerator()
    prediction = generator(torch.rand(2, 4, 256, 256))
    assert prediction.lut.shape == (2, 3, 33, 33, 33)
    assert prediction.log_gain.shape == (2, 2, 8, 8)
    assert (apply_tone(pictures(), prediction) - pictures()).abs().mean() < 0.03


def test_the_identity_table_and_no_gain_change_nothing() -> None:
    nothing = TonePrediction(
        identity_lut(33).expand(2, -1, -1, -1, -1), torch.zeros(2, 2, 8, 8), torch.zeros(2, 3)
    )
    assert torch.allclose(apply_tone(pictures(), nothing), pictures(), atol=1e-5)
    assert float(smoothness(nothing)) > 0
    assert float(falling(nothing.lut)) == 0.0


def test_a_table_is_looked_up_by_red_green_and_blue() -> None:
    swapped = identity_lut(17)[[2, 0, 1]].expand(2, -1, -1, -1, -1)
    assert torch.allclose(apply_lut(pictures(), swapped), pictures()[:, [2, 0, 1]], atol=1e-5)


def test_a_gain_depends_on_place_and_brightness() -> None:
    log_gain = torch.zeros(1, 2, 4, 4)
    log_gain[:, 0, :, :2] = 1.0
    dark, light = (torch.full((1, 3, 32, 32), value) for value in (0.02, 1.0))
    lit = apply_gain(dark, log_gain)
    assert float(lit[..., 0].mean() / 0.02) == pytest.approx(2.0, rel=0.05)
    assert float(lit[..., -1].mean() / 0.02) == pytest.approx(1.0, rel=0.05)
    assert torch.allclose(apply_gain(light, log_gain), light)


def test_a_table_that_falls_is_punished() -> None:
    assert float(falling(1.0 - identity_lut(9)[None])) > 0.1


def test_it_learns_to_brighten_dark_pictures() -> None:
    torch.manual_seed(1)
    generator = ToneGenerator(ToneGeneratorConfig(channels=(8, 16, 16), lut_size=9, thumbnail=64))
    optimiser = torch.optim.Adam(generator.parameters(), 3e-3)
    clean = torch.rand(8, 3, 64, 64) * 0.6 + 0.2
    errors = []
    for _ in range(60):
        dark = clean * 0.6
        thumbnail = torch.cat([dark, torch.ones(8, 1, 64, 64)], dim=1)
        error = (apply_tone(dark, generator(thumbnail)) - clean).square().mean()
        errors.append(float(error.detach()))
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
    assert errors[-1] < 0.3 * errors[0]
