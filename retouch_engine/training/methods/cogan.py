"""Coupled GAN (Liu and Tuzel 2016) on portraits, and a retouching use of it for comparisons.

Domain a are pictures with blemishes, b clean ones of other crops; no pair is ever seen. Tied layers
make both pictures of one z show the same face.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from retouch_engine.baselines.method import SKIN_THRESHOLD, checked
from retouch_engine.networks import (
    CoGANConfig,
    CoupledDiscriminator,
    CoupledGenerator,
    initialise_xavier,
)

from ..config import ConfigError, TrainingConfig
from ..unpaired import check_unpaired, unpaired_sides
from .base import Batch, Method, Update, frozen

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
Box = tuple[slice, slice]


@dataclass(frozen=True, kw_only=True)
class CoGANOptions:
    """Options of a coupled GAN for faces; the values are a small version's, published in brackets.

    image_size: 64 or 128, to which crops are resized (128). width: channels of the generator's
    first layer (1024). weight_decay: of both optimisers (5e-4 in the authors' PyTorch code, 1e-4 in
    their face model). Also published, and given by the training config: learning rate 2e-4 without
    decay, batch 64.
    """

    image_size: int = 64
    width: int = 256
    weight_decay: float = 5e-4

    def network(self) -> CoGANConfig:
        """Return the networks' options; raises ConfigError for ones that do not fit."""
        if self.width < 16:
            raise ConfigError(f"width must be at least 16, not {self.width!r}")
        try:
            return CoGANConfig.faces(self.image_size, width=self.width)
        except ValueError as error:
            raise ConfigError(f"{error} (method cogan)") from error


class CoGANMethod(Method):
    """A coupled generator and a coupled discriminator, each with its own optimiser.

    Raises ConfigError for a batch of one crop and for options that do not fit.
    """

    def __init__(self, config: TrainingConfig, options: CoGANOptions | None = None) -> None:
        super().__init__()
        check_unpaired(config)
        self.options = options or CoGANOptions()
        self.network_config = self.options.network()
        self.networks["generator"] = CoupledGenerator(self.network_config)
        self.networks["discriminator"] = CoupledDiscriminator(self.network_config)
        for name, network in self.networks.items():
            initialise_xavier(network)
            self.optimisers[name] = torch.optim.Adam(
                network.parameters(),
                lr=config.learning_rate,
                betas=(0.5, 0.999),
                weight_decay=self.options.weight_decay,
            )

    def example_input(self, crop: int) -> Tensor:
        """Return noise: the generator sees no picture."""
        return torch.empty(1, self.network_config.latent, device="meta")

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Train the discriminator, then the generator, on fresh noise each, as published.

        A batch without a clean side changes nothing.
        """
        blemished, clean = unpaired_sides(batch)
        if len(clean) == 0:
            return {}
        real = self._resized(blemished), self._resized(clean)
        judged = self._update_discriminator(*real, update)
        return {**judged, **self._update_generator(real[0], update)}

    def preview(self, average: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return pairs of the coupled generator: it makes pictures of noise, always the same."""
        seeded = torch.Generator().manual_seed(0)
        shape = (len(batch["source"]), self.network_config.latent)
        pair = average(torch.randn(shape, generator=seeded).to(batch["source"].device))
        return dict(zip(("blemished", "clean"), ((side + 1) / 2 for side in pair), strict=True))

    def _resized(self, pictures: Tensor) -> Tensor:
        return network_pictures(pictures, self.network_config.image_size)

    def _update_discriminator(self, a: Tensor, b: Tensor, update: Update) -> dict[str, Tensor]:
        with torch.no_grad():
            fake_a, fake_b = self.networks["generator"](self._noise(a))
        real_logits = torch.cat(self.call("discriminator", a, b))
        fake_logits = torch.cat(self.call("discriminator", fake_a, fake_b))
        loss = judged_as(real_logits, real=True) + judged_as(fake_logits, real=False)
        update("discriminator", loss)
        right = torch.cat([real_logits.argmax(1) == 1, fake_logits.argmax(1) == 0])
        return {"discriminator": loss.detach(), "accuracy": right.float().mean()}

    def _update_generator(self, like: Tensor, update: Update) -> dict[str, Tensor]:
        fakes = self.call("generator", self._noise(like))
        judge = self.networks["discriminator"]
        with frozen([judge]):
            loss = judged_as(torch.cat(judge(*fakes)), real=True)
        update("generator", loss)
        return {"generator": loss.detach()}

    def _noise(self, like: Tensor) -> Tensor:
        return torch.randn(len(like), self.network_config.latent, device=like.device)


