"""pix2pixHD's generators as published: Wang et al. 2018, "High-Resolution Image Synthesis and
Semantic Manipulation with Conditional GANs", section 3.1 and appendix (G1 global, G2 local).

Images are (N, 3, H, W) in -1..1 on both sides. The options of `GeneratorConfig` are remedies that
are not published; with the defaults the networks are the published ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from torch import Tensor, nn

from .layers import (
    GeneratorConfig,
    ImageGenerator,
    ResnetBlock,
    check_at_least,
    check_size,
    downsampling,
    half_size,
    output_layers,
    stem,
    upsampling,
)
from .recomputation import Stages


@dataclass(frozen=True, kw_only=True)
class GlobalGeneratorConfig(GeneratorConfig):
    """Options of G1; names and defaults are those of the published command line."""

    n_downsampling: int = 4
    n_blocks: int = 9

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("n_downsampling", self.n_downsampling, 1)
        check_at_least("n_blocks", self.n_blocks, 0)

    @property
    def input_multiple(self) -> int:
        """Return the coarsest grid's cell in input pixels."""
        return 1 << self.n_downsampling


@dataclass(frozen=True, kw_only=True)
class LocalEnhancerConfig(GeneratorConfig):
    """Options of G2 around G1, defaults of the published 1024 x 2048 recipe.

    ngf is the width at full size; G1 inside has ngf x 2^n_local_enhancers.
    """

    ngf: int = 32
    n_downsample_global: int = 4
    n_blocks_global: int = 9
    n_local_enhancers: int = 1
    n_blocks_local: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("n_local_enhancers", self.n_local_enhancers, 1)
        check_at_least("n_blocks_local", self.n_blocks_local, 0)
        self.global_config()

    @property
    def input_multiple(self) -> int:
        """Return the coarsest grid's cell in input pixels."""
        return 1 << (self.n_downsample_global + self.n_local_enhancers)

    def global_config(self) -> GlobalGeneratorConfig:
        """Return the options of the G1 inside, which is also what to train first, at 1/2 size."""
        return GlobalGeneratorConfig(
            input_channels=self.input_channels,
            output_channels=self.output_channels,
            ngf=self.ngf << self.n_local_enhancers,
            norm=self.norm,
            padding=self.padding,
            upsampling=self.upsampling,
            tanh=self.tanh,
            n_downsampling=self.n_downsample_global,
            n_blocks=self.n_blocks_global,
        )


def global_trunk(config: GlobalGeneratorConfig) -> Stages:
    """Return G1 without its output layers: (N, input_channels, H, W) to (N, ngf, H, W)."""
    widths = [config.ngf << level for level in range(config.n_downsampling + 1)]
    down = [downsampling(config, width) for width in widths[:-1]]
    blocks = [ResnetBlock(config, widths[-1]) for _ in range(config.n_blocks)]
    up = [upsampling(config, width) for width in reversed(widths[1:])]
    return Stages(*stem(config, config.ngf), *chain(*down), *blocks, *chain(*up))


class GlobalGenerator(ImageGenerator):
    """G1: stem, n_downsampling halvings, n_blocks residual blocks, and as many doublings."""

    def __init__(self, config: GlobalGeneratorConfig | None = None) -> None:
        super().__init__()
        self.config: GlobalGeneratorConfig = config or GlobalGeneratorConfig()
        self.trunk = global_trunk(self.config)
        self.head = output_layers(self.config, self.config.ngf)

    @property
    def output_layer(self) -> nn.Conv2d:
        """Return the last convolution."""
        layer = self.head[0]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, input_channels, H, W) to (N, output_channels, H, W)."""
        check_size(image, self.config.input_multiple)
        out: Tensor = self.head(self.trunk(image))
        return out


class LocalEnhancer(ImageGenerator):
    """G2: enhancers at doubling sizes, each adding its features to those of the coarser network.

    `global_trunk` is G1 without its output layers; enhancer n works on the image halved
    n_local_enhancers - n - 1 times.
    """

    def __init__(self, config: LocalEnhancerConfig | None = None) -> None:
        super().__init__()
        self.config: LocalEnhancerConfig = config or LocalEnhancerConfig()
        self.global_trunk = global_trunk(self.config.global_config())
        levels = range(self.config.n_local_enhancers - 1, -1, -1)
        widths = [self.config.ngf << level for level in levels]
        self.entries = nn.ModuleList(self._entry(width) for width in widths)
        self.exits = nn.ModuleList(self._exit(width) for width in widths)
        self.head = output_layers(self.config, self.config.ngf)

    def _entry(self, width: int) -> Stages:
        return Stages(*stem(self.config, width), *downsampling(self.config, width))

    def _exit(self, width: int) -> Stages:
        count = self.config.n_blocks_local
        blocks = [ResnetBlock(self.config, width * 2) for _ in range(count)]
        return Stages(*blocks, *upsampling(self.config, width * 2))

    @property
    def output_layer(self) -> nn.Conv2d:
        """Return the last convolution."""
        layer = self.head[0]
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, input_channels, H, W) to (N, output_channels, H, W)."""
        check_size(image, self.config.input_multiple)
        pyramid = [image]
        for _ in self.entries:
            pyramid.append(half_size(pyramid[-1]))
        features: Tensor = self.global_trunk(pyramid.pop())
        for entry, leave in zip(self.entries, self.exits, strict=True):
            features = leave(entry(pyramid.pop()) + features)
        out: Tensor = self.head(features)
        return out

    def finest_parameters(self) -> Iterator[nn.Parameter]:
        """Yield what is trained while the rest is fixed: the finest enhancer and the output."""
        finest = (self.entries[-1], self.exits[-1], self.head)
        return chain.from_iterable(module.parameters() for module in finest)

    def fix_global(self, fixed: bool = True) -> None:
        """Freeze, or free again, all but the finest enhancer (published `niter_fix_global`).

        Batch-norm statistics go on being updated while fixed, as published.
        """
        self.requires_grad_(not fixed)
        for parameter in self.finest_parameters():
            parameter.requires_grad_(True)

    def load_global(self, trained: GlobalGenerator) -> None:
        """Copy a trained G1 into the coarse part (published `load_pretrain`).

        Raises ValueError when `trained` has other options than this network's G1.
        """
        if trained.config != self.config.global_config():
            raise ValueError(
                f"the global generator has other options: {trained.config}, "
                f"needed: {self.config.global_config()}"
            )
        self.global_trunk.load_state_dict(trained.trunk.state_dict())
