"""Training samples: random crops of portraits with painted spots and camera degradations."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from retouch_engine.synthesis import Painter, to_density, to_image
from retouch_engine.synthesis.density import HAEMOGLOBIN, MELANIN

from .config import TrainingConfig

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class TrainingFace:
    """One face region: sRGB uint8 (H, W, 3), skin as uint8 0..255 (H, W), face width in pixels."""

    image: Image
    skin: Image
    face_width: float


class PaintedCrops(IterableDataset[dict[str, torch.Tensor]]):
    """An endless, seeded stream of painted crops; sample i depends on the seed and i alone.

    Each item: source, target float32 (3, c, c) 0..1; edited float32 (1, c, c); kinds int64 (c, c).
    """

    def __init__(self, faces: list[TrainingFace], config: TrainingConfig, start: int = 0) -> None:
        self.faces = faces
        self.config = config
        self.start = start
        self.painter = Painter()

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = torch.utils.data.get_worker_info()
        index = self.start + (worker.id if worker else 0)
        step = worker.num_workers if worker else 1
        cv2.setNumThreads(0)
        while True:
            yield self.sample(index)
            index += step

    def sample(self, index: int) -> dict[str, torch.Tensor]:
        """Return sample `index` of this seed."""
        rng = np.random.default_rng((self.config.seed, index))
        face = self.faces[int(rng.integers(len(self.faces)))]
        image, skin, face_width = random_crop(face, self.config, rng)
        image = vary_tone(image, rng)
        painted = self.painter.paint(image, skin, face_width, rng)
        source, target = degrade(painted.image, image, painted.edited, rng)
        return {
            "source": _image_tensor(source),
            "target": _image_tensor(target),
            "edited": torch.from_numpy(painted.edited)[None],
            "kinds": torch.from_numpy(painted.kinds.astype(np.int64)),
        }


def random_crop(
    face: TrainingFace, config: TrainingConfig, rng: np.random.Generator
) -> tuple[Image, NDArray[np.float32], float]:
    """Cut a scaled, rotated, perhaps mirrored crop; centred on skin seven times out of eight."""
    low, high = config.face_width_range
    width = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    scale = width / face.face_width
    centre = _centre(face, rng)
    angle = float(rng.normal(0, 12))
    half = config.crop / 2
    matrix = cv2.getRotationMatrix2D((centre[0], centre[1]), angle, scale)
    matrix[:, 2] += half - np.array(centre)
    if rng.random() < 0.5:
        matrix = np.array([[-1.0, 0, config.crop - 1], [0, 1, 0]]) @ np.vstack([matrix, [0, 0, 1]])
    size = (config.crop, config.crop)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    source = _blurred_for(face.image, scale)
    image = cv2.warpAffine(
        source,
        matrix,
        size,
        flags=min(interpolation, cv2.INTER_CUBIC),
        borderMode=cv2.BORDER_REFLECT,
    )
    skin = cv2.warpAffine(face.skin, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(image, np.uint8), skin.astype(np.float32) / 255.0, width


def _blurred_for(image: Image, scale: float) -> Image:
    """Low-pass before shrinking by more than a little, so that the crop does not alias."""
    if scale > 0.8:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.35 / scale), np.uint8)


def _centre(face: TrainingFace, rng: np.random.Generator) -> tuple[float, float]:
    height, width = face.skin.shape
    places = np.flatnonzero(face.skin[::4, ::4] > 128)
    if len(places) == 0 or rng.random() < 0.125:
        return float(rng.uniform(0, width)), float(rng.uniform(0, height))
    y, x = divmod(int(places[rng.integers(len(places))]), face.skin[::4, ::4].shape[1])
    return 4.0 * x, 4.0 * y


def vary_tone(image: Image, rng: np.random.Generator) -> Image:
    """Shift melanin and haemoglobin density and exposure of the whole crop, to widen skin tones."""
    if rng.random() < 0.4:
        return image
    shift = rng.normal(0, 0.18) * MELANIN + rng.normal(0, 0.06) * HAEMOGLOBIN
    contrast = rng.uniform(0.85, 1.15)
    return to_image(np.clip(to_density(image) * contrast + shift.astype(np.float32), 0, None))


def degrade(
    painted: Image, clean: Image, edited: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Image, Image]:
    """Give source and target the same camera noise, and JPEG artefacts to both.

    Outside the edits the target is the degraded source itself: the generator is to remove spots,
    never to denoise.
    """
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(0.5, 4.0), painted.shape)
        painted, clean = _add(painted, noise), _add(clean, noise)
    if rng.random() < 0.5:
        quality = int(rng.integers(60, 97))
        painted, clean = _jpeg(painted, quality), _jpeg(clean, quality)
    inside = np.minimum(edited * 2.0, 1.0)[..., None]
    target = painted + inside * (clean.astype(np.float32) - painted)
    return painted, np.rint(target).astype(np.uint8)


def _add(image: Image, noise: NDArray[np.float64]) -> Image:
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def _jpeg(image: Image, quality: int) -> Image:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def _image_tensor(image: Image) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float() / 255.0