def judged_as(logits: Tensor, *, real: bool) -> Tensor:
    """Return the cross-entropy of logits (N, 2), (fake, real), against all real or all fake."""
    wanted = torch.full((len(logits),), int(real), device=logits.device)
    return F.cross_entropy(logits, wanted)


def network_pictures(pictures: Tensor, size: int) -> Tensor:
    """Return pictures (N, 3, H, W) in 0..1 as the networks know them, (N, 3, S, S) in -1..1."""
    shape = (size, size)
    small = F.interpolate(pictures, shape, mode="bilinear", align_corners=False, antialias=True)
    return small * 2.0 - 1.0


class CoGANRetoucher:
    """Retouches with a trained coupled generator: photo + (G_b(z) - G_a(z)) for the nearest z.

    The paper's cross-domain image transformation (section "Applications") finds the z whose G_a(z)
    is nearest to the photo's crop and gives G_b(z). Ours: the difference alone is taken over, as
    G_b(z) has but the network's few pixels; z starts as the nearest of `candidates` seeded draws
    and is improved by `steps` iterations of L-BFGS on the mean squared distance. Equal input gives
    equal output. One of the methods of a comparison, see `baselines.Method`.
    """

    name = "cogan"
    needs_truth = False

    def __init__(
        self, generator: CoupledGenerator, *, steps: int = 40, candidates: int = 64, seed: int = 1
    ) -> None:
        self.generator = generator.eval()
        self.steps, self.candidates, self.seed = steps, candidates, seed

    def __call__(
        self,
        image: Image,
        skin: FloatArray,
        *,
        face_width: float | None = None,
        truth: FloatArray | None = None,
    ) -> Image:
        """Return a retouched copy: changed by skin's share in the largest square around the skin.

        image: uint8 sRGB (H, W, 3); skin: float 0..1 (H, W). face_width and truth are not looked
        at. Raises ValueError where shapes or types do not fit.
        """
        checked(image, skin)
        box = _square_around(skin > SKIN_THRESHOLD)
        if box is None:
            return image.copy()
        crop = torch.from_numpy(image[box].astype(np.float32) / 255.0).permute(2, 0, 1)[None]
        device = next(self.generator.parameters()).device
        change = self.difference(crop.to(device))[0].permute(1, 2, 0).cpu().numpy() * 255.0
        retouched = image.astype(np.float32)
        retouched[box] += change * skin[box][..., None]
        return np.clip(np.rint(retouched), 0, 255).astype(np.uint8)

    def difference(self, crop: Tensor) -> Tensor:
        """Return what takes a crop (1, 3, H, W) in 0..1 towards domain b, of the same shape."""
        wanted = network_pictures(crop, self.generator.config.image_size)
        z = self.nearest(wanted)
        with torch.no_grad():
            a, b = self.generator(z)
        size = (crop.shape[2], crop.shape[3])
        return F.interpolate((b - a) / 2.0, size, mode="bicubic", align_corners=False)

    def nearest(self, wanted: Tensor) -> Tensor:
        """Return z (1, latent) whose G_a(z) is nearest to a picture (1, 3, S, S) in -1..1."""
        with frozen([self.generator]), torch.enable_grad():
            z = self._first_guess(wanted).requires_grad_(True)
            optimiser = torch.optim.LBFGS([z], max_iter=self.steps, line_search_fn="strong_wolfe")

            def distance() -> Tensor:
                optimiser.zero_grad()
                loss = F.mse_loss(self.generator(z)[0], wanted)
                loss.backward()
                return loss

            optimiser.step(distance)
        return z.detach()

    def _first_guess(self, wanted: Tensor) -> Tensor:
        draws = torch.Generator().manual_seed(self.seed)
        z = torch.randn(self.candidates, self.generator.config.latent, generator=draws)
        z = z.to(wanted.device)
        with torch.no_grad():
            distances = (self.generator(z)[0] - wanted).square().mean(dim=(1, 2, 3))
        return z[distances.argmin()][None].clone()


def _square_around(mask: NDArray[np.bool_]) -> Box | None:
    """Return the square around a mask (H, W), inside the picture; None where the mask is empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    longest = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    side = min(longest, *mask.shape)
    top, left = (
        int(np.clip((places[0] + places[-1] + 1 - side) // 2, 0, length - side))
        for places, length in zip((rows, columns), mask.shape, strict=True)
    )
    return slice(top, top + side), slice(left, left + side)
