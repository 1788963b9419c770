"""A history of generated pictures for the discriminator (Shrivastava et al. 2017, section 2.3)."""

from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Gives back new pictures, or half of the time old ones in exchange for them.

    `size` 0 keeps nothing and gives every picture back. Drawn from torch's random state, which is
    saved with the run.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def query(self, images: Tensor) -> Tensor:
        """Return as many pictures (N, C, H, W), without gradients."""
        if self.size == 0:
            return images.detach()
        return torch.cat([self._exchange(image) for image in images.detach().split(1)])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if float(torch.rand(())) < 0.5:
            return image
        index = int(torch.randint(self.size, ()))
        old, self.images[index] = self.images[index], image
        return old

    def state(self) -> dict[str, Any]:
        """Return what the pool holds, to be saved with a run."""
        return {"images": self.images}

    def load_state(self, values: dict[str, Any], device: torch.device) -> None:
        """Take back what `state` gave."""
        self.images = [image.to(device) for image in values["images"]]
