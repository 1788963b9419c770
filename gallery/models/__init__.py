"""Albums, photos, their uploads, analyses, retouches with finished versions, and groups."""

from .analyses import Analysis, Rendition
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .uploads import Upload

__all__ = [
    "Album",
    "Analysis",
    "Group",
    "GroupPhoto",
    "IdempotencyKey",
    "Photo",
    "Rendition",
    "Retouch",
    "RetouchVersion",
    "Upload",
]
