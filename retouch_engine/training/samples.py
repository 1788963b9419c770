"""Training samples: random crops of portraits, painted or paired, with camera degradations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from retouch_engine.faces import mirrored_regions
from retouch_engine.inference import skin_gain
from retouch_engine.networks.generators import concerns_of
from retouch_engine.synthesis import (
    CONCERNS,
    Painted,
    Painter,
    add_density,
    density_between,
    paint_concerns,
    paint_distractors,
)
from retouch_engine.synthesis.concerns import CELL
from retouch_engine.synthesis.lesions import BLEMISH

from .appearance import degrade, tone_table, vary_tone
from .config import TrainingConfig

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
# A real pair counts as edited where a retoucher changed a pixel by more than this.
PAIR_CHANGE = 4
# How often a painted crop has its face's own real spots, and another's, at what strength.
OWN_SPOTS, OTHERS_SPOTS = 0.7, 0.5
OTHERS_STRENGTH = (0.5, 1.6)
# How far, in natural logarithms, a face's gain in use may be from that of its clean picture.
GAIN_JITTER = 0.04


@dataclass(frozen=True)
class TrainingFace:
    """One face region, all of one size (H, W).

    image: sRGB uint8 (H, W, 3), the source of a pair or a portrait to paint on; skin: uint8
    0..255; face_width in pixels; target: the retouched picture of a real pair, else None; regions:
    uint8 numbers in `faces.REGIONS`, where an encoder needs them; under_eyes: uint8 0..255, where
    the lower lids throw shadows; healed: the portrait without its own spots, doubtful: uint8
    0..255, where it may have more, see `real_spots`.
    """

    image: Image
    skin: Image
    face_width: float
    target: Image | None = None
    regions: Image | None = None
    under_eyes: Image | None = None
    healed: Image | None = None
    doubtful: Image | None = None

    @cached_property
    def skin_colour(self) -> Image | None:
        """The median sRGB colour of the skin, uint8 (3,); None without skin."""
        bare = self.image[self.skin > 153]
        return np.median(bare, axis=0).astype(np.uint8) if len(bare) else None


class Crop(NamedTuple):
    """images: (c, c, 3) each; skin: (c, c) 0..1; face_width in pixels of the crop; regions: uint8
    (c, c), left and right as on the crop, under_eyes: (c, c) 0..1, doubtful: uint8 (c, c) 0..255;
    None where the face has none."""

    images: list[Image]
    skin: FloatArray
    face_width: float
    regions: Image | None
    under_eyes: FloatArray | None
    doubtful: Image | None = None


class TrainingCrops(Dataset[dict[str, torch.Tensor]]):
    """`length` seeded crops; crop i depends on the config's seed and i alone.

    Each item: source, target uint8 (3, c, c); edited uint8 (1, c, c) 0..255; kinds uint8 (c, c);
    paired, False where the target is but the source again; with an encoder in the config also
    regions uint8 (c, c); where the generator has concerns also `concerns` float32 (3 C, c / 8,
    c / 8), the densities to add, and `concerns_known`, False where nobody painted them; with a
    skin_reference also `gain` float32 (3,), by which the network sees the pictures; of a face that
    was searched for real spots `counted` uint8 (1, c, c), 0 where nobody is sure. Pictures are
    bytes, as they go from process to process: `as_numbers` makes a batch what networks take.
    """

    def __init__(self, faces: Sequence[TrainingFace], config: TrainingConfig, length: int) -> None:
        self.faces = faces
        self.config = config
        self.length = length
        self.painter = Painter()

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        """Return crop `index` of this seed."""
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self.config.seed, index))
        face = self.faces[int(rng.integers(len(self.faces)))]
        item = self._drawn(face, rng)
        if self.config.real_spots_by:
            # Of pairs and of portraits that were not searched everything counts.
            item.setdefault("counted", torch.full_like(item["edited"], 255))
        return item

    def _drawn(self, face: TrainingFace, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        if face.target is None and self.config.portraits == "unpaired":
            crop = random_crop([face.image], face, self.config, rng)
            image, nothing = crop.images[0], np.zeros_like(crop.skin)
            item = _item(crop, image, image, nothing, nothing.astype(np.uint8), paired=False)
            return {**item, **self._known(face, None, None, rng)}
        if face.target is None:
            return self._painted(face, rng)
        return self._paired(face, face.target, rng)

    def _painted(self, face: TrainingFace, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        versions = [face.image] if face.healed is None else [face.healed, face.image]
        crop = random_crop(versions, face, self.config, rng)
        tones = tone_table(rng)
        clean = vary_tone(crop.images[0], tones)
        clean = paint_distractors(clean, crop.skin, crop.face_width, rng)
        densities = None
        if self.config.paint_concerns or concerns_of(self.config.generator):
            faults = paint_concerns(clean, crop.skin, crop.under_eyes, crop.face_width, rng)
            clean, densities = faults.image, faults.densities
        painted = self.painter.paint(clean, crop.skin, crop.face_width, rng)
        if face.healed is not None:
            painted = self._with_real_spots(painted, crop, rng)
        source, target = degrade(painted.image, clean, painted.edited, rng)
        item = _item(crop, source, target, painted.edited, painted.kinds)
        return {**item, **self._known(face, tones, densities, rng)}

    def _with_real_spots(self, painted: Painted, crop: Crop, rng: np.random.Generator) -> Painted:
        """Give a painted crop back the spots that its face had, or those of another face."""
        added = np.zeros_like(painted.image, np.float32)
        if rng.random() < OWN_SPOTS:
            added += density_between(crop.images[1], crop.images[0])
        if rng.random() < OTHERS_SPOTS:
            other = self.faces[int(rng.integers(len(self.faces)))]
            if other.healed is not None:
                bare, spotted = random_crop([other.healed, other.image], other, self.config, rng)[0]
                strength = np.float32(rng.uniform(*OTHERS_STRENGTH))
                added += strength * density_between(spotted, bare)
        return add_density(painted, added * crop.skin[..., None], BLEMISH)

    def _known(
        self,
        face: TrainingFace,
        tones: Image | None,
        densities: FloatArray | None,
        rng: np.random.Generator,
    ) -> dict[str, torch.Tensor]:
        gain = gain_item(face, tones, self.config, rng)
        return {**concern_item(self.config, densities), **gain}

    def _paired(
        self, face: TrainingFace, target: Image, rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        crop = random_crop([face.image, target], face, self.config, rng)
        source, clean = crop.images
        edited = np.abs(source.astype(np.int16) - clean).max(axis=2) > PAIR_CHANGE
        mask = edited.astype(np.float32)
        kinds = np.where(edited, BLEMISH, 0).astype(np.uint8)
        if self.config.paint:
            painted = self.painter.paint(source, crop.skin, crop.face_width, rng)
            source, mask = painted.image, np.maximum(mask, painted.edited)
            kinds = np.where(painted.edited > 0, painted.kinds, kinds)
        item = _item(crop, source, clean, mask, kinds)
        return {**item, **self._known(face, None, None, rng)}


def _item(
    crop: Crop,
    source: Image,
    target: Image,
    edited: FloatArray,
    kinds: Image,
    *,
    paired: bool = True,
) -> dict[str, torch.Tensor]:
    item = {
        "source": _planes(source),
        "target": _planes(target),
        "edited": torch.from_numpy(np.rint(edited * 255).astype(np.uint8))[None],
        "kinds": torch.from_numpy(kinds),
        "paired": torch.tensor(paired),
    }
    if crop.doubtful is not None:
        item["counted"] = torch.from_numpy(255 - crop.doubtful)[None]
    if crop.regions is not None:
        item["regions"] = torch.from_numpy(crop.regions)
    return item


def concern_item(config: TrainingConfig, densities: FloatArray | None) -> dict[str, torch.Tensor]:
    """Return the truth of the concerns that the generator has; None where nobody knows it.

    densities: (9, h, w), of all `CONCERNS`.
    """
    names = concerns_of(config.generator)
    if not names:
        return {}
    cells = config.crop // CELL
    truth = np.zeros((3 * len(names), cells, cells), np.float32)
    if densities is not None:
        by_name = dict(zip(CONCERNS, np.split(densities, len(CONCERNS)), strict=True))
        truth = np.concatenate([by_name[name] for name in names])
    known = torch.tensor(densities is not None)
    return {"concerns": torch.from_numpy(truth), "concerns_known": known}


def gain_item(
    face: TrainingFace, tones: Image | None, config: TrainingConfig, rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """Return the gain of a face whose tone was varied, where the network wants one."""
    if config.skin_reference is None:
        return {}
    colour = face.skin_colour
    if colour is not None and tones is not None:
        colour = tones[colour, np.arange(3)]
    gain = skin_gain(colour, config.skin_reference)
    jitter = np.exp(rng.normal(0.0, GAIN_JITTER) + rng.normal(0.0, GAIN_JITTER / 2, 3))
    return {"gain": torch.from_numpy((gain * jitter).astype(np.float32))}


def as_numbers(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return a batch of `TrainingCrops` with pictures float32 in 0..1 and classes int64.

    With gains, source and target are as the network sees them: dark skin's highlights exceed 1.
    """
    numbers = dict(batch)
    for name in {"source", "second", "target", "edited", "counted", "face"} & set(batch):
        numbers[name] = batch[name].float() / 255.0
    for name in {"kinds", "regions"} & set(batch):
        numbers[name] = batch[name].long()
    for name in {"source", "target"} & set(batch) if "gain" in batch else ():
        numbers[name] = numbers[name] * batch["gain"][:, :, None, None]
    return numbers


