"""CycleGAN's generator: Johnson et al.'s residual network (Zhu et al. 2017, section 4)."""

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
    output_layers,
    stem,
    upsampling,
)
from .recomputation import Stages


@dataclass(frozen=True, kw_only=True)
class ResnetGeneratorConfig(GeneratorConfig):
    """Options; the defaults are `resnet_9blocks` with instance norm and no dropout."""

    n_blocks: int = 9
    dropout: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("n_blocks", self.n_blocks, 0)

    @property
    def convolution_bias(self) -> bool:
        """Return whether convolutions before a norm have a bias."""
        return self.norm != "batch"

    @property
    def input_multiple(self) -> int:
        """Return the coarsest grid's cell in input pixels."""
        return 4


class ResnetGenerator(ImageGenerator):
    """Stem, two halvings, n_blocks residual blocks at 1/4 of the size, two doublings, output."""

    def __init__(self, config: ResnetGeneratorConfig | None = None) -> None:
        super().__init__()
        self.config: ResnetGeneratorConfig = config or ResnetGeneratorConfig()
        ngf, dropout = self.config.ngf, self.config.dropout
        down = [downsampling(self.config, ngf * scale) for scale in (1, 2)]
        count = self.config.n_blocks
        blocks = [ResnetBlock(self.config, ngf * 4, dropout=dropout) for _ in range(count)]
        up = [upsampling(self.config, ngf * scale) for scale in (4, 2)]
        self.trunk = Stages(*stem(self.config, ngf), *chain(*down), *blocks, *chain(*up))
        self.head = output_layers(self.config, ngf)

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
