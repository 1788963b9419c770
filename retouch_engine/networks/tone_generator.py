"""The tone generator: a picture's own 3D look-up table, and a smooth gain for the light on it.

Image-adaptive 3D LUTs: a small network sees a thumbnail and mixes learned basis tables (Zeng et al.
2020, "Learning Image-adaptive 3D Lookup Tables for High Performance Photo Enhancement in
Real-time", section 3). Light that differs from place to place is a bilateral grid of gains, in
place and brightness (Gharbi et al. 2017, "Deep Bilateral Learning for Real-Time Image Enhancement",
section 3.2). How bright a picture is and what colour its light has is read from histograms, which
say more about both than features of few training pictures (Barron 2015, "Convolutional Color
Constancy", section 2, for log-chroma ones).
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LUMA = (0.299, 0.587, 0.114)
# Three colours and two log-chromas, of the whole picture and of the face.
HISTOGRAMS = 10
# Log-chromas beyond it are counted with it, and darkness is kept away from the logarithm.
CHROMA_REACH, DARK = 0.8, 0.02
FEW, HISTOGRAM_SCALE = 1e-3, 4.0
# Histograms are taken of a picture so many times smaller.
REDUCED = 4


@dataclass(frozen=True)
class ToneGeneratorConfig:
    """Widths of the backbone, number of basis tables beside the identity, and the grid's size.

    bins: of each histogram; thumbnail: the sides of the square that the network sees, in pixels.
    """

    channels: tuple[int, ...] = (16, 32, 48, 64, 96)
    bases: int = 3
    lut_size: int = 33
    gain_depth: int = 2
    bins: int = 16
    thumbnail: int = 256

    @property
    def input_multiple(self) -> int:
        """Return what the thumbnail's side must be divisible by."""
        return int(2 ** len(self.channels))

    def to_dict(self) -> dict[str, object]:
        """Return plain values for a card."""
        return asdict(self)


class TonePrediction(NamedTuple):
    """lut: (N, 3, S, S, S), axes blue, green, red; log_gain: (N, D, h, w), stops by brightness;
    weights: (N, K) of the basis tables."""

    lut: Tensor
    log_gain: Tensor
    weights: Tensor


class ToneGenerator(nn.Module):
    """Thumbnail (N, 4, T, T), sRGB 0..1 and a mask of the face, to a `TonePrediction`.

    Nothing is normalised by the picture's own statistics: these are what has to be judged.
    """

    def __init__(self, config: ToneGeneratorConfig | None = None) -> None:
        super().__init__()
        self.config = config or ToneGeneratorConfig()
        layers: list[nn.Module] = []
        inputs = 4
        for width in self.config.channels:
            layers += [nn.Conv2d(inputs, width, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
            inputs = width
        self.backbone = nn.Sequential(*layers)
        figures = 2 * inputs + HISTOGRAMS * self.config.bins
        self.whole = nn.Sequential(
            nn.Linear(figures, 96), nn.LeakyReLU(0.2), nn.Linear(96, 64), nn.LeakyReLU(0.2)
        )
        self.mix = nn.Linear(64, self.config.bases)
        self.spread = nn.Linear(figures, inputs)
        self.places = nn.Sequential(nn.Conv2d(2 * inputs, 48, 1), nn.LeakyReLU(0.2))
        self.grid = nn.Conv2d(48, self.config.gain_depth, 3, padding=1)
        size = self.config.lut_size
        self.bases = nn.Parameter(torch.zeros(self.config.bases, 3, size, size, size))
        self.identity: Tensor
        self.register_buffer("identity", identity_lut(size), persistent=False)
        self._start()

    def _start(self) -> None:
        """Begin near "change nothing", with bases that differ."""
        with torch.no_grad():
            self.bases.copy_(starting_bases(self.config.bases, self.config.lut_size))
            for head in (self.mix, self.grid):
                head.weight.mul_(0.1)
                head.bias.zero_()  # type: ignore[union-attr]

    def forward(self, thumbnail: Tensor) -> TonePrediction:
        """Predict from thumbnails (N, 4, T, T)."""
        features = self.backbone(thumbnail * 2.0 - 1.0)
        pooled = [features.mean(dim=(2, 3)), features.amax(dim=(2, 3))]
        whole = torch.cat([*pooled, histograms(thumbnail, self.config.bins)], dim=1)
        weights = self.mix(self.whole(whole))
        lut = self.identity + torch.einsum("nk,kczyx->nczyx", weights, self.bases)
        spread = self.spread(whole)[:, :, None, None].expand_as(features)
        places = self.places(torch.cat([features, spread], dim=1))
        return TonePrediction(lut, self.grid(places), weights)


def histograms(thumbnail: Tensor, bins: int) -> Tensor:
    """Return histograms of thumbnails (N, 4, T, T), of all pixels and of the face: (N, 10 x bins).

    Of red, green, blue and of the log-chroma log(r / g), log(b / g), each summing to about 1 and
    scaled to the size of other features; a pixel counts for the two bins beside its value.
    """
    small = F.avg_pool2d(thumbnail, REDUCED)
    colours, face = small[:, :3], small[:, 3:]
    logs = torch.log(colours + DARK)
    chroma = torch.cat([logs[:, :1] - logs[:, 1:2], logs[:, 2:] - logs[:, 1:2]], dim=1)
    places = torch.cat([colours, (chroma / (2 * CHROMA_REACH) + 0.5).clamp(0, 1)], dim=1)
    centres = torch.linspace(0, 1, bins, device=thumbnail.device)
    # One bin at a time: all at once would be a picture of `bins` times its size.
    votes = [F.relu(1 - (places - centre).abs() * (bins - 1)) for centre in centres.unbind()]
    whole = [vote.mean(dim=(2, 3)) for vote in votes]
    covered = face.mean(dim=(2, 3)) + FEW
    skin = [(vote * face).mean(dim=(2, 3)) / covered for vote in votes]
    return HISTOGRAM_SCALE * torch.cat([*whole, *skin], dim=1)


def identity_lut(size: int) -> Tensor:
    """Return the table (3, S, S, S) that changes nothing: channels red, green, blue."""
    axis = torch.linspace(0.0, 1.0, size)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue])