def random_crop(
    images: Sequence[Image],
    face: TrainingFace,
    config: TrainingConfig,
    rng: np.random.Generator,
    centre: tuple[float, float] | None = None,
) -> Crop:
    """Cut the same scaled, rotated, perhaps mirrored crop out of each image of a face.

    centre: in pixels of the face's image; by default one on skin seven times out of eight.
    """
    low, high = config.face_width_range
    width = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    scale = width / face.face_width
    matrix = _crop_matrix(centre or _centre(face, rng), scale, config.crop, rng)
    size = (config.crop, config.crop)
    crops = [_warped(image, matrix, scale, size) for image in images]
    skin = cv2.warpAffine(face.skin, matrix, size, flags=cv2.INTER_LINEAR)
    regions = _warped_regions(face, matrix, size) if config.encoder is not None else None
    under_eyes = None
    if face.under_eyes is not None:
        warped = cv2.warpAffine(face.under_eyes, matrix, size, flags=cv2.INTER_LINEAR)
        under_eyes = warped.astype(np.float32) / 255.0
    doubtful = None
    if face.doubtful is not None:
        flat = cv2.warpAffine(face.doubtful, matrix, size, flags=cv2.INTER_NEAREST)
        doubtful = np.asarray(flat, np.uint8)
    return Crop(crops, skin.astype(np.float32) / 255.0, width, regions, under_eyes, doubtful)


