"""nn.Modules only: our edit generator, the published generators, discriminators, encoder."""

from .architectures import GENERATORS, Architecture, ArchitectureError
from .cogan import CoGANConfig, CoupledDiscriminator, CoupledGenerator
from .discriminators import DiscriminatorConfig, MultiscaleDiscriminator, NLayerDiscriminator
from .edit_generator import (
    EditGenerator,
    EditGeneratorConfig,
    EditPrediction,
    ExportedGenerator,
)
from .edit_head import EditNetwork, PictureAsEdit, with_edit_head
from .feature_encoder import (
    FeatureEncoder,
    FeatureEncoderConfig,
    InstanceMeans,
    instance_average,
)
from .layers import GeneratorConfig, ImageGenerator
from .pix2pixhd import GlobalGenerator, GlobalGeneratorConfig, LocalEnhancer, LocalEnhancerConfig
from .recomputation import Recomputing, recompute_segments
from .resnet_generator import ResnetGenerator, ResnetGeneratorConfig
from .tone_generator import ToneGenerator, ToneGeneratorConfig, TonePrediction
from .two_way import GlobalUNet, TwoWayConfig, TwoWayDiscriminator
from .unet import UNetConfig, UNetGenerator
from .weights import (
    initialise_normal,
    initialise_variance_scaling,
    initialise_xavier,
    parameter_count,
)

__all__ = [
    "GENERATORS",
    "Architecture",
    "ArchitectureError",
    "CoGANConfig",
    "CoupledDiscriminator",
    "CoupledGenerator",
    "DiscriminatorConfig",
    "EditGenerator",
    "EditGeneratorConfig",
    "EditNetwork",
    "EditPrediction",
    "ExportedGenerator",
    "FeatureEncoder",
    "FeatureEncoderConfig",
    "GeneratorConfig",
    "GlobalGenerator",
    "GlobalGeneratorConfig",
    "GlobalUNet",
    "ImageGenerator",
    "InstanceMeans",
    "LocalEnhancer",
    "LocalEnhancerConfig",
    "MultiscaleDiscriminator",
    "NLayerDiscriminator",
    "PictureAsEdit",
    "Recomputing",
    "ResnetGenerator",
    "ResnetGeneratorConfig",
    "ToneGenerator",
    "ToneGeneratorConfig",
    "TonePrediction",
    "TwoWayConfig",
    "TwoWayDiscriminator",
    "UNetConfig",
    "UNetGenerator",
    "initialise_normal",
    "initialise_variance_scaling",
    "initialise_xavier",
    "instance_average",
    "parameter_count",
    "recompute_segments",
    "with_edit_head",
]
