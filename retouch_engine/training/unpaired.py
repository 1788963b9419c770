"""The two sides of training without pairs: pictures with blemishes, and clean ones of others."""

from torch import Tensor

from .config import ConfigError, TrainingConfig


def check_unpaired(config: TrainingConfig) -> None:
    """Raise ConfigError where a batch has no second crop to take the clean side from."""
    if config.batch < 2:
        raise ConfigError(
            f"batch must be at least 2 for the method {config.method!r}: without pairs, the clean "
            "side of a crop is that of another one"
        )


def unpaired_sides(batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return pictures with blemishes and clean ones that do not belong together, as many of each.

    The clean side is each next crop's `target`, (N, 3, H, W) in 0..1, where it is one: `paired`,
    (N,) bool, tells. Both are empty where no crop of the batch has a clean side.
    """
    clean = batch["target"].roll(1, dims=0)
    has_target = batch["paired"].roll(1, dims=0)
    return batch["source"][has_target], clean[has_target]
