"""Validation of a tone generator while it trains: whole portraits under seeded bad light."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from retouch_engine.evaluation.metrics import delta_e, psnr
from retouch_engine.networks import ToneGenerator
from retouch_engine.networks.tone_generator import apply_tone
from retouch_engine.synthesis.light import draw_light, with_light
from retouch_engine.training import TrainingFace

Image = NDArray[np.uint8]
SEED = 97_531


@torch.no_grad()
def validate_tone(generator: ToneGenerator, faces: Sequence[TrainingFace]) -> dict[str, float]:
    """Return mean PSNR (dB) and delta E ab of toned pictures, the untouched ones' beside them.

    untouched_delta_e: how far pictures in good light are moved.
    """
    rows = [_row(generator, face, index) for index, face in enumerate(faces)]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _row(generator: ToneGenerator, face: TrainingFace, index: int) -> dict[str, float]:
    side = generator.config.thumbnail
    target = np.asarray(cv2.resize(face.image, (side, side), interpolation=cv2.INTER_AREA))
    skin = cv2.resize(face.skin, (side, side), interpolation=cv2.INTER_AREA)
    cover = skin.astype(np.float32) / np.float32(255)
    source = with_light(target, cover, draw_light(np.random.default_rng((SEED, index))))
    result = _toned(generator, source, cover)
    kept = _toned(generator, target, cover)
    return {
        "psnr": psnr(result, target),
        "identity_psnr": psnr(source, target),
        "delta_e": delta_e(result, target),
        "identity_delta_e": delta_e(source, target),
        "untouched_delta_e": delta_e(kept, target),
    }


def _toned(generator: ToneGenerator, picture: Image, cover: NDArray[np.float32]) -> Image:
    device = next(generator.parameters()).device
    planes = np.concatenate([picture.astype(np.float32) / 255, cover[..., None]], axis=2)
    batch = torch.from_numpy(planes.transpose(2, 0, 1)[None]).to(device)
    toned = apply_tone(batch[:, :3], generator(batch)).clamp(0, 1)
    return np.rint(255 * toned[0].permute(1, 2, 0).cpu().numpy()).astype(np.uint8)
