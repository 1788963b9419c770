"""A wider or deeper generator starts where a smaller one had ended."""

from dataclasses import replace

import pytest
import torch

from retouch_engine.networks import EditGenerator, EditGeneratorConfig
from retouch_engine.networks.widening import widened

SMALL = EditGeneratorConfig(
    (8, 8, 8), local_channels=6, local_blocks=1, concerns=("shine",), concern_channels=(4, 4, 4)
)


@pytest.mark.parametrize(
    "larger",
    [
        SMALL,
        replace(SMALL, local_channels=9),
        replace(SMALL, local_blocks=3),
        replace(SMALL, global_channels=(10, 12, 16)),
        replace(SMALL, concern_channels=(6, 8, 8)),
        replace(SMALL, concern_presence=True),
    ],
    ids=[
        "as large",
        "wider",
        "deeper",
        "wider at a distance",
        "wider for concerns",
        "with presence",
    ],
)
def test_the_larger_network_predicts_what_the_smaller_one_did(larger: EditGeneratorConfig) -> None:
    small, large = EditGenerator(SMALL).eval(), EditGenerator(larger).eval()
    large.load_state_dict(widened(large.state_dict(), small.state_dict()))
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        for before, after in zip(small(image)[:5], large(image)[:5], strict=True):
            assert torch.allclose(before, after, atol=1e-5)


def test_its_new_channels_learn() -> None:
    small = EditGenerator(SMALL)
    large = EditGenerator(replace(SMALL, local_channels=9, local_blocks=2))
    large.load_state_dict(widened(large.state_dict(), small.state_dict()))
    optimiser = torch.optim.AdamW(large.parameters(), lr=1e-2)
    before = {name: value.clone() for name, value in large.state_dict().items()}
    for _ in range(2):
        optimiser.zero_grad()
        large(torch.rand(1, 3, 64, 64)).residual.square().mean().backward()
        optimiser.step()
    after = large.state_dict()
    assert not torch.equal(before["edit_head.weight"][:, 6:], after["edit_head.weight"][:, 6:])
    assert not torch.equal(before["local_stem.weight"][6:], after["local_stem.weight"][6:])


@pytest.mark.parametrize(
    ("smaller", "reason"),
    [
        ({"local_channels": 4}, "local_branch.*does not fit|does not fit"),
        ({"local_blocks": 0}, "no local_branch"),
    ],
    ids=["narrower", "shallower"],
)
def test_a_network_that_is_too_small_is_refused(smaller: dict[str, int], reason: str) -> None:
    own = EditGenerator(replace(SMALL, **smaller)).state_dict()
    with pytest.raises(ValueError, match=reason):
        widened(own, EditGenerator(SMALL).state_dict())
