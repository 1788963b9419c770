"""An analysis: everything that one run of the networks found on one photo."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from retouch_engine.composition import FaceLayers, Mark
from retouch_engine.imaging import decode_layer, encode_layer

ANALYSIS_FILE = "analysis.json"


class AnalysisError(Exception):
    """A stored analysis that cannot be read."""


def analysis_marks(data: bytes) -> list[Mark]:
    """Return the marks of a stored `analysis.json` without its layers; raises AnalysisError."""
    try:
        faces = json.loads(data)["faces"]
        return [Mark(**mark) for face in faces for mark in face["marks"]]
    except (KeyError, ValueError, TypeError) as error:
        raise AnalysisError(f"the stored analysis is damaged: {error}") from error


@dataclass(frozen=True)
class Analysis:
    """Layers and marks of every face of one photo, and what made them.

    width, height: upright photo pixels; seconds: what each stage took.
    """

    width: int
    height: int
    checkpoint_name: str
    checkpoint_sha256: str
    engine_version: str
    layers: tuple[FaceLayers, ...]
    seconds: dict[str, float]

    @property
    def marks(self) -> list[Mark]:
        """Return the marks of all faces, by id."""
        return [mark for layer in self.layers for mark in layer.marks]

    def mark_at(self, x: float, y: float, radius: float) -> Mark | None:
        """Return the mark nearest to a spot of `radius` (all in photo pixels), if they overlap."""
        overlapping = {
            math.hypot(mark.x - x, mark.y - y): mark
            for mark in self.marks
            if math.hypot(mark.x - x, mark.y - y) <= max(radius, mark.radius)
        }
        return overlapping[min(overlapping)] if overlapping else None

    def to_files(self) -> dict[str, bytes]:
        """Return the files to store: JSON, and per face edit, label map, skin and concerns."""
        files: dict[str, bytes] = {}
        faces: list[dict[str, Any]] = []
        for index, layer in enumerate(self.layers):
            files[f"face-{index}-edit.webp"] = encode_layer(layer.edit)
            files[f"face-{index}-labels.png"] = encode_layer(layer.labels)
            face: dict[str, Any] = {"box": layer.box, "marks": [asdict(m) for m in layer.marks]}
            if layer.skin is not None:
                files[f"face-{index}-skin.png"] = encode_layer(layer.skin)
                face["concerns"] = list(layer.concerns)
            for name, density in layer.concerns.items():
                files[f"face-{index}-{name}.webp"] = encode_layer(density)
            faces.append(face)
        values = {
            "width": self.width,
            "height": self.height,
            "checkpoint_name": self.checkpoint_name,
            "checkpoint_sha256": self.checkpoint_sha256,
            "engine_version": self.engine_version,
            "seconds": self.seconds,
            "faces": faces,
        }
        files[ANALYSIS_FILE] = json.dumps(values).encode()
        return files

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Analysis":
        """Read what `to_files` wrote; raises AnalysisError."""
        try:
            values = json.loads(files[ANALYSIS_FILE])
            layers = tuple(
                _layers(face, index, files) for index, face in enumerate(values.pop("faces"))
            )
            return cls(layers=layers, **values)
        except (KeyError, ValueError, TypeError, OSError) as error:
            raise AnalysisError(f"the stored analysis is damaged: {error}") from error


def _layers(face: Mapping[str, Any], index: int, files: Mapping[str, bytes]) -> FaceLayers:
    # Analyses of checkpoints without concerns have neither skin nor concerns.
    names = face.get("concerns")
    return FaceLayers(
        box=tuple(face["box"]),
        edit=decode_layer(files[f"face-{index}-edit.webp"]),
        labels=decode_layer(files[f"face-{index}-labels.png"]),
        marks=tuple(Mark(**mark) for mark in face["marks"]),
        skin=None if names is None else decode_layer(files[f"face-{index}-skin.png"]),
        concerns={name: decode_layer(files[f"face-{index}-{name}.webp"]) for name in names or ()},
    )
