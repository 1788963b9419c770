"""Deep Photo Enhancer (Chen et al. 2018): a two-way GAN with individual batch norm and A-WGAN.

X are pictures with blemishes, Y clean ones of other crops. G_X turns X into Y and G_Y turns Y into
X; G'_X and G'_Y, which turn generated pictures back, share their weights but not their batch norm.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from retouch_engine.networks import (
    Architecture,
    GlobalUNet,
    PictureAsEdit,
    TwoWayConfig,
    TwoWayDiscriminator,
    initialise_variance_scaling,
)

from ..adversarial_wgan import (
    AdaptivePenaltyWeight,
    critic_loss,
    generator_loss,
    one_sided_penalty,
)
from ..config import ConfigError, TrainingConfig
from ..unpaired import check_unpaired, unpaired_sides
from .base import Batch, Method, Update, frozen

# Which batch norm an input meets.
REAL, GENERATED = 0, 1


@dataclass(frozen=True, kw_only=True)
class TwoWayOptions:
    """Options of the two-way GAN; the values are a small version's, published ones in brackets.

    ngf, ndf: channels of generators and critics at full size (16, 16). critic_updates: of both
    critics for one of both generators (50). identity_weight, cycle_weight: of the mean squared
    distances ||x - G(x)|| and ||x - G'(G(x))|| (1e3, 1e4). penalty_…: of the adaptive penalty's
    weight, see `AdaptivePenaltyWeight` (10, .05, .99, 50, 2). Also published, and given by the
    training config: crops of 512, batch 3, learning rate 1e-5 falling from half of the run on.
    """

    ngf: int = 8
    ndf: int = 8
    critic_updates: int = 5
    identity_weight: float = 1e3
    cycle_weight: float = 1e4
    penalty_start: float = 10.0
    penalty_bound: float = 0.05
    penalty_decay: float = 0.99
    penalty_buffer: int = 50
    penalty_growth: float = 2.0

    def __post_init__(self) -> None:
        for name in ("critic_updates", "penalty_buffer"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        if not 0.0 <= self.penalty_decay < 1.0:
            raise ConfigError(f"penalty_decay must be in 0..1, below 1, not {self.penalty_decay!r}")

    def penalty_weight(self) -> AdaptivePenaltyWeight:
        """Return a fresh weight of one critic's penalty."""
        return AdaptivePenaltyWeight(
            self.penalty_start,
            bound=self.penalty_bound,
            decay=self.penalty_decay,
            buffer=self.penalty_buffer,
            growth=self.penalty_growth,
        )


