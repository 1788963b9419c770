"""What a 24 MP photo with one face of 1,400 px costs, stage by stage; run by `make bench`.

Prints seconds (best and median of several runs, models warm), the size of the stored layers and
the peak memory of the process. Compare figures of one run with each other, not across machines.
"""

import resource
import statistics
import time
from collections import defaultdict

import cv2
import numpy as np

from retouch_engine.inference import Predictor
from retouch_engine.retoucher import Recipe, Retoucher, decode, thumbnail
from retouch_engine.services import shipped_checkpoint_path
from tests.support.portraits import encoded, painted_astronaut

RUNS = 5
WIDTH, HEIGHT, FACE_WIDTH, PAINTED_FACE_WIDTH = 4000, 6000, 1400, 192


def large_photo() -> bytes:
    """Return a 24 MP JPEG of the painted astronaut."""
    scale = FACE_WIDTH / PAINTED_FACE_WIDTH
    matrix = np.array([[scale, 0, WIDTH / 2 - 450 * scale], [0, scale, HEIGHT / 2 - 240 * scale]])
    size = (WIDTH, HEIGHT)
    pixels = cv2.warpAffine(
        painted_astronaut()[0], matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    grain = np.random.default_rng(0).normal(0, 2, (HEIGHT, WIDTH, 1))
    return encoded(np.clip(pixels + grain, 0, 255).astype(np.uint8), quality=92)


def main() -> None:
    """Time the stages and print them."""
    data = large_photo()
    retoucher = Retoucher(Predictor.load(shipped_checkpoint_path()))
    stages: dict[str, list[float]] = defaultdict(list)
    for _ in range(RUNS + 1):
        started = time.monotonic()
        photo = decode(data)
        stages["decode"].append(time.monotonic() - started)
        analysis = retoucher.analyse(photo)
        result = Retoucher.render(photo, analysis, Recipe())
        for name, seconds in result.report["seconds"].items():
            stages[name].append(seconds)
        before = time.monotonic()
        files = analysis.to_files()
        stages["store layers"].append(time.monotonic() - before)
        before = time.monotonic()
        thumbnail(result.srgb, 2048)
        stages["preview"].append(time.monotonic() - before)
        stages["total"].append(time.monotonic() - started)
    for name, seconds in stages.items():
        warm = seconds[1:]
        print(f"{name:14} {min(warm):6.2f} s  {statistics.median(warm):6.2f} s")
    print(f"layers {sum(map(len, files.values())) / 1e6:.2f} MB, marks {len(analysis.marks)}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
