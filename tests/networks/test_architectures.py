"""Networks by name: what a card stores builds the same network again, edit heads included."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from retouch_engine.networks import (
    GENERATORS,
    Architecture,
    ArchitectureError,
    EditGenerator,
    EditNetwork,
    EditPrediction,
    ExportedGenerator,
    GlobalGenerator,
    GlobalGeneratorConfig,
    PictureAsEdit,
    initialise_normal,
)
from retouch_engine.training.checkpoints import export_onnx
from retouch_engine.training.config import LossWeights
from retouch_engine.training.losses import apply_edit, edit_loss

TINY: dict[str, dict[str, Any]] = {
    "pix2pixhd_global": {"ngf": 4, "n_downsampling": 2, "n_blocks": 1},
    "pix2pixhd_local": {"ngf": 4, "n_downsample_global": 2, "n_blocks_global": 1},
    "pix2pix_unet": {"ngf": 2, "num_downs": 5},
    "cyclegan_resnet": {"ngf": 4, "n_blocks": 1},
    "two_way_unet": {"ngf": 2, "image_size": 128},
}
WITH_EDIT_HEAD = [name for name in TINY if name != "two_way_unet"]


def tiny(name: str, **more: Any) -> Architecture:
    return Architecture.from_dict({"name": name, **TINY[name], **more})


def test_every_generator_is_tried() -> None:
    assert set(TINY) == set(GENERATORS)


@pytest.mark.parametrize("name", TINY)
def test_a_card_builds_the_same_network_again(name: str) -> None:
    first = tiny(name)
    second = Architecture.from_dict(first.to_dict())
    assert second == first
    second.build().load_state_dict(first.build().state_dict())


@pytest.mark.parametrize("name", TINY)
def test_every_generator_learns(name: str) -> None:
    torch.manual_seed(0)
    network, image = tiny(name).build(), torch.rand(2, 3, 64, 64)
    target = image * 0.5
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(8):
        optimiser.zero_grad()
        loss = (network(image) - target).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.parametrize("name", WITH_EDIT_HEAD)
def test_an_edit_head_predicts_what_our_own_generator_predicts(name: str) -> None:
    torch.manual_seed(0)
    image = torch.rand(2, 3, 64, 64)
    ours, theirs = EditGenerator()(image), tiny(name, edit_kinds=4).build()(image)
    assert isinstance(theirs, EditPrediction)
    assert [x.shape for x in theirs[:3]] == [x.shape for x in ours[:3]]
    assert theirs.concern_logits is ours.concern_logits is None


@pytest.mark.parametrize("name", WITH_EDIT_HEAD)
def test_the_losses_of_edits_train_a_published_trunk(name: str) -> None:
    torch.manual_seed(0)
    network = tiny(name, edit_kinds=4).build()
    source = torch.rand(1, 3, 64, 64)
    edited = torch.zeros(1, 1, 64, 64)
    edited[..., 20:40, 20:40] = 1.0
    kinds = edited[:, 0].long()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    totals = []
    for _ in range(10):
        optimiser.zero_grad()
        prediction = network(source)
        total, _ = edit_loss(
            source, source + 0.2 * edited, edited, kinds, prediction, LossWeights()
        )
        total.backward()
        optimiser.step()
        totals.append(float(total.detach()))
    assert all(p.grad is not None for p in network.parameters())
    assert totals[-1] < 0.9 * totals[0]


@pytest.mark.parametrize("name", WITH_EDIT_HEAD)
@torch.no_grad()
def test_a_fresh_edit_network_starts_with_a_smaller_output_layer(name: str) -> None:
    torch.manual_seed(0)
    network = tiny(name, edit_kinds=4).build()
    assert isinstance(network, EditNetwork)
    layer = network.generator.output_layer
    assert float(layer.weight.std()) == pytest.approx(0.2 * 0.02, rel=0.1)
    assert layer.out_channels == 8


@pytest.mark.parametrize("name", WITH_EDIT_HEAD)
def test_an_edit_network_exports_like_our_own_for_any_size(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = tiny(name, edit_kinds=4).build().eval()
    assert_same_in_onnx(network, tmp_path / "network.onnx")


@pytest.mark.parametrize("name", TINY)
def test_a_picture_read_as_an_edit_exports_for_any_size(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PictureAsEdit(tiny(name).build()).eval()
    assert_same_in_onnx(network, tmp_path / "network.onnx", example=(128, 64))


def assert_same_in_onnx(
    network: nn.Module, path: Path, example: tuple[int, int] = (192, 128)
) -> None:
    export_onnx(network, 64, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    image = torch.rand(1, 3, *example)
    with torch.no_grad():
        expected = ExportedGenerator(network)(image)  # type: ignore[arg-type]
    outputs = session.run(["residual", "mask", "kinds"], {"image": image.numpy()})
    for output, value in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, value.numpy(), atol=2e-4)


@torch.no_grad()
def test_features_of_the_encoder_are_further_input_channels() -> None:
    torch.manual_seed(0)
    network = tiny("pix2pixhd_global", edit_kinds=4, input_channels=6).build()
    image = torch.rand(1, 3, 32, 32)
    plain = network(image, torch.zeros(1, 3, 32, 32))
    styled = network(image, torch.ones(1, 3, 32, 32) * torch.rand(1, 3, 1, 32))
    assert not torch.allclose(plain.residual, styled.residual)


@torch.no_grad()
def test_a_picture_read_as_an_edit_gives_the_picture_back_where_it_changed() -> None:
    class Brighter(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = x.clone()
            out[..., 8:16, 8:16] += 0.4
            return out

    image = torch.rand(1, 3, 32, 32) * 0.5
    edit = PictureAsEdit(Brighter())
    prediction = edit(image)
    result = apply_edit(image, prediction)
    assert torch.allclose(result, edit.picture(image), atol=1e-3)
    mask = torch.sigmoid(prediction.mask_logits)
    assert float(mask[..., 8:16, 8:16].min()) > 0.99
    assert float(mask[..., :8, :].max()) < 0.02
    assert torch.allclose(torch.softmax(prediction.kind_logits, 1)[:, 1:], mask, atol=1e-6)


def test_an_edit_head_on_the_published_output_is_refused() -> None:
    with pytest.raises(ValueError, match="with_edit_head"):
        EditNetwork(GlobalGenerator(GlobalGeneratorConfig(ngf=2)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "stylegan"}, "no architecture 'stylegan'; give one of: cyclegan_resnet"),
        ({}, "no architecture None"),
        ({"name": "pix2pixhd_global", "nfg": 32}, "unknown option 'nfg'; known: input_channels"),
        ({"name": "pix2pixhd_global", "ngf": "64"}, "ngf must be of type int"),
        ({"name": "pix2pixhd_global", "tanh": 1}, "tanh must be of type bool"),
        ({"name": "pix2pixhd_local", "n_downsample_global": 0}, "at least 1"),
        ({"name": "pix2pix_unet", "num_downs": 3}, "num_downs must be a whole number of at least"),
        ({"name": "cyclegan_resnet", "edit_kinds": -1}, "edit_kinds must be 0 or more"),
        ({"name": "two_way_unet", "edit_kinds": 4}, "has no edit head"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchitectureError, match=message) as error:
        Architecture.from_dict(values)
    assert "\n" not in str(error.value)


def test_the_published_initialisation_is_drawn() -> None:
    torch.manual_seed(0)
    network = Architecture.from_dict(
        {"name": "cyclegan_resnet", "ngf": 16, "norm": "batch"}
    ).build()
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    weights = torch.cat([layer.weight.detach().flatten() for layer in layers])
    assert float(weights.std()) == pytest.approx(0.02, rel=0.02)
    assert abs(float(weights.mean())) < 1e-3
    assert all(float(b.abs().max()) == 0 for b in [m.bias for m in layers] if b is not None)
    scales = [m.weight.detach() for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert float(torch.cat(scales).mean()) == pytest.approx(1.0, abs=0.005)
    assert float(torch.cat(scales).std()) == pytest.approx(0.02, rel=0.15)


def test_pix2pixhd_keeps_the_frameworks_biases() -> None:
    layer = nn.Conv2d(4, 4, 3)
    assert layer.bias is not None
    before = layer.bias.clone()
    initialise_normal(layer)
    assert torch.equal(layer.bias, before)
    initialise_normal(layer, zero_bias=True)
    assert float(layer.bias.abs().max()) == 0