class TwoWayMethod(Method):
    """G_X (`generator`), G_Y (`inverse`) and a critic for the clean and the blemished side.

    The networks' image size is the config's crop: 128, 256 or 512. Raises ConfigError for another
    one, for a batch of one crop, and for accumulation.
    """

    def __init__(self, config: TrainingConfig, options: TwoWayOptions | None = None) -> None:
        super().__init__()
        check_unpaired(config)
        if config.accumulation != 1:
            raise ConfigError("accumulation must be 1 for two_way: it counts the critics' updates")
        self.options = options or TwoWayOptions()
        self.network_config = self._network_config(config)
        for name in ("generator", "inverse"):
            self.networks[name] = GlobalUNet(self.network_config)
        for name in ("clean_critic", "blemished_critic"):
            self.networks[name] = TwoWayDiscriminator(self.network_config)
        for network in self.networks.values():
            initialise_variance_scaling(network)
        self._exported = PictureAsEdit(self.networks["generator"], unit_range=True)
        self._add_optimisers(config)
        self.penalty_weights = {name: self.options.penalty_weight() for name in self.critics}
        self.critic_updates = 0
        self.generator_terms: dict[str, Tensor] = {}

    def _network_config(self, config: TrainingConfig) -> TwoWayConfig:
        options = self.options
        try:
            return TwoWayConfig(ngf=options.ngf, ndf=options.ndf, image_size=config.crop)
        except ValueError as error:
            reason = str(error).replace("image_size", "crop")
            raise ConfigError(f"{reason} (method two_way)") from error

    def _add_optimisers(self, config: TrainingConfig) -> None:
        # One for both directions: the cycle's loss belongs to both. Adam's defaults, as published.
        parts = {
            "generators": [self.networks["generator"], self.networks["inverse"]],
            "critics": list(self.critics.values()),
        }
        for name, networks in parts.items():
            parameters = [p for network in networks for p in network.parameters()]
            self.optimisers[name] = torch.optim.Adam(parameters, lr=config.learning_rate)

    @property
    def generator(self) -> nn.Module:
        """Return G_X, read as an edit: the same weights as the network `generator`."""
        return self._exported

    @property
    def architecture(self) -> Architecture:
        """Return what rebuilds `generator` from a card."""
        return Architecture("two_way_unet", self.network_config)

    @property
    def critics(self) -> dict[str, nn.Module]:
        """Return both critics by name."""
        return {name: self.networks[name] for name in ("clean_critic", "blemished_critic")}

    def step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """Update the critics, and after every `critic_updates` of them the generators.

        A batch without a clean side changes nothing. The generators' terms are the latest ones.
        """
        blemished, clean = unpaired_sides(batch)
        if len(clean) == 0:
            return {}
        terms = self._update_critics(blemished, clean, update)
        self.critic_updates += 1
        if self.critic_updates % self.options.critic_updates == 0:
            self.generator_terms = self._update_generators(blemished, clean, update)
        return {**terms, **self.generator_terms}

    def _update_critics(
        self, blemished: Tensor, clean: Tensor, update: Update
    ) -> dict[str, Tensor]:
        generators = [self.networks["generator"], self.networks["inverse"]]
        # Published: the critics see pictures made with running statistics.
        with torch.no_grad(), _evaluating(generators):
            fake_clean = self._translate("generator", blemished, REAL)
            fake_blemished = self._translate("inverse", clean, REAL)
        sides = {
            "clean_critic": (clean, fake_clean),
            "blemished_critic": (blemished, fake_blemished),
        }
        total, terms = clean.new_zeros(()), dict[str, Tensor]()
        for name, (real, fake) in sides.items():
            weight = self.penalty_weights[name]
            distance = critic_loss(self.call(name, real), self.call(name, fake))
            penalty = one_sided_penalty(self.networks[name], real, fake)
            total = total + distance + weight.value * penalty
            terms[name], terms[f"{name}_penalty"] = distance.detach(), penalty.detach()
            terms[f"{name}_penalty_weight"] = clean.new_tensor(weight.value)
        update("critics", total)
        for name, weight in self.penalty_weights.items():
            weight.observe(float(terms[f"{name}_penalty"]))
        return terms

    def _update_generators(
        self, blemished: Tensor, clean: Tensor, update: Update
    ) -> dict[str, Tensor]:
        fake_clean = self._translate("generator", blemished, REAL)
        fake_blemished = self._translate("inverse", clean, REAL)
        # Clipped for the way back alone, as published.
        blemished_again = self._translate("inverse", fake_clean.clamp(0, 1), GENERATED)
        clean_again = self._translate("generator", fake_blemished.clamp(0, 1), GENERATED)
        options, critics = self.options, self.critics
        with frozen(critics.values()):
            adversarial = generator_loss(critics["clean_critic"](fake_clean)) + generator_loss(
                critics["blemished_critic"](fake_blemished)
            )
        identity = options.identity_weight * (
            F.mse_loss(fake_clean, blemished) + F.mse_loss(fake_blemished, clean)
        )
        cycle = options.cycle_weight * (
            F.mse_loss(blemished_again, blemished) + F.mse_loss(clean_again, clean)
        )
        update("generators", adversarial + identity + cycle)
        terms = {"adversarial": adversarial, "identity": identity, "cycle": cycle}
        return {name: term.detach() for name, term in terms.items()}

    def _translate(self, name: str, picture: Tensor, use: int) -> Tensor:
        picture_out: Tensor = self.active.get(name, self.networks[name])(picture, use)
        return picture_out

    def extra_state(self) -> dict[str, Any]:
        """Return the penalties' weights, and where the run is between two generator updates."""
        return {
            "penalty_weights": {name: one.state() for name, one in self.penalty_weights.items()},
            "critic_updates": self.critic_updates,
            "generator_terms": self.generator_terms,
        }

    def load_extra_state(self, values: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        for name, weight in self.penalty_weights.items():
            weight.load_state(values["penalty_weights"][name])
        self.critic_updates = values["critic_updates"]
        self.generator_terms = dict(values["generator_terms"])


@contextmanager
def _evaluating(networks: list[nn.Module]) -> Iterator[None]:
    """Let networks use their running statistics and leave them alone."""
    training = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, was_training in zip(networks, training, strict=True):
            network.train(was_training)
