"""The painter of blemishes in optical density, of smooth faults, and of what is neither."""

from .concerns import CONCERNS, PaintedConcerns, paint_concerns
from .density import to_density, to_image
from .distractors import paint_distractors
from .lesions import KINDS
from .painter import (
    EDIT_DENSITY,
    Painted,
    Painter,
    PainterConfig,
    add_density,
    density_between,
)

__all__ = [
    "CONCERNS",
    "EDIT_DENSITY",
    "KINDS",
    "Painted",
    "PaintedConcerns",
    "Painter",
    "PainterConfig",
    "add_density",
    "density_between",
    "paint_concerns",
    "paint_distractors",
    "to_density",
    "to_image",
]