def starting_bases(count: int, size: int) -> Tensor:
    """Return tables (K, 3, S, S, S) to begin with: brighter, warmer, more contrast, greener."""
    lut = identity_lut(size)
    bump = lut * (1.0 - lut)
    warm = torch.tensor([1.0, 0.0, -1.0]).reshape(3, 1, 1, 1)
    green = torch.tensor([-0.5, 1.0, -0.5]).reshape(3, 1, 1, 1)
    kinds = [bump, bump * warm, bump * (lut - 0.5) * 4.0, bump * green]
    return torch.stack([kinds[index % len(kinds)] for index in range(count)])


def apply_tone(picture: Tensor, prediction: TonePrediction) -> Tensor:
    """Return the picture (N, 3, H, W) in 0..1 with gain and table applied, not clipped.

    First the gain, since what light did to the scene came before the camera's tone.
    """
    return apply_lut(apply_gain(picture, prediction.log_gain).clamp(0.0, 1.0), prediction.lut)


def apply_gain(picture: Tensor, log_gain: Tensor) -> Tensor:
    """Multiply by exp2 of the grid (N, D, h, w), sampled at each pixel's place and brightness."""
    count, _, height, width = picture.shape
    luma = (picture * picture.new_tensor(LUMA).reshape(1, 3, 1, 1)).sum(dim=1)
    ys = (torch.arange(height, device=picture.device) + 0.5) / height * 2 - 1
    xs = (torch.arange(width, device=picture.device) + 0.5) / width * 2 - 1
    grid = torch.stack(
        [
            xs.reshape(1, 1, width).expand(count, height, width),
            ys.reshape(1, height, 1).expand(count, height, width),
            _depth(luma, log_gain.shape[1]),
        ],
        dim=-1,
    )
    stops = F.grid_sample(
        log_gain[:, None], grid[:, None], padding_mode="border", align_corners=False
    )
    return picture * torch.exp2(stops[:, :, 0])


def _depth(luma: Tensor, depth: int) -> Tensor:
    """Return where a brightness of 0..1 lies on an axis of `depth` cells: 0 and 1 on the ends."""
    return (luma * (depth - 1) + 0.5) / depth * 2 - 1


def apply_lut(picture: Tensor, lut: Tensor) -> Tensor:
    """Look up each pixel of (N, 3, H, W) in 0..1 in its picture's table (N, 3, S, S, S)."""
    grid = (picture.permute(0, 2, 3, 1) * 2.0 - 1.0)[:, None]
    found = F.grid_sample(lut, grid, padding_mode="border", align_corners=True)
    return found[:, :, 0]


def smoothness(prediction: TonePrediction) -> Tensor:
    """Return the mean squared step within tables and grids, and the weights' mean square.

    Zeng et al. 2020, equation 7.
    """
    steps = [prediction.lut.diff(dim=axis).square().mean() for axis in (2, 3, 4)]
    gains = [prediction.log_gain.diff(dim=axis).square().mean() for axis in (1, 2, 3)]
    return torch.stack([*steps, *gains, prediction.weights.square().mean()]).sum()


def falling(lut: Tensor) -> Tensor:
    """Return the mean step by which a table (N, 3, S, S, S) falls where its input rises.

    Zeng et al. 2020, equation 8: a table that never falls keeps the order of tones.
    """
    return torch.stack([F.relu(-lut.diff(dim=axis)).mean() for axis in (2, 3, 4)]).sum()
