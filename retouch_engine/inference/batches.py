"""Crops of several faces and photos in one run: what a GPU needs to be busy.

Crops are padded to sizes of a coarse grid, so that few shapes repeat: each is recorded once.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Job = TypeVar("Job")
Answer = TypeVar("Answer")

# Pixels of one run: 32 crops of 512 x 512, or 8 of 1024 x 1024.
LARGEST_BATCH = 32 * 512 * 512
# Seconds that a crop waits for others to come.
PATIENCE = 0.004


def padded_size(shape: Sequence[int], multiple: int) -> tuple[int, int]:
    """Return the size (H, W) to which a picture of a shape (h, w, ...) is padded."""
    return -(-shape[0] // multiple) * multiple, -(-shape[1] // multiple) * multiple


def padded(image: NDArray[Any], multiple: int) -> NDArray[Any]:
    """Return a picture (h, w, c) padded to multiples by reflection, to the right and below."""
    height, width = padded_size(image.shape, multiple)
    bottom, right = height - image.shape[0], width - image.shape[1]
    # symmetric, unlike reflect, also pads pictures that are smaller than the padding
    return np.pad(image, ((0, bottom), (0, right), (0, 0)), mode="symmetric")


def batches(
    images: Sequence[NDArray[Any]], multiple: int
) -> Iterator[tuple[list[int], NDArray[Any]]]:
    """Yield the numbers of the images of each batch and the batch (N, 3, H, W).

    images: (h, w, 3) of any sizes, uint8 or float32 in 0..255; a batch of both is float32. Each
    lies in exactly one batch; those of one padded size are together, in their order, up to
    `LARGEST_BATCH` pixels. Batches hold 1, 2, 4, ... crops: their number is a part of the shape.
    """
    shapes: dict[tuple[int, int], list[int]] = {}
    for number, image in enumerate(images):
        shapes.setdefault(padded_size(image.shape, multiple), []).append(number)
    for (height, width), numbers in shapes.items():
        most = max(LARGEST_BATCH // (height * width), 1)
        while numbers:
            count = 2 ** (min(len(numbers), most).bit_length() - 1)
            chosen, numbers = numbers[:count], numbers[count:]
            stacked = np.stack([padded(images[number], multiple) for number in chosen])
            yield chosen, np.ascontiguousarray(stacked.transpose(0, 3, 1, 2))


class Gatherer(Generic[Job, Answer]):
    """Runs what several threads ask for at about the same time together, in a thread of its own.

    run: gets the jobs of one turn and returns an answer for each. An error that it raises is
    everybody's.
    """

    def __init__(self, run: Callable[[list[Job]], Sequence[Answer]], most: int) -> None:
        self._run, self._most = run, most
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Answer]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
        self._thread.start()

    def ask(self, job: Job) -> Answer:
        """Wait for a job's answer; raises what it met."""
        future: Future[Answer] = Future()
        self._jobs.put((job, future))
        return future.result()

    def close(self) -> None:
        """Answer what was asked so far and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (turn := self._turn()) is not None:
            try:
                answers = self._run([job for job, _ in turn])
            except Exception as error:
                for _, future in turn:
                    future.set_exception(error)
                continue
            for (_, future), answer in zip(turn, answers, strict=True):
                future.set_result(answer)

    def _turn(self) -> list[tuple[Job, Future[Answer]]] | None:
        """Wait for a first job and gather those that come right behind it."""
        first = self._jobs.get()
        if first is None:
            return None
        turn = [first]
        while len(turn) < self._most:
            try:
                following = self._jobs.get(timeout=PATIENCE)
            except queue.Empty:
                break
            if following is None:
                self._jobs.put(None)
                break
            turn.append(following)
        return turn
