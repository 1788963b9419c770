"""The coarse-to-fine edit generator: pix2pixHD's G1/G2 idea, predicting an edit, not a picture.

G1 sees the whole crop at low resolution and decides; G2 works on the 1/4 grid and adds detail
(Wang et al. 2018, "High-Resolution Image Synthesis and Semantic Manipulation with Conditional
GANs", section 3.1). The output is residual x mask, so that untouched pixels stay untouched. There
is no normalisation layer: statistics of a whole picture would make tiles and crops differ.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .recomputation import Recomputing

# By how much the picture is reduced before smooth changes are looked for.
QUARTER = 4
# An open gate is rare in training, so half open counts as open: by how much to multiply, as far as
# faces without a fault allow it (a change of 0.25 of 255), and what is hardly open and is shut.
GATE_SLOPES = {"evenness": 2.2, "shine": 2.2, "under_eyes": 3.0}
GATE_SHUT = 0.1
# The same for a branch that says whether a face has any of a concern at all: how steeply its gates
# open, a line through that probability, and the share of the densities that is applied at most.
# What is not named is judged place by place alone.
OPENINGS = {"evenness": (4.0, 1.8, 0.0, 0.7), "shine": (3.0, 1.5, 0.0, 0.7)}
# Brings the mean density of a usual fault to about 1.
AMOUNT = 50.0


@dataclass(frozen=True)
class EditGeneratorConfig:
    """Widths, depths and what is predicted beside the edit of spots.

    concerns: names of the smooth changes that get a density and a gate of their own;
    concern_channels: of the branch that predicts them, at 1/8, 1/16 and 1/32; concern_presence:
    it also says, once for the whole face, whether there is any of each.
    """

    global_channels: tuple[int, int, int] = (48, 96, 192)
    local_channels: int = 32
    local_blocks: int = 2
    kinds: int = 4
    concerns: tuple[str, ...] = ()
    concern_channels: tuple[int, int, int] = (16, 32, 64)
    concern_presence: bool = False

    @property
    def input_multiple(self) -> int:
        """Return what heights and widths must be divisible by: the coarsest grid's cell."""
        return 32

    def to_dict(self) -> dict[str, object]:
        """Return plain values for a card."""
        return asdict(self)


class EditPrediction(NamedTuple):
    """Raw outputs: residual (N, 3, H, W) in image units; mask and kind logits (N, 1|K, H, W).

    concern_densities: (N, 3 C, H / 8, W / 8), the optical density to add in red, green and blue for
    each of C concerns; concern_logits: (N, C, H / 8, W / 8), their gates; concern_presence: (N, C),
    logits of there being any. None without concerns, or for a branch that does not say so.
    """

    residual: Tensor
    mask_logits: Tensor
    kind_logits: Tensor
    concern_densities: Tensor | None = None
    concern_logits: Tensor | None = None
    concern_presence: Tensor | None = None


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))), the second convolution starting near zero for lack of a norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of x's shape."""
        return x + self.second(F.relu(self.first(x)))


def _down(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.ReLU(), ResidualBlock(outputs)
    )


