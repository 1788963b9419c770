"""Runs of a network recorded as CUDA graphs: one launch instead of some hundred, per shape.

Imported by `torch_runtime` alone, and only where there is a GPU.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# Sizes of crops times the sizes of batches.
KEPT = 24
WARM_UPS = 3
Network = Callable[[Tensor], tuple[Tensor, ...]]


class RecordedNetwork:
    """Calls a network of one tensor; the first call of a shape records it, further ones replay.

    Whose shape was not asked for longest is forgotten. What a call returns is overwritten by the
    next call: copy it first.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._graphs: OrderedDict[tuple[int, ...], _Graph] = OrderedDict()
        # Graphs never run at once, so that they share the memory of their activations.
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, image: Tensor) -> tuple[Tensor, ...]:
        """Run the network on the GPU's `image`."""
        shape = tuple(image.shape)
        if shape not in self._graphs:
            while len(self._graphs) >= KEPT:
                self._graphs.popitem(last=False)
            self._graphs[shape] = _Graph(self._network, image, self._pool)
        self._graphs.move_to_end(shape)
        return self._graphs[shape].replay(image)


class _Graph:
    """One recorded run."""

    def __init__(self, network: Network, image: Tensor, pool: Any) -> None:
        self._image = image.clone()
        # What allocates or chooses algorithms must have happened before, and on another stream.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                network(self._image)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph: Any = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
            self._parts = network(self._image)

    def replay(self, image: Tensor) -> tuple[Tensor, ...]:
        self._image.copy_(image, non_blocking=True)
        self._graph.replay()
        return self._parts
