"""The generator predicts an edit of the input's size, locally and without global statistics."""

import pytest
import torch

from retouch_engine.networks import EditGenerator, EditGeneratorConfig, ExportedGenerator


@pytest.fixture(scope="module")
def generator() -> EditGenerator:
    torch.manual_seed(0)
    return EditGenerator().eval()


def test_the_default_has_between_one_and_a_half_and_five_million_parameters(
    generator: EditGenerator,
) -> None:
    assert 1.5e6 < sum(p.numel() for p in generator.parameters()) < 5e6


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (256, 160)])
@torch.no_grad()
def test_outputs_have_the_size_of_the_input(
    generator: EditGenerator, size: tuple[int, int]
) -> None:
    prediction = generator(torch.rand(2, 3, *size))
    assert prediction.residual.shape == (2, 3, *size)
    assert prediction.mask_logits.shape == (2, 1, *size)
    assert prediction.kind_logits.shape == (2, 4, *size)


@torch.no_grad()
def test_a_far_away_change_does_not_reach_a_pixel(generator: EditGenerator) -> None:
    image = torch.rand(1, 3, 64, 768)
    other = image.clone()
    other[..., 640:] = 0.0
    first, second = generator(image), generator(other)
    assert torch.equal(first.residual[..., :64], second.residual[..., :64])


def test_there_is_no_normalisation_layer(generator: EditGenerator) -> None:
    names = {type(module).__name__ for module in generator.modules()}
    assert not any("Norm" in name for name in names)


@torch.no_grad()
def test_exported_mask_and_kinds_are_probabilities(generator: EditGenerator) -> None:
    _, mask, kinds = ExportedGenerator(generator)(torch.rand(1, 3, 64, 64))
    assert float(mask.min()) >= 0
    assert float(mask.max()) <= 1
    assert torch.allclose(kinds.sum(dim=1), torch.ones(1, 64, 64), atol=1e-5)


def test_narrower_widths_give_a_smaller_network() -> None:
    narrow = EditGenerator(EditGeneratorConfig((16, 32, 64), 16, 1))
    assert sum(p.numel() for p in narrow.parameters()) < 4e5
