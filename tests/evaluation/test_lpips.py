"""LPIPS: only with the user's weights, and then the published formula.

The backbones' weights cannot be had here: random ones of the right shapes stand in for them.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from skimage.data import astronaut
from torch import nn

from retouch_engine.evaluation import Lpips, LpipsError

CHANNELS = (64, 192, 384, 256, 256)


def alexnet() -> nn.Sequential:
    """Return AlexNet's convolutional part as torchvision builds it."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
    )  # fmt: skip


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return alexnet()


@pytest.fixture
def linear() -> list[torch.Tensor]:
    return [torch.rand(1, c, 1, 1, generator=torch.Generator().manual_seed(c)) for c in CHANNELS]


@pytest.fixture
def weights(tmp_path: Path, network: nn.Sequential, linear: list[torch.Tensor]) -> Path:
    tensors = {f"features.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"lin{k}.model.1.weight": value.clone() for k, value in enumerate(linear)}
    save_file(tensors, tmp_path / "lpips.safetensors")
    return tmp_path / "lpips.safetensors"


def pictures() -> tuple[np.ndarray, np.ndarray]:
    truth = np.ascontiguousarray(astronaut()[:96, 180:276])
    return truth, np.clip(truth.astype(int) + 20, 0, 255).astype(np.uint8)


@torch.no_grad()
def test_the_distance_is_the_published_sum_over_five_layers(
    weights: Path, network: nn.Sequential, linear: list[torch.Tensor]
) -> None:
    layers: list[list[torch.Tensor]] = []
    for picture in pictures():
        scaled = torch.from_numpy(picture / 127.5 - 1).float().permute(2, 0, 1)[None]
        scaled = (scaled - torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)) / torch.tensor(
            [0.458, 0.448, 0.450]
        ).view(1, 3, 1, 1)
        layers.append([network[: end + 1](scaled) for end in (1, 4, 7, 9, 11)])
    expected = sum(
        nn.functional.conv2d(
            (nn.functional.normalize(a, dim=1) - nn.functional.normalize(b, dim=1)) ** 2, weight
        ).mean()
        for a, b, weight in zip(*layers, linear, strict=True)
    )
    lpips = Lpips.load(weights)
    assert lpips.backbone == "alex"
    assert lpips.distance(*pictures()) == pytest.approx(float(expected), rel=1e-4)


def test_equal_pictures_are_no_distance_apart(weights: Path) -> None:
    truth, _ = pictures()
    assert Lpips.load(weights).distance(truth, truth) == 0.0


def test_without_weights_it_refuses_and_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(LpipsError, match=r"weights that you supply: there is no file .*nowhere"):
        Lpips.load(tmp_path / "nowhere.safetensors")


def test_a_file_that_is_no_safetensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alex.pth").write_bytes(b"PK\x03\x04 a pickled checkpoint")
    with pytest.raises(LpipsError, match="no safetensors file"):
        Lpips.load(tmp_path / "alex.pth")


def test_a_backbone_without_the_linear_layers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "alex.safetensors"
    save_file({f"features.{n}": v for n, v in alexnet().state_dict().items()}, path)
    with pytest.raises(LpipsError, match="lack lin0, lin1, lin2, lin3, lin4"):
        Lpips.load(path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"features.0.weight": torch.zeros(8, 3, 5, 5)}, tmp_path / "other.safetensors")
    with pytest.raises(LpipsError, match="neither AlexNet's nor VGG16's"):
        Lpips.load(tmp_path / "other.safetensors")


def test_pictures_of_two_sizes_are_refused(weights: Path) -> None:
    truth, result = pictures()
    with pytest.raises(LpipsError, match="two equal sizes"):
        Lpips.load(weights).distance(truth, result[:64])
