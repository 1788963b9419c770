"""Crops of 512 x 512 per second in torch, by batch size: as it serves, and by torch.compile.

Usage: faces_per_second [BATCH …]. Meant for a GPU, with RETOUCH_PRECISION=float16 or bfloat16;
without one it says so, and how a CPU does in float32. Copies to and from the device are counted;
"whole" also counts padding, what numpy makes of the results, and threads that ask for one crop
each, as a folder's photos do.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from retouch_engine.inference import CheckpointCard, GatheringPredictor, Predictor, load_card
from retouch_engine.inference.torch_runtime import TorchRuntime
from retouch_engine.services import shipped_checkpoint_path

SIDE, SECONDS, WARM_UPS, THREADS = 512, 5.0, 3, 16


def main() -> None:
    """Measure and print."""
    sizes = [int(size) for size in sys.argv[1:]] or [1, 8, 32]
    card = load_card(shipped_checkpoint_path())
    has_gpu = torch.cuda.is_available()
    precision = os.environ.get("RETOUCH_PRECISION", "float16" if has_gpu else "float32")
    print(torch.cuda.get_device_name() if has_gpu else "no GPU", precision)
    ways = {"CUDA graphs": False, "compiled": True} if has_gpu else {"CPU, eager": False}
    for title, compiled in ways.items():
        runtime = TorchRuntime.load(card, precision=precision, compiled=compiled, is_batched=True)
        for size in sizes:
            pixels = _pixels((size, 3, SIDE, SIDE))
            rate = size * _runs_per_second(lambda p=pixels, r=runtime: r.run({"image": p}))
            print(f"{title}, batch {size}: {rate:.1f} faces/s")
        print(f"{title}, whole, {THREADS} threads: {_whole(card, runtime):.1f} faces/s")


def _pixels(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _whole(card: CheckpointCard, runtime: TorchRuntime) -> float:
    predictor = GatheringPredictor(Predictor(card, runtime), THREADS)
    crop = _pixels((SIDE, SIDE, 3))
    with ThreadPoolExecutor(THREADS) as pool:
        rate = _runs_per_second(lambda: list(pool.map(predictor.predict, [crop] * THREADS)))
    predictor.close()
    return THREADS * rate


def _runs_per_second(run: Callable[[], Any]) -> float:
    for _ in range(WARM_UPS):
        run()
    runs, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        run()
        runs += 1
    return runs / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
