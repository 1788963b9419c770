"""A tone as files: the table as a picture of 16 bits, the gains as numbers."""

import base64
import io
from typing import Any

import cv2
import numpy as np
from PIL import Image

from .application import Tone

TABLE_FILE = "tone.png"
# A table may leave 0..1 a little before it is applied.
LOWEST, SPAN = -0.5, 2.0


def stored_tone(tone: Tone) -> tuple[dict[str, Any], bytes]:
    """Return what JSON holds of a tone, and its table as a PNG of 16 bits."""
    size = tone.lut.shape[0]
    shares = np.clip((tone.lut - LOWEST) / SPAN, 0.0, 1.0)
    picture = np.rint(shares * 65535).astype(np.uint16).reshape(size * size, size, 3)
    data = cv2.imencode(".png", picture)[1].tobytes()
    return {"size": size, "log_gain": np.round(tone.log_gain, 4).tolist()}, data


def shown_tone(tone: Tone) -> dict[str, Any]:
    """Return what a page needs to show a tone at any strength, as JSON values.

    lut: data URL of a PNG of 8 bits, `size` pixels wide and size x size high: red goes right, green
    down, blue down in steps of `size` rows; log_gain: (h, w, D) in stops, spanning the picture, by
    brightness (0.299 R + 0.587 G + 0.114 B) from 0 to 1. A strength t is lut x t + (1 - t) x
    identity, and t x log_gain; the gain comes first.
    """
    size = tone.lut.shape[0]
    values = np.rint(np.clip(tone.lut, 0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values.reshape(size * size, size, 3)).save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    return {"size": size, "lut": url, "log_gain": np.round(tone.log_gain, 4).tolist()}


def read_tone(values: dict[str, Any], data: bytes) -> Tone:
    """Read what `stored_tone` gave; raises ValueError where it does not fit together."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    size = int(values["size"])
    if picture is None or picture.shape != (size * size, size, 3) or picture.dtype != np.uint16:
        raise ValueError("the stored tone is damaged")
    lut = picture.reshape(size, size, size, 3).astype(np.float32) / 65535 * SPAN + LOWEST
    log_gain = np.asarray(values["log_gain"], np.float32)
    if log_gain.ndim != 3 or not np.isfinite(log_gain).all():
        raise ValueError("the stored tone is damaged")
    return Tone(lut.astype(np.float32), log_gain)
