"""An analysis: everything that one run of the networks found on one photo."""

import json
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retouch_engine.composition import FaceLayers, Mark, packed, unpacked
from retouch_engine.imaging import decode_layer, encode_layer, usable_cores
from retouch_engine.tone import TABLE_FILE, Tone, read_tone, stored_tone

OUTLINE_SIDE = 512
ANALYSIS_FILE = "analysis.json"
# Of the photo's width and height: a tenth of a pixel at 100 megapixels.
LANDMARK_DIGITS = 5


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

    width, height: upright photo pixels; seconds: what each stage took; tone: what the photo's light
    asks for, None where it is well lit or no network judged it.
    """

    width: int
    height: int
    checkpoint_name: str
    checkpoint_sha256: str
    engine_version: str
    layers: tuple[FaceLayers, ...]
    seconds: dict[str, float]
    tone_checkpoint_name: str = ""
    tone_checkpoint_sha256: str = ""
    tone: Tone | None = None

    def outline(self) -> tuple[FaceLayers, ...]:
        """Return the layers as far as a group decides by them: marks, landmarks and where skin is.

        Without edits, and labels no finer than 512 cells: of hundreds of photos at once.
        """
        return tuple(
            replace(
                layer,
                edit=np.zeros((0, 0, 3), np.uint8),
                labels=layer.labels[:: _step(layer), :: _step(layer)].copy(),
                concerns={},
            )
            for layer in self.layers
        )

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
            face, arrays = _stored(layer, self.width, self.height)
            faces.append(face)
            with ThreadPoolExecutor(usable_cores()) as threads:
                coded = threads.map(encode_layer, arrays.values())
                files |= {
                    f"face-{index}-{name}": data for name, data in zip(arrays, coded, strict=True)
                }
        values = {
            "width": self.width,
            "height": self.height,
            "checkpoint_name": self.checkpoint_name,
            "checkpoint_sha256": self.checkpoint_sha256,
            "engine_version": self.engine_version,
            "seconds": self.seconds,
            "tone_checkpoint_name": self.tone_checkpoint_name,
            "tone_checkpoint_sha256": self.tone_checkpoint_sha256,
            "faces": faces,
        }
        if self.tone is not None:
            values["tone"], files[TABLE_FILE] = stored_tone(self.tone)
        files[ANALYSIS_FILE] = json.dumps(values).encode()
        return files

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Analysis":
        """Read what `to_files` wrote; raises AnalysisError."""
        try:
            values = json.loads(files[ANALYSIS_FILE])
            layers = tuple(_layers(values, index, files) for index in range(len(values["faces"])))
            del values["faces"]
            if "tone" in values:
                values["tone"] = read_tone(values["tone"], files[TABLE_FILE])
            return cls(layers=layers, **values)
        except (KeyError, ValueError, TypeError, IndexError, OSError) as error:
            raise AnalysisError(f"the stored analysis is damaged: {error}") from error


def _stored(
    layer: FaceLayers, width: int, height: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what JSON holds of a layer, and its arrays by name of file."""
    face: dict[str, Any] = {
        "box": layer.box,
        "tiles": layer.tiles,
        "marks": [asdict(mark) for mark in layer.marks],
    }
    labels = packed(layer.labels, layer.tiles)
    arrays: dict[str, NDArray[Any]] = {
        "edit.webp": packed(layer.edit, layer.tiles),
        "labels.png": labels.astype(np.uint8) if labels.max() < 256 else labels,
    }
    if layer.landmarks is not None:
        shares = layer.landmarks / np.array([width, height])
        face["landmarks"] = np.round(shares, LANDMARK_DIGITS).tolist()
    if layer.skin is not None:
        arrays["skin.png"] = layer.skin
        face["concerns"] = list(layer.concerns)
        arrays |= {f"{name}.webp": density for name, density in layer.concerns.items()}
    return face, arrays


def _step(layer: FaceLayers) -> int:
    return max(*layer.labels.shape) // OUTLINE_SIDE + 1


def _layers(values: Mapping[str, Any], index: int, files: Mapping[str, bytes]) -> FaceLayers:
    face = values["faces"][index]

    def array(name: str) -> NDArray[Any]:
        return decode_layer(files[f"face-{index}-{name}"])

    x0, y0, x1, y1 = face["box"]
    edit, labels = array("edit.webp"), array("labels.png")
    # Analyses of the first engine hold whole boxes, and neither skin nor landmarks.
    if "tiles" in face:
        edit, labels = (unpacked(a, face["tiles"], (y1 - y0, x1 - x0)) for a in (edit, labels))
    names, shares = face.get("concerns"), face.get("landmarks")
    size = np.array([values["width"], values["height"]])
    return FaceLayers(
        box=(x0, y0, x1, y1),
        edit=edit,
        labels=labels.astype(np.uint16, copy=False),
        marks=tuple(Mark(**mark) for mark in face["marks"]),
        skin=None if names is None else array("skin.png"),
        concerns={name: array(f"{name}.webp") for name in names or ()},
        landmarks=None if shares is None else np.asarray(shares * size, np.float32),
    )