class GlobalBranch(nn.Module):
    """G1: a U-shape at 1/8, 1/16 and 1/32 of the input, returning features at 1/8."""

    def __init__(self, inputs: int, channels: tuple[int, int, int]) -> None:
        super().__init__()
        first, second, third = channels
        self.stem = _down(inputs, first)
        self.down_second = _down(first, second)
        self.down_third = nn.Sequential(_down(second, third), ResidualBlock(third))
        self.up_second = nn.Conv2d(third, second, 1)
        self.fuse_second = ResidualBlock(second)
        self.up_first = nn.Conv2d(second, first, 1)
        self.fuse_first = ResidualBlock(first)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, h, w) on the 1/4 grid to (N, first, h / 2, w / 2)."""
        return self.after_first(self.stem[0](x))

    def after_first(self, x: Tensor) -> Tensor:
        """Map what the first convolution gives, (N, first, h, w), to (N, first, h, w)."""
        first = self.stem[1:](x)
        second = self.down_second(first)
        third = self.down_third(second)
        second = self.fuse_second(second + _double(self.up_second(third)))
        return self.fuse_first(first + _double(self.up_first(second)))


class EditGenerator(Recomputing):
    """Image (N, 3, H, W) sRGB 0..1 to an `EditPrediction`; H and W multiples of 32."""

    def __init__(self, config: EditGeneratorConfig | None = None) -> None:
        super().__init__()
        self.config = config or EditGeneratorConfig()
        width = self.config.local_channels
        first = self.config.global_channels[0]
        self.global_branch = GlobalBranch(48, self.config.global_channels)
        self.global_to_local = nn.Conv2d(first, width, 1)
        self.local_stem = nn.Conv2d(48, width, 3, padding=1)
        blocks = [ResidualBlock(width) for _ in range(self.config.local_blocks)]
        self.local_branch = nn.Sequential(*blocks)
        self.edit_head = nn.Conv2d(width, 48 + 16, 3, padding=1)
        self.kind_head = nn.Conv2d(width, self.config.kinds, 1)
        if self.config.concerns:
            self.concern_branch = ConcernBranch(
                len(self.config.concerns),
                self.config.concern_channels,
                says_presence=self.config.concern_presence,
            )
        with torch.no_grad():
            self.edit_head.weight.mul_(0.2)

    def segments(self) -> list[nn.Module]:
        """Return G1 and the blocks of G2."""
        return [self.global_branch, *self.local_branch]

    def forward(self, image: Tensor) -> EditPrediction:
        """Predict residual, mask and kinds at the size of `image`."""
        prediction = self.predict_cells(image)
        kinds = F.interpolate(prediction.kind_logits, scale_factor=4.0, mode="nearest")
        return prediction._replace(kind_logits=kinds)

    def predict_cells(self, image: Tensor) -> EditPrediction:
        """Predict as `forward` does, but the kinds on the 1/4 grid that they are decided on."""
        cells = F.pixel_unshuffle(image * 2.0 - 1.0, 4)
        whole = self.run_segment(self.global_branch, cells)
        return self._predict(image, whole, self.local_stem(cells))

    def predict_strided(self, image: Tensor) -> EditPrediction:
        """Predict as `predict_cells` does, but for rounding; a tenth faster in ONNX Runtime.

        The first convolutions read the picture itself, in strides of cells: nothing has to be
        rearranged for them.
        """
        # What is beyond the border is zero behind the scaling to -1..1.
        framed = F.pad(image, (4, 4, 4, 4), value=0.5)
        first = _on_pixels(self.global_branch.stem[0], framed)
        whole = self.global_branch.after_first(first)
        return self._predict(image, whole, _on_pixels(self.local_stem, framed))

    def _predict(self, image: Tensor, whole: Tensor, local: Tensor) -> EditPrediction:
        """Predict from G1's features and what G2's first convolution gives."""
        features = F.relu(local + _double(self.global_to_local(whole)))
        for block in self.local_branch:
            features = self.run_segment(block, features)
        head = self.edit_head(features)
        residual = F.pixel_shuffle(head[:, :48], 4)
        mask_logits = F.pixel_shuffle(head[:, 48:], 4)
        kinds = self.kind_head(features)
        concerns: tuple[Tensor | None, ...] = ()
        if self.config.concerns:
            concerns = self.concern_branch(F.avg_pool2d(image, QUARTER))
        return EditPrediction(residual, mask_logits, kinds, *concerns)


def _on_pixels(layer: nn.Module, framed: Tensor) -> Tensor:
    """Apply a convolution of 3 x 3 cells of 4 x 4 pixels to a framed picture in 0..1."""
    assert isinstance(layer, nn.Conv2d)
    assert layer.bias is not None
    outputs = layer.out_channels
    cells = layer.weight.reshape(outputs, 3, 4, 4, 3, 3).permute(0, 1, 4, 2, 5, 3)
    # The scaling to -1..1 is a part of the weights.
    bias = layer.bias - layer.weight.sum((1, 2, 3))
    kernel = 2.0 * cells.reshape(outputs, 3, 12, 12)
    return F.conv2d(framed, kernel, bias, stride=4 * layer.stride[0])


class ConcernBranch(nn.Module):
    """The smooth changes, from the whole face reduced to quarter size: nothing in them is fine.

    What is uneven, shiny or dark shows beside the rest of the face, so at 1/32 each cell sees
    almost all of it. Colours enter as optical density: light that differs is a shift. No skin is
    perfectly even: whether a face has more than faces have is told from all of it.
    """

    def __init__(
        self, concerns: int, channels: tuple[int, int, int], *, says_presence: bool = False
    ) -> None:
        super().__init__()
        self.concerns = concerns
        first, second, third = channels
        self.presence = nn.Linear(2 * third + concerns, concerns) if says_presence else None
        self.stem = nn.Sequential(nn.Conv2d(3, first, 3, stride=2, padding=1), nn.ReLU())
        self.down_second = _down(first, second)
        self.down_third = nn.Sequential(
            _down(second, third), *(ResidualBlock(third) for _ in range(3))
        )
        self.up_second = nn.Conv2d(third, second, 1)
        self.fuse_second = ResidualBlock(second)
        self.up_first = nn.Conv2d(second, first, 1)
        self.fuse_first = ResidualBlock(first)
        self.head = nn.Conv2d(first, 4 * concerns, 3, padding=1)

    def forward(self, quarter: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Map a picture of a quarter of the working size to densities and logits of what is there.

        quarter: (N, 3, h, w) in 0..1; densities: (N, 3 C, h / 2, w / 2); gates' logits:
        (N, C, h / 2, w / 2); presence: (N, C), None from a branch that does not say so.
        """
        density = 1.0 + torch.log(quarter * (255.0 / 256.0) + 1.0 / 256.0)
        first = self.stem(density)
        second = self.down_second(first)
        third = self.down_third(second)
        second = self.fuse_second(second + _double(self.up_second(third)))
        out = self.head(self.fuse_first(first + _double(self.up_first(second))))
        # Densities are a few hundredths: so the network starts near them.
        densities, gates = 0.1 * out[:, : 3 * self.concerns], out[:, 3 * self.concerns :]
        if self.presence is None:
            return densities, gates, None
        changed = gated(densities, torch.sigmoid(gates)).abs().mean(dim=(2, 3))
        amounts = AMOUNT * changed.unflatten(1, (-1, 3)).mean(dim=2)
        pooled = (third.mean(dim=(2, 3)), third.amax(dim=(2, 3)), amounts)
        return densities, gates, self.presence(torch.cat(pooled, dim=1))


