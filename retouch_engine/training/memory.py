"""What a step will need in memory, estimated before hours are spent."""

import os
from itertools import chain
from pathlib import Path

import torch
from torch import nn

from retouch_engine.networks import Recomputing

from .config import ConfigError, TrainingConfig
from .methods import Method

BYTES = 4
# Weights, gradients and Adam's two moments, each as large as the parameters.
COPIES = 4


def parameter_bytes(method: Method) -> int:
    """Return what weights, gradients, optimiser and the averaged generator take."""
    trained = sum(p.numel() for network in method.networks.values() for p in network.parameters())
    averaged = sum(p.numel() for p in method.generator.parameters())
    return BYTES * (COPIES * trained + averaged)


def activation_bytes(network: nn.Module, example: torch.Tensor, *, recomputes: bool = True) -> int:
    """Return what one example's forward pass keeps for the backward pass.

    Counted on the meta device from the outputs of every leaf module, so that it costs nothing. With
    gradient checkpointing a segment keeps its last output, and one segment at a time all of them;
    `recomputes` False counts as if there were none.
    """
    segments = _segments(network) if recomputes else {}
    inside: dict[int, list[int]] = {number: [] for number in segments.values()}
    outside = 0

    def count(module: nn.Module, inputs: object, output: object) -> None:
        nonlocal outside
        if not isinstance(output, torch.Tensor):
            return
        size = output.numel() * BYTES
        if module in segments:
            inside[segments[module]].append(size)
        else:
            outside += size

    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(count) for module in leaves]
    try:
        # Buffers that no state holds are a part of it too.
        tensors = chain(network.named_parameters(), network.named_buffers())
        meta = {name: value.to("meta") for name, value in tensors}
        with torch.no_grad():
            torch.func.functional_call(network, meta, (example.to("meta"),))
    finally:
        for hook in hooks:
            hook.remove()
    recomputed = [sizes for sizes in inside.values() if sizes]
    largest = max((sum(sizes) for sizes in recomputed), default=0)
    return outside + sum(sizes[-1] for sizes in recomputed) + largest


def _segments(network: nn.Module) -> dict[nn.Module, int]:
    """Return the number of the segment that recomputes a layer, by layer."""
    found = [
        segment
        for module in network.modules()
        if isinstance(module, Recomputing) and module.gradient_checkpointing
        for segment in module.segments()
    ]
    return {layer: number for number, segment in enumerate(found) for layer in segment.modules()}


def estimate_bytes(method: Method, config: TrainingConfig) -> int:
    """Return about how many bytes one step takes on one device."""
    example = method.example_input(config.crop)
    generator = activation_bytes(method.generator, example)
    # Judges see the picture twice; they are smaller than the generator, so this errs upwards.
    judges = activation_bytes(method.generator, example, recomputes=False)
    judges *= len(method.networks) - 1
    return parameter_bytes(method) + (generator + judges) * config.batch


def available_bytes(device: torch.device) -> int:
    """Return what is free on a device; for a CPU, what Linux says is available."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(method: Method, config: TrainingConfig, device: torch.device) -> str:
    """Return one line with the estimate; raises ConfigError where it does not fit."""
    needed, free = estimate_bytes(method, config), available_bytes(device)
    gigabytes = max(needed / 2**30, 0.1)
    line = f"about {gigabytes:.1f} GB of memory needed, {free / 2**30:.1f} GB free on {device}"
    if needed > free:
        raise ConfigError(
            f"{line}: in the config lower batch (and raise accumulation by as much) or crop, or "
            "set gradient_checkpointing"
        )
    return line