def _warped_regions(
    face: TrainingFace, matrix: NDArray[np.float64], size: tuple[int, int]
) -> Image | None:
    if face.regions is None:
        return None
    # As the pictures, so that what is mirrored at a border has its region.
    warped = cv2.warpAffine(
        face.regions, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT
    )
    mirrored = np.linalg.det(matrix[:, :2]) < 0
    regions = np.asarray(warped, np.uint8)
    return mirrored_regions(regions) if mirrored else regions


def _crop_matrix(
    centre: tuple[float, float], scale: float, crop: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    matrix = cv2.getRotationMatrix2D(centre, float(rng.normal(0, 12)), scale)
    matrix[:, 2] += crop / 2 - np.array(centre)
    if rng.random() < 0.5:
        mirror = np.array([[-1.0, 0, crop - 1], [0, 1, 0]])
        matrix = mirror @ np.vstack([matrix, [0, 0, 1]])
    return np.asarray(matrix, np.float64)


def _warped(
    image: Image, matrix: NDArray[np.float64], scale: float, size: tuple[int, int]
) -> Image:
    flags = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC
    if scale <= 0.8:
        image, matrix = _blurred_for(image, matrix, scale, size)
    warped = cv2.warpAffine(image, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def _blurred_for(
    image: Image, matrix: NDArray[np.float64], scale: float, size: tuple[int, int]
) -> tuple[Image, NDArray[np.float64]]:
    """Low-pass what a crop reads before it is shrunk, so that it does not alias.

    Returns that part of the image with the crop's matrix from there.
    """
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0], [size[0], 0], [0, size[1]], size])
    read = corners @ inverse[:, :2].T + inverse[:, 2]
    limit = np.array(image.shape[1::-1])
    low = np.clip(np.floor(read.min(axis=0)).astype(int) - 4, 0, limit)
    high = np.clip(np.ceil(read.max(axis=0)).astype(int) + 4, 0, limit)
    # Over the border the crop mirrors the image: then it is all needed.
    outside = (read < 0).any() or (read > limit - 1).any()
    x0, y0, x1, y1 = (0, 0, *limit) if outside else (*low, *high)
    blurred = cv2.GaussianBlur(image[y0:y1, x0:x1], (0, 0), 0.35 / scale)
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ np.array([x0, y0])
    return np.asarray(blurred, np.uint8), shifted


def _centre(face: TrainingFace, rng: np.random.Generator) -> tuple[float, float]:
    height, width = face.skin.shape
    places = np.flatnonzero(face.skin[::4, ::4] > 128)
    if len(places) == 0 or rng.random() < 0.125:
        return float(rng.uniform(0, width)), float(rng.uniform(0, height))
    y, x = divmod(int(places[rng.integers(len(places))]), face.skin[::4, ::4].shape[1])
    return 4.0 * x, 4.0 * y


def _planes(image: Image) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
