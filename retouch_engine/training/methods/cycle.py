"""Unpaired training with a way back: CycleGAN (Zhu et al. 2017), alone or beside pairs.

In one step the paired crops of a batch get their supervised losses, and the unpaired ones get
adversarial, cycle and identity terms, so that data without targets teaches what it can.
"""

from typing import Any

import torch
from torch import Tensor

from retouch_engine.networks.generators import build_generator

from ..config import ConfigError, TrainingConfig
from ..losses import discriminator_loss, gan_loss, picture_of
from ..pool import ImagePool
from .base import Batch, Update, frozen
from .paired import PairedMethod


class CycleMethod(PairedMethod):
    """A generator X (with spots) to Y (clean), its inverse Y to X, and a judge for each side.

    `options` of the config: `use_pairs` (true): supervise the paired crops of a batch; false is
    CycleGAN, which knows no pairs: the clean side is another crop's.
    """

    def __init__(self, config: TrainingConfig) -> None:
        unknown = set(config.options) - {"use_pairs"}
        if unknown:
            raise ConfigError(f"unknown option {unknown.pop()!r} of cycle; known: use_pairs")
        super().__init__(config)
        self.use_pairs = bool(config.options.get("use_pairs", True))
        if not self.use_pairs:
            self.networks.pop("discriminator", None)
            self.optimisers.pop("discriminator", None)
        # One optimiser for both directions, as published: the cycle's loss belongs to both.
        self.networks["inverse"] = build_generator(config.generator)
        self.optimisers["generator"] = self.new_optimiser(self.generator, self.networks["inverse"])
        self.add_network("clean_judge", self._new_discriminator(3))
        self.add_network("spotted_judge", self._new_discriminator(3))
        self.pools = {
            "clean_judge": ImagePool(config.image_pool),
            "spotted_judge": ImagePool(config.image_pool),
        }

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Supervise what is paired, translate there and back what is not, update all."""
        paired = batch["paired"] if self.use_pairs else torch.zeros_like(batch["paired"])
        total, terms = batch["source"].new_zeros(()), dict[str, Tensor]()
        if paired.any():
            total, terms = self._supervised_part(_rows(batch, paired), update)
        spotted, clean = _unpaired_sides(batch, paired)
        if not (len(spotted) and len(clean)):
            update("generator", total)
            return terms
        fake_clean = self._translate("generator", spotted)
        fake_spotted = self._translate("inverse", clean)
        free, free_terms = self._unpaired_part(spotted, clean, fake_clean, fake_spotted)
        update("generator", total + free)
        # After the generators, as published: their gradient went through the judges as they were.
        judged = {
            "clean_judge": self._judge("clean_judge", clean, fake_clean, update),
            "spotted_judge": self._judge("spotted_judge", spotted, fake_spotted, update),
        }
        return {**terms, **free_terms, **judged}

    def _supervised_part(self, batch: Batch, update: Update) -> tuple[Tensor, dict[str, Tensor]]:
        prediction = self.call("generator", batch["source"])
        picture = picture_of(self.generator, batch["source"], prediction)
        total, terms = self.supervised(batch, prediction, picture)
        if "discriminator" in self.networks:
            judged, judged_terms = self.judged(batch, picture, update)
            total, terms = total + judged, {**terms, **judged_terms}
        return total, terms

    def _translate(self, name: str, picture: Tensor) -> Tensor:
        return picture_of(self.networks[name], picture, self.call(name, picture))

    def _unpaired_part(
        self, spotted: Tensor, clean: Tensor, fake_clean: Tensor, fake_spotted: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return CycleGAN's total: adversarial, cycle and identity terms of both directions."""
        weights, mode = self.config.losses, self.config.gan_mode
        with frozen([self.networks["clean_judge"], self.networks["spotted_judge"]]):
            adversarial = weights.adversarial * (
                gan_loss(self.networks["clean_judge"](fake_clean * 2 - 1), True, mode)
                + gan_loss(self.networks["spotted_judge"](fake_spotted * 2 - 1), True, mode)
            )
        cycle = weights.cycle * (
            (self._translate("inverse", fake_clean) - spotted).abs().mean()
            + (self._translate("generator", fake_spotted) - clean).abs().mean()
        )
        identity = (
            weights.cycle
            * weights.identity
            * (
                (self._translate("generator", clean) - clean).abs().mean()
                + (self._translate("inverse", spotted) - spotted).abs().mean()
            )
        )
        terms = {"unpaired_adversarial": adversarial, "cycle": cycle, "identity": identity}
        logged = {name: term.detach() for name, term in terms.items()}
        return adversarial + cycle + identity, logged

    def _judge(self, name: str, real: Tensor, fake: Tensor, update: Update) -> Tensor:
        kept = self.pools[name].query(fake)
        loss = discriminator_loss(
            self.call(name, real * 2 - 1), self.call(name, kept * 2 - 1), self.config.gan_mode
        )
        update(name, loss)
        return loss.detach()

    def extra_state(self) -> dict[str, Any]:
        """Return the pools of both judges too."""
        pools = {name: pool.state() for name, pool in self.pools.items()}
        return {**super().extra_state(), "pools": pools}

    def load_extra_state(self, values: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        super().load_extra_state(values)
        device = next(self.generator.parameters()).device
        for name, pool in self.pools.items():
            pool.load_state(values["pools"][name], device)


def _rows(batch: Batch, chosen: Tensor) -> Batch:
    return {name: value[chosen] for name, value in batch.items()}


def _unpaired_sides(batch: Batch, paired: Tensor) -> tuple[Tensor, Tensor]:
    """Return pictures with spots and clean ones that do not belong together, as many of each.

    The clean side is what targets the batch has: of its pairs, or, where all is unpaired, of the
    next crop.
    """
    spotted = batch["source"][~paired]
    has_target = batch["paired"]
    clean = batch["target"][has_target]
    if not paired.any():
        clean = batch["target"].roll(1, dims=0)[has_target.roll(1, dims=0)]
    count = min(len(spotted), len(clean))
    return spotted[:count], clean[:count]
