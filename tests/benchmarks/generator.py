"""Our generator with all its heads beside pix2pixHD's LocalEnhancer, each runtime by itself.

Prints JSON. LocalEnhancer's weights are random: they change nothing about the speed.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from retouch_engine.inference.runtimes import new_session
from retouch_engine.inference.torch_runtime import load_generator
from retouch_engine.networks import ExportedGenerator
from retouch_engine.networks.pix2pixhd import LocalEnhancer
from retouch_engine.services import shipped_checkpoint_path
from tests.benchmarks.floors import CONVOLUTION_FLOP, convolution
from tests.benchmarks.timing import in_turns, median

SIDE, ROUNDS = 1024, 3


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    image = torch.rand(1, 3, SIDE, SIDE)
    networks = {
        "ours": ExportedGenerator(load_generator(shipped_checkpoint_path())),
        "LocalEnhancer": LocalEnhancer(),
    }
    giga = {name: _flop(network.eval(), image) / 1e9 for name, network in networks.items()}
    actions: dict[str, Callable[[], Any]] = {"convolution": convolution()}
    with tempfile.TemporaryDirectory() as folder:
        for name, network in networks.items():
            actions[f"torch {name}"] = _in_torch(network, image)
            actions[f"onnx {name}"] = _in_onnx(network, image, Path(folder) / f"{name}.onnx")
        costs = in_turns(actions, ROUNDS)
    clocks = {clock: {k: median(v, clock) for k, v in costs.items()} for clock in ("cpu", "wall")}
    fastest = min(cost.cpu for cost in costs["convolution"])
    peak = CONVOLUTION_FLOP / 1e9 / fastest
    parameters = {k: sum(p.numel() for p in n.parameters()) / 1e6 for k, n in networks.items()}
    print(json.dumps({"gflop": giga, "millions": parameters, "peak_gflops": peak, **clocks}))


@torch.inference_mode()
def _flop(network: nn.Module, image: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        network(image)
    return int(counter.get_total_flops())


def _in_torch(network: nn.Module, image: Tensor) -> Callable[[], Any]:
    @torch.inference_mode()
    def run() -> None:
        network(image)

    return run


def _in_onnx(network: nn.Module, image: Tensor, path: Path) -> Callable[[], Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (image,), str(path), input_names=["image"], opset_version=17, dynamo=False
        )
    session = new_session(str(path))
    inputs = {"image": np.asarray(image)}
    return lambda: session.run(None, inputs)


if __name__ == "__main__":
    main()
