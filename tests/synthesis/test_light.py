"""Bad light changes what its name says, and nothing else."""

import numpy as np
import pytest
from skimage.data import astronaut

from retouch_engine.synthesis.light import Light, draw_light, with_light


def face() -> np.ndarray:
    mask = np.zeros((512, 512), np.float32)
    mask[60:200, 170:270] = 1.0
    return mask


def changed(light: Light) -> np.ndarray:
    return with_light(astronaut(), face(), light).astype(float) - astronaut()


def test_good_light_changes_nothing() -> None:
    assert np.abs(changed(Light())).max() <= 1


@pytest.mark.parametrize(
    ("light", "channel", "sign"),
    [
        (Light(exposure=0.7), 1, 1),
        (Light(exposure=-0.7), 1, -1),
        (Light(temperature=0.8), 2, -1),
        (Light(temperature=-0.8), 2, 1),
        (Light(tint=0.5), 1, -1),
        (Light(highlights=0.3), 0, 1),
    ],
)
def test_each_fault_moves_its_channel(light: Light, channel: int, sign: int) -> None:
    assert sign * changed(light)[..., channel].mean() > 1


def test_less_saturation_and_contrast_bring_colours_together() -> None:
    grey = with_light(astronaut(), face(), Light(saturation=-0.3)).astype(float)
    assert np.ptp(grey, axis=2).mean() < np.ptp(astronaut().astype(float), axis=2).mean()
    flat = with_light(astronaut(), face(), Light(contrast=-0.3)).astype(float)
    assert flat.std() < astronaut().std()


def test_light_from_one_side_and_from_behind_lies_on_the_face() -> None:
    side = changed(Light(side=1.0, angle=0.0))
    assert side[100:160, 250:270].mean() > 5 > -5 > side[100:160, 170:190].mean()
    behind = changed(Light(backlight=1.0))
    assert behind[100:160, 190:250].mean() < -15
    assert abs(behind[-40:, :40].mean()) < 2


def test_the_same_seed_draws_the_same_light() -> None:
    first, second, other = (draw_light(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == second != other
