"""The generator predicts an edit of the input's size, locally and without global statistics."""

import pytest
import torch

from retouch_engine.networks import EditGenerator, EditGeneratorConfig, ExportedGenerator
from retouch_engine.networks.edit_generator import gated


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


@torch.no_grad()
def test_concerns_are_smooth_maps_of_their_own() -> None:
    torch.manual_seed(0)
    generator = EditGenerator(EditGeneratorConfig(concerns=("evenness", "shine"))).eval()
    prediction = generator(torch.rand(2, 3, 64, 96))
    assert prediction.concern_densities.shape == (2, 6, 8, 12)
    assert prediction.concern_logits.shape == (2, 2, 8, 12)
    *_, concerns = ExportedGenerator(generator)(torch.rand(1, 3, 64, 96))
    assert concerns.shape == (1, 6, 8, 12)


def test_a_closed_gate_lets_nothing_through_and_an_open_one_everything() -> None:
    densities = torch.rand(1, 6, 4, 4)
    gates = torch.zeros(1, 2, 4, 4)
    gates[:, 1] = 1.0
    through = gated(densities, gates)
    assert not through[:, :3].any()
    assert torch.equal(through[:, 3:], densities[:, 3:])


@torch.no_grad()
def test_a_gate_that_is_hardly_open_is_shut_in_what_is_exported() -> None:
    generator = EditGenerator(EditGeneratorConfig(concerns=("evenness",))).eval()
    generator.concern_branch.head.bias[3:] = -4.0
    generator.concern_branch.head.weight[3:] = 0.0
    *_, concerns = ExportedGenerator(generator)(torch.rand(1, 3, 32, 32))
    assert not concerns.any()


@torch.no_grad()
@pytest.mark.parametrize(("logit", "share"), [(-20.0, 0.0), (0.0, 0.9), (20.0, 1.0)])
def test_what_a_face_has_none_of_is_left_alone(logit: float, share: float) -> None:
    config = EditGeneratorConfig(concerns=("evenness", "shine"), concern_presence=True)
    generator = EditGenerator(config).eval()
    presence = generator.concern_branch.presence
    assert presence is not None
    presence.weight[0] = 0.0
    image = torch.rand(1, 3, 64, 64)
    made = []
    for each in (logit, 20.0):
        presence.bias[0] = each
        made.append(ExportedGenerator(generator)(image)[-1][:, :3])
    assert made[1].any()
    assert torch.allclose(made[0], share * made[1], atol=1e-6)


@torch.no_grad()
def test_presence_is_said_once_for_each_face_and_concern() -> None:
    config = EditGeneratorConfig(concerns=("evenness", "shine"), concern_presence=True)
    prediction = EditGenerator(config).eval()(torch.rand(3, 3, 64, 96))
    assert prediction.concern_presence is not None
    assert prediction.concern_presence.shape == (3, 2)
    assert (
        EditGenerator(EditGeneratorConfig(concerns=("shine",)))
        .eval()(torch.rand(1, 3, 64, 64))
        .concern_presence
        is None
    )


@torch.no_grad()
def test_reading_the_picture_in_strides_changes_nothing_but_rounding() -> None:
    torch.manual_seed(0)
    generator = EditGenerator(EditGeneratorConfig(concerns=("evenness",))).eval()
    image = torch.rand(2, 3, 96, 64)
    expected, strided = generator.predict_cells(image), generator.predict_strided(image)
    assert strided.residual.abs().max() > 0.01
    for first, second in zip(expected[:5], strided[:5], strict=True):
        assert torch.allclose(first, second, atol=2e-5)
