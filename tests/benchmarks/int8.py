"""What static int8 would give: speed and likeness to fp32. A report, nothing is shipped.

Usage: int8 CALIBRATION_FOLDER HELD_OUT_FOLDER [PHOTOS]. Quantises the shipped ONNX (QDQ, channels
apart, uint8 activations, int8 weights) with faces of the first folder, measures on the second's.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from retouch_engine.faces import FaceFinder, face_crop, resize_to_working
from retouch_engine.imaging import ImageError
from retouch_engine.imaging.dataset_files import read_dataset_srgb
from retouch_engine.inference.runtimes import new_session
from retouch_engine.services import shipped_checkpoint_path
from tests.benchmarks.timing import in_turns, median

Inputs = dict[str, np.ndarray]
MULTIPLE, ROUNDS = 32, 3


class Faces(CalibrationDataReader):  # type: ignore[misc]
    """Hands faces to the calibration, one after the other."""

    def __init__(self, faces: list[Inputs]) -> None:
        self._faces = iter(faces)

    def get_next(self) -> Inputs | None:
        """Return the next face, None at the end."""
        return next(self._faces, None)


def main() -> None:
    """Quantise, measure and print."""
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 16
    calibration, held_out = (list(_faces(Path(folder), count)) for folder in sys.argv[1:3])
    graph = shipped_checkpoint_path().with_suffix(".onnx")
    with tempfile.TemporaryDirectory() as folder:
        prepared, quantised = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(graph), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared), str(quantised), Faces(calibration), quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
            op_types_to_quantize=["Conv"],
        )  # fmt: skip
        fp32, int8 = new_session(str(graph)), new_session(str(quantised))
        megabytes = quantised.stat().st_size / 1e6
    alike = [_psnr(_retouched(fp32, face), _retouched(int8, face)) for face in held_out]
    actions = {
        "fp32": lambda: [fp32.run(None, face) for face in held_out[:4]],
        "int8": lambda: [int8.run(None, face) for face in held_out[:4]],
    }
    costs = in_turns(actions, ROUNDS)
    cpu = {name: median(values, "cpu") for name, values in costs.items()}
    print(f"faces: {len(calibration)} to calibrate, {len(held_out)} held out; {megabytes:.1f} MB")
    print(f"CPU time fp32 over int8: {cpu['fp32'] / cpu['int8']:.2f}")
    print(f"PSNR to fp32: median {statistics.median(alike):.1f} dB, worst {min(alike):.1f} dB")


def _faces(folder: Path, count: int) -> Iterator[Inputs]:
    """Yield the largest face of photos that are spread evenly over a folder."""
    finder = FaceFinder()
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".png", ".jpeg"})
    for path in paths[:: max(len(paths) // count, 1)][:count]:
        try:
            pixels = read_dataset_srgb(path)
        except ImageError:
            continue
        for face in finder.find(pixels)[:1]:
            crop = face_crop(face, (pixels.shape[1], pixels.shape[0]))
            region = np.ascontiguousarray(pixels[crop.y0 : crop.y1, crop.x0 : crop.x1])
            working = resize_to_working(region, crop)
            height, width = (side // MULTIPLE * MULTIPLE for side in working.shape[:2])
            image = working[:height, :width].transpose(2, 0, 1)[None].astype(np.float32) / 255
            yield {"image": np.ascontiguousarray(image)}


def _retouched(session: object, face: Inputs) -> np.ndarray:
    residual, mask, *_ = session.run(None, face)  # type: ignore[attr-defined]
    return np.asarray(np.clip(face["image"] + residual * mask, 0, 1))


def _psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = float(np.mean(np.square(first - second, dtype=np.float64)))
    return float(-10 * np.log10(max(error, 1e-12)))


if __name__ == "__main__":
    main()
