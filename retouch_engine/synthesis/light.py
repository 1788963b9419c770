"""Bad light for good portraits: exposure, contrast, white balance, saturation, one-sided light.

Ranges are those of PPR10K's augmented versions (Liang et al. 2021, section 3.3: temperature, tint,
exposure, highlights, contrast, saturation), widened where phones do worse. Everything happens in
linear light as a camera's sensor would see it, in whole pictures.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
# What is smooth is computed on a picture of this long side.
SMOOTH_SIDE = 256


@dataclass(frozen=True)
class Light:
    """What is wrong with a picture's light; all zeros for nothing.

    exposure: stops; temperature: -1 (blue) to 1 (yellow), about 1,500 K each way; tint: -1 (green)
    to 1 (magenta); contrast, highlights, saturation: -1 to 1; side: stops between the darker and
    the lighter side of the face, from the direction `angle`; backlight: stops that the face lacks.
    """

    exposure: float = 0.0
    temperature: float = 0.0
    tint: float = 0.0
    contrast: float = 0.0
    highlights: float = 0.0
    saturation: float = 0.0
    side: float = 0.0
    angle: float = 0.0
    backlight: float = 0.0


def draw_light(rng: np.random.Generator) -> Light:
    """Draw bad light: mostly global faults, on a third of pictures light from one side too."""
    return Light(
        exposure=float(rng.uniform(-1.0, 1.0)),
        temperature=float(rng.uniform(-0.5, 0.5)),
        tint=float(rng.uniform(-0.4, 0.4)),
        contrast=float(rng.uniform(-0.3, 0.1)),
        highlights=float(rng.uniform(-0.35, 0.35)),
        saturation=float(rng.uniform(-0.3, 0.1)),
        side=float(rng.uniform(0.3, 1.2)) if rng.random() < 0.35 else 0.0,
        angle=float(rng.uniform(0, 2 * np.pi)),
        backlight=float(rng.uniform(0.2, 1.0)) if rng.random() < 0.25 else 0.0,
    )


@dataclass(frozen=True)
class Style:
    """How good light may differ: taste of the photographer and the wall behind the sitter.

    light: mild, all over; wall: grey value 0..1 of a plain backdrop, None for what is there; stops:
    by how much the background is lighter than it was.
    """

    light: Light
    wall: float | None = None
    stops: float = 0.0


def draw_style(rng: np.random.Generator) -> Style:
    """Draw what good light may look like: no fault, and nothing that should be undone."""
    return Style(
        light=Light(
            exposure=float(rng.uniform(-0.35, 0.35)),
            # Portraits in collections are warmer than neutral light makes them.
            temperature=float(rng.uniform(-1.0, 0.35)),
            tint=float(rng.uniform(-0.35, 0.3)),
            contrast=float(rng.uniform(-0.08, 0.08)),
            saturation=float(rng.uniform(-0.35, 0.1)),
        ),
        wall=float(rng.uniform(0.02, 0.95)) if rng.random() < 0.3 else None,
        stops=float(rng.uniform(-0.7, 1.3)) if rng.random() < 0.4 else 0.0,
    )


def with_style(image: Pixels, face: FloatArray, style: Style) -> Pixels:
    """Return sRGB `image` (H, W, 3) as another photographer would have taken it, as well.

    face: as in `with_light`.
    """
    behind = (1.0 - _person(face))[..., None]
    linear = _linear(image) * np.exp2(style.stops * behind)
    if style.wall is not None:
        linear += behind * (style.wall - linear)
    return with_light(_encoded(np.asarray(linear, np.float32)), face, style.light)


def with_light(image: Pixels, face: FloatArray, light: Light) -> Pixels:
    """Return sRGB `image` (H, W, 3) as bad light would have left it.

    face: (H, W) 0..1, where the largest face lies; what has a place is placed by it.
    """
    stops = light.exposure - light.backlight * _near(face) + light.side * _across(face, light.angle)
    lit = _linear(image) * np.exp2(stops)[..., None] * _white_balance(light.temperature, light.tint)
    grey = (lit @ LUMA)[..., None]
    coloured = np.maximum(grey + (1.0 + light.saturation) * (lit - grey), 0.0)
    return _encoded(_toned(coloured.astype(np.float32), light.contrast, light.highlights))


def _linear(image: Pixels) -> FloatArray:
    values = np.arange(256, dtype=np.float32) / 255
    table = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return table.astype(np.float32)[image]


def _encoded(linear: FloatArray) -> Pixels:
    clipped = np.clip(linear, 0.0, 1.0)
    toe, rest = 12.92 * clipped, 1.055 * clipped ** np.float32(1 / 2.4) - 0.055
    return np.rint(255 * np.where(clipped <= 0.0031308, toe, rest)).astype(np.uint8)


def _near(face: FloatArray) -> FloatArray:
    """Return 1 on the face, falling off smoothly around it."""
    scale = min(SMOOTH_SIDE / max(face.shape), 1.0)
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    width = max(float(np.sqrt(max(small.sum(), 1.0))), 8.0 * scale)
    near = cv2.GaussianBlur(np.minimum(small * 1.5, 1.0), (0, 0), 0.35 * width)
    return np.asarray(cv2.resize(near, face.shape[1::-1]), np.float32)


def _person(face: FloatArray) -> FloatArray:
    """Return about where the head and the body below it are, 0..1, smooth at its border."""
    scale = min(SMOOTH_SIDE / max(face.shape), 1.0)
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    width = max(float(np.sqrt(max(small.sum(), 1.0))), 8.0 * scale)
    x, y = _middle(small)
    person = np.zeros(small.shape, np.float32)
    axes = round(0.85 * width), round(1.15 * width)
    cv2.ellipse(person, (round(x), round(y - 0.15 * width)), axes, 0, 0, 360, 1.0, -1)
    body = (round(x - 1.5 * width), round(y + 0.9 * width)), (round(x + 1.5 * width), 1 << 14)
    cv2.rectangle(person, *body, 1.0, -1)
    soft = cv2.GaussianBlur(person, (0, 0), max(0.15 * width, 1.0))
    return np.asarray(cv2.resize(soft, face.shape[1::-1]), np.float32)


def _middle(face: FloatArray) -> tuple[float, float]:
    height, width = face.shape
    total = max(float(face.sum()), 1.0)
    ys, xs = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    return float((face.sum(axis=0) @ xs) / total), float((face.sum(axis=1) @ ys) / total)


def _across(face: FloatArray, angle: float) -> FloatArray:
    """Return -0.5 on the side away from the light to 0.5 on the lit side, smooth over the face."""
    height, width = face.shape
    total, middle = max(float(face.sum()), 1.0), _middle(face)
    ys, xs = np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)
    reach = max(float(np.sqrt(total)), 8.0)
    along = (xs[None, :] - middle[0]) * np.cos(angle) + (ys[:, None] - middle[1]) * np.sin(angle)
    return np.asarray(0.5 * np.tanh(2.0 * along / reach), np.float32)


def _white_balance(temperature: float, tint: float) -> FloatArray:
    """Return the channels' factors, which keep the luminance of grey."""
    factors = np.exp(np.array([0.22 * temperature, -0.14 * tint, -0.30 * temperature], np.float32))
    return np.asarray(factors / (factors @ LUMA), np.float32)


def _toned(linear: FloatArray, contrast: float, highlights: float) -> FloatArray:
    """Bend the tone curve around middle grey, and its upper half by itself."""
    grey = 0.18
    bent = grey * (np.maximum(linear, 1e-5) / grey) ** (1.0 + contrast)
    upper = np.clip((bent - grey) / (1.0 - grey), 0.0, 1.0)
    return np.asarray(bent * (1.0 + 0.5 * highlights * upper), np.float32)
