"""Does a checkpoint's ONNX compute what its safetensors do?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from retouch_engine.inference import Predictor, TonePredictor
from retouch_engine.inference.tone_predictor import thumbnail
from retouch_engine.networks import ExportedGenerator
from retouch_engine.networks.tone_generator import TonePrediction

Image = NDArray[np.uint8]

# A skin tone in sRGB, and how far its shading goes.
SKIN = np.array([205.0, 160.0, 135.0])
SHADE = 90.0


def onnx_difference(generator: nn.Module, predictor: Predictor, pictures: Sequence[Image]) -> float:
    """Return the largest difference between torch and ONNX, NaN where either is not finite.

    Compared are the edit, the mask and the kinds' probabilities, all in units of 0..1, and the
    densities of the concerns, on sRGB uint8 pictures (H, W, 3) of any sizes; feature maps are drawn
    at random where the network takes them. generator: rebuilt from the safetensors, in evaluation
    mode.
    """
    return float(np.max([_difference(generator, predictor, picture) for picture in pictures]))


@torch.no_grad()
def _difference(generator: nn.Module, predictor: Predictor, picture: Image) -> float:
    image = _fitted(picture, predictor.card.input_multiple)
    shape = (*image.shape[:2], predictor.feature_channels)
    features = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    made = predictor.predict(image, features)
    inputs = [_batch(image / np.float32(255))]
    if predictor.feature_channels:
        inputs.append(_batch(features))
    residual, mask, kinds, *concerns = (
        part[0].numpy() for part in ExportedGenerator(generator)(*inputs)
    )
    pairs = [
        ((residual * mask).transpose(1, 2, 0), made.edit / 255),
        (mask[0], made.mask),
        (kinds.transpose(1, 2, 0), made.kinds),
    ]
    if concerns:
        densities = np.split(concerns[0].transpose(1, 2, 0), len(made.concerns), axis=2)
        pairs += zip(densities, made.concerns.values(), strict=True)
    return float(np.max([np.abs(first - second).max() for first, second in pairs]))


@torch.no_grad()
def tone_difference(
    generator: nn.Module, predictor: TonePredictor, pictures: Sequence[Image]
) -> float:
    """Return the largest difference of tables and gains between torch and ONNX, as above."""
    differences = []
    for picture in pictures:
        height, width = picture.shape[:2]
        face = np.zeros((height, width), np.float32)
        face[height // 4 : height // 2, width // 3 :] = 1.0
        made = predictor.predict(picture, face)
        wanted: TonePrediction = generator(
            torch.from_numpy(thumbnail(picture, face, predictor.side))
        )
        pairs = [
            (wanted.lut[0].permute(1, 2, 3, 0).numpy(), made.lut),
            (wanted.log_gain[0].permute(1, 2, 0).numpy(), made.log_gain),
        ]
        differences += [np.abs(first - second).max() for first, second in pairs]
    return float(np.max(differences))


def _batch(values: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32))


def _fitted(picture: Image, multiple: int) -> Image:
    """Return the picture at a size that no runtime has to pad."""
    bottom, right = -picture.shape[0] % multiple, -picture.shape[1] % multiple
    return np.pad(picture, ((0, bottom), (0, right), (0, 0)), mode="symmetric")


def sample_picture(height: int, width: int, seed: int = 0) -> Image:
    """Return what a face is to a network, drawn: a shaded oval of skin with pores and spots.

    For checks where there is no photo at hand; sRGB uint8 (H, W, 3).
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    across, down = (x / width - 0.5) / 0.38, (y / height - 0.5) / 0.45
    radius = np.hypot(across, down)
    light = SHADE * (0.3 * across + 0.2 * down + np.maximum(radius - 0.4, 0))
    pores = rng.normal(0, 3, (height, width))
    face = SKIN - (light + pores)[..., None]
    for _ in range(12):
        centre, size = rng.uniform(0.25, 0.75, 2), rng.uniform(0.01, 0.03)
        distance = np.hypot(x / width - centre[0], y / height - centre[1]) / size
        face -= np.array([20.0, 55.0, 45.0]) * np.exp(-(distance**2))[..., None]
    wall = np.full(3, 70.0) + 40.0 * (y / height)[..., None]
    return np.clip(np.where(radius[..., None] < 1, face, wall), 0, 255).astype(np.uint8)
