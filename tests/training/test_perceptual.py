"""The VGG loss on weights that the user supplies; here random ones of VGG19's shape."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from retouch_engine.networks import EditPrediction
from retouch_engine.training import ConfigError, load_config
from retouch_engine.training.config import LossWeights, TrainingConfig
from retouch_engine.training.methods.paired import PairedMethod
from retouch_engine.training.perceptual import BLOCKS, CHANNELS, VGGLoss


def vgg19() -> nn.Sequential:
    """VGG19's features as torchvision builds them, up to relu5_1."""
    torch.manual_seed(3)
    layers: list[nn.Module] = []
    inputs = 3
    for channels, block in zip(CHANNELS, BLOCKS, strict=True):
        layers += [nn.MaxPool2d(2)] if layers else []
        for _ in block:
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
            inputs = channels
    return nn.Sequential(*layers)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "vgg19.safetensors"
    save_file({f"features.{name}": value for name, value in vgg19().state_dict().items()}, path)
    return path


def pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(1, 3, 32, 32, generator=generator), torch.rand(
        1, 3, 32, 32, generator=generator
    )


def test_the_loss_is_the_published_sum_over_five_layers(weights: Path) -> None:
    first, second = pictures()
    network = vgg19().requires_grad_(False)
    expected = 0.0
    for weight, last in zip((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1), (1, 6, 11, 20, 29), strict=True):
        part = network[: last + 1]
        expected += weight * float((part(first * 2 - 1) - part(second * 2 - 1)).abs().mean())
    assert float(VGGLoss.load(weights)(first, second)) == pytest.approx(expected, rel=1e-5)


def test_equal_pictures_cost_nothing_and_only_the_picture_gets_a_gradient(weights: Path) -> None:
    loss = VGGLoss.load(weights)
    picture, target = pictures()
    assert float(loss(picture, picture)) == 0.0
    picture.requires_grad_()
    target.requires_grad_()
    loss(picture, target).backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0
    assert target.grad is None
    assert not list(loss.parameters())
    assert not loss.state_dict()


def with_vgg(path: str) -> TrainingConfig:
    return replace(load_config("default"), losses=LossWeights(vgg=10.0), vgg_weights=path)


def test_training_adds_the_term(weights: Path) -> None:
    method = PairedMethod(with_vgg(str(weights)))
    source, target = pictures()
    nothing = torch.zeros(1, 1, 32, 32)
    batch = {"source": source, "target": target, "edited": nothing, "kinds": nothing[:, 0].long()}
    prediction = EditPrediction(torch.zeros_like(source), nothing, torch.zeros(1, 4, 32, 32))
    _, terms = method.supervised(batch, prediction, source)
    assert float(terms["vgg"]) == pytest.approx(10 * float(method.vgg(source, target)))  # type: ignore[misc]


def test_without_the_users_weights_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs vgg_weights"):
        with_vgg("").check()
    with pytest.raises(ConfigError, match="no file"):
        VGGLoss.load(tmp_path / "absent.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"not weights")
    with pytest.raises(ConfigError, match="no safetensors file"):
        VGGLoss.load(broken)
    other = tmp_path / "other.safetensors"
    save_file({"features.0.weight": torch.zeros(64, 3, 11, 11)}, other)
    with pytest.raises(ConfigError, match="not VGG19's"):
        VGGLoss.load(other)
