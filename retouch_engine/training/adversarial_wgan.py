"""Wasserstein GAN with an adaptive penalty: the Deep Photo Enhancer's A-WGAN (Chen et al. 2018)."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return what a critic lowers: its mean number (N,) on fake minus that on real pictures."""
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Return what a generator lowers: minus the critic's mean number (N,) on its pictures."""
    return -fake.mean()


def one_sided_penalty(critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean of max(0, slope - 1), the slope taken between real and fake pictures.

    real, fake: (N, 3, H, W), as many of each; one point is drawn on the line between each two.
    Flatter than 1 costs nothing, unlike in WGAN-GP (Chen et al. 2018, section 5, equation 4).
    """
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (real + share * (fake - real)).detach().float().requires_grad_(True)
    # Half precision would lose the small gradients of single pixels.
    with torch.autocast(real.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    slope = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return torch.relu(slope - 1.0).mean()


class AdaptivePenaltyWeight:
    """The penalty's weight, lambda, of one critic: doubled while its slope stays too steep.

    `observe` takes the unweighted penalty of each of the critic's updates. Above `bound`, its
    moving average multiplies the weight by `growth` and starts again from zero, as published; then
    the weight stays for `buffer` updates. The paper also lowers it under a second bound, which the
    released code does not, nor does this. Defaults are published. Each device keeps its own.
    """

    def __init__(
        self,
        start: float = 10.0,
        *,
        bound: float = 0.05,
        decay: float = 0.99,
        buffer: int = 50,
        growth: float = 2.0,
    ) -> None:
        self.value = start
        self.bound, self.decay, self.buffer, self.growth = bound, decay, buffer, growth
        self.average = 0.0
        self.wait = 0

    def observe(self, penalty: float) -> None:
        """Take one update's penalty; one that is not finite, whose update is skipped, is not."""
        if not math.isfinite(penalty):
            return
        self.average = self.decay * self.average + (1.0 - self.decay) * penalty
        if self.wait == 0 and self.average > self.bound:
            self.value *= self.growth
            self.average = 0.0
            self.wait = self.buffer
        self.wait = max(self.wait - 1, 0)

    def state(self) -> dict[str, Any]:
        """Return what must be saved with a run."""
        return {"value": self.value, "average": self.average, "wait": self.wait}

    def load_state(self, values: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self.value, self.average = values["value"], values["average"]
        self.wait = values["wait"]
