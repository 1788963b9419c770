"""What one large photo costs from file to file, stage by stage, beside the codec's floor.

Usage: large_photo PHOTO FACES ROUNDS. Prints JSON; zero rounds: one retouch, for its memory.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import retouch_engine.analysis as analysis_module
import retouch_engine.rendering as rendering
import retouch_engine.retoucher as engine
from retouch_engine.inference import Predictor
from retouch_engine.services import shipped_checkpoint_path
from tests.benchmarks.timing import Cost, Stopwatch, in_turns, median

STAGES = (
    "decode", "find faces", "skin mask", "network", "find spots", "carry to photo size",
    "compose", "guard looks before", "guard looks after", "encode", "layers to files",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    path, faces, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    retoucher = engine.Retoucher(Predictor.load(shipped_checkpoint_path()))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.jpg"
        if rounds == 0:
            _retouch(retoucher, path, target, faces)
            print(json.dumps({"mebibytes": _peak_memory()}))
            return
        print(json.dumps(_timed(retoucher, path, target, faces, rounds)))


def _peak_memory() -> float:
    """Return this process's largest resident size in MiB; ru_maxrss would hold its parent's too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) / 1024


def _timed(
    retoucher: engine.Retoucher, path: Path, target: Path, faces: int, rounds: int
) -> dict[str, Any]:
    from tests.benchmarks.floors import CONVOLUTION_FLOP, codec, convolution

    stages: list[dict[str, Cost]] = []
    areas: list[int] = []
    predict = retoucher.predictor.predict

    def noted(image: np.ndarray, *rest: Any, **gain: Any) -> Any:
        areas.append(image.shape[0] * image.shape[1])
        return predict(image, *rest, **gain)

    def retouch() -> None:
        watch = Stopwatch()
        areas.clear()
        with watch.watching(_places(retoucher)):
            _retouch(retoucher, path, target, faces)
        stages.append(watch.seconds)

    retoucher.predictor.predict = noted  # type: ignore[method-assign]
    actions = {"retouch": retouch, "codec": codec(path.read_bytes()), "peak": convolution()}
    costs = in_turns(actions, rounds)
    result: dict[str, Any] = {"network_megapixels": sum(areas) / 2**20}
    for clock in ("cpu", "wall"):
        named = {n: [stage[n] for stage in stages[1:]] for n in STAGES if n in stages[1]}
        result[clock] = {
            "total": median(costs["retouch"], clock),
            "codec": median(costs["codec"], clock),
            "gflops": CONVOLUTION_FLOP / 1e9 / min(getattr(c, clock) for c in costs["peak"]),
            "stages": {name: median(values, clock) for name, values in named.items()},
        }
    return result


def _places(retoucher: engine.Retoucher) -> dict[str, tuple[Any, str]]:
    return {
        "decode": (engine, "decode"),
        "find faces": (retoucher.finder, "find"),
        "skin mask": (engine, "skin_mask"),
        "network": (retoucher.predictor, "predict"),
        "find spots": (engine, "face_spots"),
        "carry to photo size": (engine.NativeEdit, "add"),
        "compose": (rendering, "composed"),
        "guard looks before": (rendering.FaceWatch, "__init__"),
        "guard looks after": (rendering.FaceWatch, "verdict"),
        "encode": (engine, "encode"),
        "layers to files": (analysis_module.Analysis, "to_files"),
    }


def _retouch(retoucher: engine.Retoucher, path: Path, target: Path, faces: int) -> None:
    photo = engine.decode(path.read_bytes())
    analysis = retoucher.analyse(photo)
    result = retoucher.render(photo, analysis, engine.Recipe())
    target.write_bytes(result.encoded.data)
    analysis.to_files()
    if len(analysis.layers) != faces or not analysis.marks:
        found = f"{len(analysis.layers)} faces with {len(analysis.marks)} marks"
        raise SystemExit(f"the measurement needs {faces} faces with marks; found {found}")


if __name__ == "__main__":
    main()
