"""Albums, photos, analyses, retouches, their finished versions, groups and who else may look."""

from .analyses import Analysis, Rendition
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .sharing import AccessRecord, AlbumRole, Feedback, ShareGuest, ShareLink

__all__ = [
    "AccessRecord",
    "Album",
    "AlbumRole",
    "Analysis",
    "Feedback",
    "Group",
    "GroupPhoto",
    "IdempotencyKey",
    "Photo",
    "Rendition",
    "Retouch",
    "RetouchVersion",
    "ShareGuest",
    "ShareLink",
]