def gated(densities: Tensor, gates: Tensor) -> Tensor:
    """Return densities (N, 3 C, h, w), each three channels times their gate (N, C, h, w)."""
    parts = [densities[:, 3 * i : 3 * i + 3] * gates[:, i : i + 1] for i in range(gates.shape[1])]
    return torch.cat(parts, dim=1)


def where_present(gates: Tensor, presence: Tensor | None) -> Tensor:
    """Return gates (N, C, h, w) times how surely there is any of each concern, (N, C) logits."""
    return gates if presence is None else gates * torch.sigmoid(presence)[..., None, None]


class ExportedGenerator(nn.Module):
    """What a checkpoint's ONNX computes: residual, mask 0..1, kinds as probabilities, concerns.

    feature_channels: F of the second input, 0 where the generator takes pictures alone.
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator
        self.feature_channels = int(getattr(generator, "feature_channels", 0))
        options = getattr(generator, "config", None)
        concerns = options.concerns if isinstance(options, EditGeneratorConfig) else ()
        self.gate_slopes = [GATE_SLOPES.get(name, 2.0) for name in concerns]
        alone = [(slope, 0.0, 1.0, 1.0) for slope in self.gate_slopes]
        self.openings = [OPENINGS.get(*each) for each in zip(concerns, alone, strict=True)]

    def forward(self, image: Tensor, features: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return residual, sigmoid mask, softmax kinds for `image` (N, 3, H, W) 0..1; concerns.

        The concerns' densities (N, 3 C, H / 8, W / 8) come last, where the generator has some; a
        gate that is hardly open is shut, so that nothing changes where nothing is wrong.

        features: (N, F, H, W) in -1..1, for a generator that was trained with the encoder.
        """
        inputs = (image,) if features is None else (image, features)
        if isinstance(self.generator, EditGenerator):
            exporting = torch.onnx.is_in_onnx_export()
            predict = self.generator.predict_strided if exporting else self.generator.predict_cells
            # Equal to the softmax of all pixels, which took half of the time in ONNX Runtime.
            prediction = predict(image)
            probabilities = torch.softmax(prediction.kind_logits, dim=1)
            kinds = F.interpolate(probabilities, scale_factor=4.0, mode="nearest")
        else:
            prediction = self.generator(*inputs)
            kinds = torch.softmax(prediction.kind_logits, dim=1)
        edit = prediction.residual, torch.sigmoid(prediction.mask_logits), kinds
        if prediction.concern_densities is None or prediction.concern_logits is None:
            return edit
        gates = self._gates(prediction.concern_logits, prediction.concern_presence)
        return *edit, gated(prediction.concern_densities, gates)

    def _gates(self, logits: Tensor, presence: Tensor | None) -> Tensor:
        """Return how far each concern's gates are opened, (N, C, h, w) 0..1."""
        gates = torch.sigmoid(logits)
        if presence is None:
            return _opened(gates, logits.new_tensor(self.gate_slopes))
        slope, steepness, start, largest = logits.new_tensor(self.openings).unbind(dim=1)
        share = largest * (steepness * torch.sigmoid(presence) + start).clamp(0.0, 1.0)
        return _opened(gates, slope) * share[..., None, None]


def _opened(gates: Tensor, slopes: Tensor) -> Tensor:
    return (gates * slopes[:, None, None] - GATE_SHUT).clamp(0.0, 1.0)


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
