"""Albums, photos, analyses, retouches, their finished versions, groups and errands."""

from .analyses import Analysis, Rendition
from .errands import Errand, Export, TileSet
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .presets import Preset
from .retouches import IdempotencyKey, Retouch, RetouchVersion

__all__ = [
    "Album",
    "Analysis",
    "Errand",
    "Export",
    "Group",
    "GroupPhoto",
    "IdempotencyKey",
    "Photo",
    "Preset",
    "Rendition",
    "Retouch",
    "RetouchVersion",
    "TileSet",
]
