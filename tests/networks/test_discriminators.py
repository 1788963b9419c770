"""The PatchGANs see 70 x 70 pixels, at several scales, and hand out their features."""

import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    DiscriminatorConfig,
    MultiscaleDiscriminator,
    NLayerDiscriminator,
    parameter_count,
)

PRESETS = [
    (DiscriminatorConfig(), 2_767_809),
    (DiscriminatorConfig.pix2pix(), 2_768_705),
    (DiscriminatorConfig.cyclegan(), 2_764_737),
]


@pytest.mark.parametrize(("config", "published"), PRESETS)
def test_parameter_counts_are_the_published_ones(
    config: DiscriminatorConfig, published: int
) -> None:
    with torch.device("meta"):
        assert parameter_count(NLayerDiscriminator(config)) == published
        assert parameter_count(MultiscaleDiscriminator(config)) == config.num_D * published


@pytest.mark.parametrize(("n_layers", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
@pytest.mark.parametrize("padding", [1, 2])
def test_an_output_sees_the_published_patch(n_layers: int, field: int, padding: int) -> None:
    torch.manual_seed(0)
    config = DiscriminatorConfig(
        input_channels=1, ndf=2, n_layers=n_layers, norm="none", convolution_padding=padding
    )
    image = torch.rand(1, 1, 256, 256, dtype=torch.float64, requires_grad=True)
    patches = NLayerDiscriminator(config).double()(image)[-1]
    middle = patches.shape[-1] // 2
    patches[0, 0, middle, middle].backward()
    assert image.grad is not None
    for axis in (0, 1):
        seen = image.grad[0, 0].abs().sum(dim=axis).nonzero()
        assert int(seen.max() - seen.min()) + 1 == field


def test_patches_of_a_256_pixel_image_are_30_by_30_in_pix2pix() -> None:
    with torch.device("meta"):
        network = NLayerDiscriminator(DiscriminatorConfig.pix2pix())
        assert network(torch.empty(1, 6, 256, 256))[-1].shape == (1, 1, 30, 30)


def test_features_of_every_layer_and_scale_are_returned_finest_first() -> None:
    with torch.device("meta"):
        results = MultiscaleDiscriminator()(torch.empty(1, 6, 256, 256))
    shapes = [[tuple(x.shape[1:]) for x in result] for result in results]
    assert shapes[0] == [(64, 129, 129), (128, 65, 65), (256, 33, 33), (512, 34, 34), (1, 35, 35)]
    assert shapes[1] == [(64, 65, 65), (128, 33, 33), (256, 17, 17), (512, 18, 18), (1, 19, 19)]
    assert [len(result) for result in results] == [5, 5, 5]


def test_without_intermediate_features_only_the_logits_are_returned() -> None:
    config = DiscriminatorConfig(ndf=2, intermediate_features=False)
    results = MultiscaleDiscriminator(config)(torch.rand(1, 6, 64, 64))
    assert [[x.shape[1] for x in result] for result in results] == [[1], [1], [1]]


def test_a_features_value_is_not_overwritten_by_the_next_layer() -> None:
    network = NLayerDiscriminator(DiscriminatorConfig(ndf=2))
    image = torch.rand(1, 6, 64, 64)
    for stage, feature in zip(network.stages, network(image), strict=True):
        image = stage(image)
        assert torch.equal(image, feature)


def test_channels_double_up_to_512() -> None:
    assert DiscriminatorConfig(n_layers=5).widths() == [64, 128, 256, 512, 512, 512]


def test_spectral_norm_bounds_every_weight_and_is_off_by_default() -> None:
    torch.manual_seed(0)
    largest = {}
    for wanted in (False, True):
        network = NLayerDiscriminator(DiscriminatorConfig(ndf=4, spectral_norm=wanted))
        layers = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
        # While training, every look at a weight is one more power iteration.
        weights = [[layer.weight.detach() for _ in range(100)][-1] for layer in layers]
        largest[wanted] = max(float(torch.linalg.matrix_norm(w.flatten(1), 2)) for w in weights)
    assert largest[True] == pytest.approx(1.0, abs=0.02)
    assert abs(largest[False] - 1.0) > 0.05


def test_scales_learn_on_their_own() -> None:
    torch.manual_seed(0)
    network = MultiscaleDiscriminator(DiscriminatorConfig(ndf=2))
    network(torch.rand(1, 6, 64, 64))[1][-1].mean().backward()
    assert all(p.grad is None for p in network.scales[0].parameters())
    assert any(p.grad is not None for p in network.scales[1].parameters())


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="norm must be one of"):
        DiscriminatorConfig(norm="group")  # type: ignore[arg-type]
