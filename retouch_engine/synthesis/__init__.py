"""The painter of blemishes in optical density."""

from .density import to_density, to_image
from .lesions import KINDS
from .painter import EDIT_DENSITY, Painted, Painter, PainterConfig

__all__ = ["EDIT_DENSITY", "KINDS", "Painted", "Painter", "PainterConfig", "to_density", "to_image"]
