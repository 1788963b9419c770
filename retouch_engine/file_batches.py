"""Many photos at once, where a GPU runs the network: others decode and encode meanwhile."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from retouch_engine.faces import FaceFinder
from retouch_engine.inference import GatheringPredictor
from retouch_engine.retoucher import Retoucher

Job = TypeVar("Job")
Answer = TypeVar("Answer")
# Each holds a photo, its layers and its result: half a gigabyte at 24 megapixels.
MOST_THREADS = 16


def in_batches(
    retoucher: Retoucher,
    jobs: Sequence[Job],
    work: Callable[[Retoucher, Job], Answer],
    threads: int | None = None,
) -> Iterator[Answer]:
    """Yield what `work` returns for each job, in their order.

    On a CPU, where batches bring nothing, one job after the other; where the predictor is batched
    in as many threads as there are cores, or `threads`, whose crops run together. `work` gets its
    thread's retoucher and should return errors: one that it raises ends the whole.
    """
    threads = min(threads or os.cpu_count() or 1, MOST_THREADS, max(len(jobs), 1))
    if threads == 1 or not retoucher.predictor.is_batched:
        yield from (work(retoucher, job) for job in jobs)
        return
    own = threading.local()
    predictor = GatheringPredictor(retoucher.predictor, threads)

    def run(job: Job) -> Answer:
        if not hasattr(own, "retoucher"):
            # The finder's models serve one thread at a time.
            finder = FaceFinder()
            own.retoucher = Retoucher(
                predictor, finder, retoucher.style, retoucher.tone, retoucher.fine
            )
        return work(own.retoucher, job)

    try:
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(run, jobs)
    finally:
        predictor.close()
