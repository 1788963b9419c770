"""Clocks: several actions in turns, so that what else the machine does strikes all of them."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and seconds of CPU time of all threads."""

    wall: float
    cpu: float


def in_turns(actions: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[Cost]]:
    """Return each action's costs; all run once before, to be warm."""
    costs: dict[str, list[Cost]] = {name: [] for name in actions}
    for turn in range(rounds + 1):
        for name, action in actions.items():
            cost = measured(action)
            if turn:
                costs[name].append(cost)
    return costs


def measured(action: Callable[[], Any]) -> Cost:
    """Run an action and return what it cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def median(costs: list[Cost], clock: str) -> float:
    """Return the median of `wall` or `cpu` seconds."""
    return statistics.median(getattr(cost, clock) for cost in costs)


class Stopwatch:
    """Sums what named functions cost, wherever they are called from."""

    def __init__(self) -> None:
        self.seconds: dict[str, Cost] = {}

    @contextmanager
    def watching(self, places: Mapping[str, tuple[Any, str]]) -> Iterator[None]:
        """Time functions, by stage as (owner, attribute); one that is not there has no stage."""
        originals = {
            stage: (owner, name, getattr(owner, name))
            for stage, (owner, name) in places.items()
            if hasattr(owner, name)
        }
        for stage, (owner, name, function) in originals.items():
            setattr(owner, name, self._timed(stage, function))
        try:
            yield
        finally:
            for owner, name, function in originals.values():
                setattr(owner, name, function)

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            results: list[Any] = []
            cost = measured(lambda: results.append(function(*args, **options)))
            before = self.seconds.get(stage, Cost(0.0, 0.0))
            self.seconds[stage] = Cost(before.wall + cost.wall, before.cpu + cost.cpu)
            return results[0]

        return timed
