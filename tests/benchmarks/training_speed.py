"""Is training starved? Samples per second of the real loop and of a bare one, in turns.

Run by `make bench-training`.

Bare: the same network, losses, optimiser and batch on tensors that were made beforehand. The real
loop loads, paints and degrades crops in one more process, clips, averages and logs. Both run in
turns in one process, so that what else the machine does strikes both. Faces are the astronaut.
"""

import statistics
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from retouch_engine.faces import FaceFinder, face_crop, skin_mask
from retouch_engine.training import Trainer, TrainingConfig, TrainingFace, load_config, new_state
from tests.support.portraits import large_astronaut

TURNS, STEPS = 5, 12
CONFIGS = ("default", "default_gan")


def astronaut_face() -> TrainingFace:
    """Return the astronaut's face as training sees it."""
    pixels = large_astronaut()
    face = FaceFinder().find(pixels)[0]
    crop = face_crop(face, (1024, 1024))
    region = np.ascontiguousarray(pixels[crop.y0 : crop.y1, crop.x0 : crop.x1])
    skin = skin_mask(region, face.landmarks - np.array([crop.x0, crop.y0], np.float32))
    width = face.box[2] - face.box[0]
    return TrainingFace(region, np.rint(skin * 255).astype(np.uint8), width)


def bare(config: TrainingConfig, batch: dict[str, Tensor]) -> float:
    """Return samples per second of steps and updates alone."""
    method = new_state(config).method

    def update(name: str, loss: Tensor) -> None:
        optimiser = method.optimisers[name]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    method.step(batch, update)
    started = time.perf_counter()
    for _ in range(STEPS):
        method.step(batch, update)
    return STEPS * config.batch / (time.perf_counter() - started)


def real(config: TrainingConfig, faces: list[TrainingFace]) -> float:
    """Return samples per second between two log lines of the loop's own."""
    config = replace(config, samples=config.batch * (STEPS + 2))
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            new_state(config), config, Path(folder), validate=lambda _: {}, workers=1, device="cpu"
        )
        times = [time.perf_counter()]
        step = trainer._step
        trainer._step = lambda batch: (step(batch), times.append(time.perf_counter()))[0]  # type: ignore[func-returns-value,method-assign]
        trainer.run(faces)
    return STEPS * config.batch / (times[STEPS + 1] - times[1])


def main() -> None:
    """Measure in turns and print the ratios."""
    faces = [astronaut_face()] * 32
    print(f"{torch.get_num_threads()} threads, 1 process that paints")
    for name in CONFIGS:
        config = load_config(name)
        trainer = Trainer(
            new_state(config), config, Path(tempfile.mkdtemp()), validate=lambda _: {}, workers=0,
            device="cpu",
        )  # fmt: skip
        (batch,) = islice(trainer._batches(faces), 1)
        rates = [(bare(config, batch), real(config, faces)) for _ in range(TURNS)]
        ratio = statistics.median(loop / alone for alone, loop in rates)
        alone, loop = (statistics.median(rate) for rate in zip(*rates, strict=True))
        print(f"{name:14} bare {alone:5.1f}/s   loop {loop:5.1f}/s   loop/bare {ratio:.2f}")


if __name__ == "__main__":
    main()
