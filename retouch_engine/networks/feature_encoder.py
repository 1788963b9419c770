"""pix2pixHD's feature encoder E: a small generator whose output is averaged over each instance.

Wang et al. 2018, section 3.3. An instance is any set of equal numbers in a map; for portraits the
map holds regions of the face. The averaged vectors are what styles are clustered from.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .pix2pixhd import GlobalGenerator, GlobalGeneratorConfig


@dataclass(frozen=True, kw_only=True)
class FeatureEncoderConfig(GlobalGeneratorConfig):
    """Options of E; ngf and n_downsampling are the published nef and n_downsample_E.

    output_channels is the published feat_num. E has no residual blocks.
    """

    output_channels: int = 3
    ngf: int = 16
    n_blocks: int = 0


class InstanceMeans(NamedTuple):
    """ids: (K,) the map's numbers, ascending, over the whole batch; means: (N, K, C); counts:
    (N, K) pixels, 0 where a sample lacks an instance (its mean is then 0)."""

    ids: Tensor
    means: Tensor
    counts: Tensor


class FeatureEncoder(nn.Module):
    """E: real image (N, 3, H, W) in -1..1 and instances (N, H, W) or (N, 1, H, W), whole numbers,
    to features (N, output_channels, H, W) in -1..1 that are constant on each instance."""

    def __init__(self, config: FeatureEncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or FeatureEncoderConfig()
        self.network = GlobalGenerator(self.config)

    def forward(self, image: Tensor, instances: Tensor) -> Tensor:
        """Return each instance's mean feature at its pixels."""
        return instance_average(self.network(image), instances)

    def vectors(self, image: Tensor, instances: Tensor) -> InstanceMeans:
        """Return each instance's mean feature once, for clustering."""
        means, _ = _means_and_places(self.network(image), instances)
        return means


def instance_average(features: Tensor, instances: Tensor) -> Tensor:
    """Replace features (N, C, H, W) by their mean over each sample's instance.

    instances: (N, H, W) or (N, 1, H, W), whole numbers; equal numbers in two samples are two
    instances. Raises ValueError where the sizes differ.
    """
    means, places = _means_and_places(features, instances)
    count, channels, height, width = features.shape
    flat = means.means.reshape(-1, channels)[places]
    return flat.reshape(count, height, width, channels).permute(0, 3, 1, 2)


def _means_and_places(features: Tensor, instances: Tensor) -> tuple[InstanceMeans, Tensor]:
    """Return the means, and for every pixel of the batch its row in means flattened to (N K, C)."""
    maps = instances.squeeze(1) if instances.dim() == 4 else instances
    count, channels = features.shape[:2]
    if maps.shape != (count, *features.shape[2:]):
        raise ValueError(
            f"instances {tuple(instances.shape)} do not fit features {tuple(features.shape)}: "
            "needed is one whole number per pixel"
        )
    if maps.is_floating_point():
        raise ValueError(f"instances must be whole numbers, not {maps.dtype}")
    ids, inverse = torch.unique(maps, return_inverse=True)
    sample = torch.arange(count, device=maps.device).reshape(-1, 1, 1)
    places = (inverse + sample * len(ids)).reshape(-1)
    # One by one, a million pixels cannot be added up in single precision: 0.1 becomes 0.0996.
    pixels = features.double().permute(0, 2, 3, 1).reshape(-1, channels)
    sums = pixels.new_zeros(count * len(ids), channels).index_add(0, places, pixels)
    counts = torch.bincount(places, minlength=count * len(ids))
    means = (sums / counts.clamp(min=1).unsqueeze(1)).to(features.dtype)
    shape = (count, len(ids))
    return InstanceMeans(ids, means.reshape(*shape, channels), counts.reshape(shape)), places
