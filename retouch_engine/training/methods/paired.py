"""Supervised training on pairs, with a conditional discriminator where the config has one.

Without one: the edit's own losses. With one: pix2pix (Isola et al. 2017) or pix2pixHD (Wang et al.
2018), depending on generator, discriminator, weights and mode; every combination works, so that
formulation and architecture can be told apart.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from retouch_engine.faces import REGIONS
from retouch_engine.networks import (
    EditPrediction,
    FeatureEncoder,
    LocalEnhancer,
    MultiscaleDiscriminator,
    initialise_normal,
)
from retouch_engine.networks.generators import build_generator, predicts_picture

from ..config import ConfigError, TrainingConfig, TrainingDataError
from ..losses import (
    concern_loss,
    discriminator_loss,
    edit_loss,
    feature_matching_loss,
    gan_loss,
    picture_of,
)
from ..perceptual import VGGLoss
from ..pool import ImagePool
from .base import Batch, Method, Update, frozen


class PairedMethod(Method):
    """Lower the losses of a generator on source and target of the same crop.

    With an encoder in the config, E sees the target and its regions, and is trained by the same
    optimiser as the generator that gets its features (Wang et al. 2018, section 3.3). Option
    `feature_dropout` (0; ours): the share of regions whose features are zeros in a step, so that
    "no style", and a style of one region alone, are what the generator has seen too.
    """

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        self.config = config
        self.pool = ImagePool(config.image_pool)
        self.add_network("generator", build_generator(config.generator))
        if config.discriminator is not None:
            self.add_network("discriminator", self._new_discriminator(6))
        self.feature_dropout = 0.0
        if config.encoder is not None:
            self._add_encoder(FeatureEncoder(config.encoder))
        # No network of the method: it is never trained, saved or wrapped.
        self.vgg = VGGLoss.load(Path(config.vgg_weights)) if config.losses.vgg else None
        self.samples = 0
        if config.fix_global_samples:
            self.enhancer.fix_global()

    @property
    def enhancer(self) -> LocalEnhancer:
        """Return pix2pixHD's G2 inside the generator; raises ConfigError where there is none."""
        for module in self.generator.modules():
            if isinstance(module, LocalEnhancer):
                return module
        raise ConfigError("fix_global_samples needs the generator pix2pixhd_local")

    def add_network(self, name: str, network: nn.Module) -> None:
        """Take a network, with an optimiser of the same name."""
        self.networks[name] = network
        self.optimisers[name] = self.new_optimiser(network)

    def _add_encoder(self, encoder: FeatureEncoder) -> None:
        unknown = set(self.config.options) - {"feature_dropout"}
        if unknown:
            raise ConfigError(f"unknown option {unknown.pop()!r} of paired; known: feature_dropout")
        share = self.config.options.get("feature_dropout", 0.0)
        if not isinstance(share, int | float) or not 0 <= share < 1:
            raise ConfigError(f"feature_dropout must be at least 0 and less than 1, not {share!r}")
        self.feature_dropout = float(share)
        initialise_normal(encoder)
        self.networks["encoder"] = encoder
        self.optimisers["generator"] = self.new_optimiser(self.generator, encoder)

    def new_optimiser(self, *networks: nn.Module) -> torch.optim.Optimizer:
        """Return the config's Adam for some networks (AdamW, which without decay is Adam)."""
        config = self.config
        return torch.optim.AdamW(
            [parameter for network in networks for parameter in network.parameters()],
            lr=config.learning_rate,
            betas=config.betas,
            weight_decay=config.weight_decay,
        )

    def _new_discriminator(self, channels: int) -> MultiscaleDiscriminator:
        if self.config.discriminator is None:
            raise ConfigError(f"the method {self.config.method!r} needs a discriminator")
        discriminator = MultiscaleDiscriminator(
            replace(self.config.discriminator, input_channels=channels)
        )
        initialise_normal(discriminator)
        return discriminator

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Predict, judge, compare with the truth, update both."""
        self._count(batch)
        prediction = self.call("generator", batch["source"], *self._features(batch))
        picture = picture_of(self.generator, batch["source"], prediction)
        total, terms = self.supervised(batch, prediction, picture)
        if "discriminator" in self.networks:
            judged, judged_terms = self.judged(batch, picture, update)
            total, terms = total + judged, {**terms, **judged_terms}
        update("generator", total)
        return terms

    def _features(self, batch: Batch) -> list[Tensor]:
        """Return E's features of the targets, (N, F, c, c), where there is an encoder."""
        if "encoder" not in self.networks:
            return []
        if "regions" not in batch:
            raise TrainingDataError("the encoder needs faces with a map of regions")
        regions = batch["regions"]
        features: Tensor = self.call("encoder", batch["target"] * 2 - 1, regions)
        kept = torch.ones(len(regions), len(REGIONS), device=regions.device)
        if self.feature_dropout:
            kept = (torch.rand_like(kept) >= self.feature_dropout).to(features.dtype)
        # There are no styles of the background: in use its features are always zeros.
        kept[:, 0] = 0
        shown = kept.gather(1, regions.flatten(1)).reshape(len(regions), 1, *regions.shape[1:])
        return [features * shown]

    def _count(self, batch: Batch) -> None:
        before, self.samples = self.samples, self.samples + len(batch["source"])
        if before < self.config.fix_global_samples <= self.samples:
            self.enhancer.fix_global(False)

    def supervised(
        self, batch: Batch, prediction: EditPrediction, picture: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the losses against the truth; a predicted picture has the pixel term alone."""
        weights = self.config.losses
        total, terms = picture.new_zeros(()), dict[str, Tensor]()
        if not predicts_picture(self.generator):
            total, terms = edit_loss(
                batch["source"],
                batch["target"],
                batch["edited"],
                batch["kinds"],
                prediction,
                weights,
                batch.get("counted"),
            )
        if prediction.concern_logits is not None:
            smooth, smooth_terms = concern_loss(
                batch["concerns"], batch["concerns_known"], prediction
            )
            total = total + weights.concerns * smooth
            terms |= {name: weights.concerns * term for name, term in smooth_terms.items()}
        if weights.pixel:
            pixel = weights.pixel * (picture - batch["target"]).abs().mean()
            total, terms = total + pixel, {**terms, "pixel": pixel.detach()}
        if self.vgg is not None:
            perceptual = weights.vgg * self.vgg.to(picture.device)(picture, batch["target"])
            total, terms = total + perceptual, {**terms, "vgg": perceptual.detach()}
        return total, terms

    def judged(
        self, batch: Batch, picture: Tensor, update: Update
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Train the discriminator on condition and picture; return what it costs the generator."""
        mode, weights = self.config.gan_mode, self.config.losses
        fake, real = (
            torch.cat([batch["source"], picture], 1) * 2 - 1,
            torch.cat([batch["source"], batch["target"]], 1) * 2 - 1,
        )
        verdict = discriminator_loss(
            self.call("discriminator", real),
            self.call("discriminator", self.pool.query(fake)),
            mode,
        )
        update("discriminator", verdict)
        judge = self.networks["discriminator"]
        with frozen([judge]):
            fake_judgement = judge(fake)
            with torch.no_grad():
                real_judgement = judge(real)
        adversarial = weights.adversarial * gan_loss(fake_judgement, True, mode)
        matching = weights.feature_matching * feature_matching_loss(real_judgement, fake_judgement)
        terms = {
            "discriminator": verdict.detach(),
            "adversarial": adversarial.detach(),
            "feature_matching": matching.detach(),
        }
        return adversarial + matching, terms

    def extra_state(self) -> dict[str, Any]:
        """Return the image pool and how many samples were seen."""
        return {"pool": self.pool.state(), "samples": self.samples}

    def load_extra_state(self, values: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        device = next(self.generator.parameters()).device
        self.pool.load_state(values["pool"], device)
        self.samples = values["samples"]
        if self.config.fix_global_samples:
            self.enhancer.fix_global(self.samples < self.config.fix_global_samples)
