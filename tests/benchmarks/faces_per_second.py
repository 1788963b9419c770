"""Crops of 512 x 512 per second in torch, by batch size: eager, and compiled with CUDA graphs.

Usage: faces_per_second [BATCH …]. Meant for a GPU, with RETOUCH_PRECISION=float16; without one it
says how a CPU does, in float32 and uncompiled. Copies to and from the device are counted.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from retouch_engine.inference import load_card
from retouch_engine.inference.torch_runtime import TorchRuntime, load_generator
from retouch_engine.networks import ExportedGenerator
from retouch_engine.services import shipped_checkpoint_path

SIDE, SECONDS = 512, 5.0


def main() -> None:
    """Measure and print."""
    sizes = [int(size) for size in sys.argv[1:]] or [1, 8, 32]
    card = load_card(shipped_checkpoint_path())
    has_gpu = torch.cuda.is_available()
    print(torch.cuda.get_device_name() if has_gpu else "no GPU")
    runtime = TorchRuntime.load(card, precision="float16" if has_gpu else "float32")
    for size in sizes:
        images = np.random.default_rng(0).uniform(size=(size, 3, SIDE, SIDE)).astype(np.float32)
        rate = size * _runs_per_second(lambda images=images: runtime.run({"image": images}))
        print(f"eager, batch {size}: {rate:.1f} faces/s")
        if has_gpu:
            rate = size * _runs_per_second(_compiled(load_generator(card.path), images))
            print(f"compiled, CUDA graphs, batch {size}: {rate:.1f} faces/s")


@torch.inference_mode()
def _compiled(generator: torch.nn.Module, images: np.ndarray) -> Callable[[], Any]:
    network = ExportedGenerator(generator).cuda().eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # "reduce-overhead" records CUDA graphs; one shape, one graph.
    compiled = torch.compile(network, mode="reduce-overhead", dynamic=False)

    @torch.inference_mode()
    def run() -> list[torch.Tensor]:
        with torch.autocast("cuda", torch.float16):
            parts = compiled(torch.from_numpy(images).pin_memory().cuda(non_blocking=True))
        return [part.float().cpu() for part in parts]

    return run


def _runs_per_second(run: Callable[[], Any]) -> float:
    for _ in range(3):
        run()
    runs, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        run()
        runs += 1
    return runs / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
