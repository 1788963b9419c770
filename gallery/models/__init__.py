"""Albums, photos, uploads, analyses, retouches, groups, sharing, errands and what is theirs."""

from .analyses import Analysis, Rendition
from .errands import Errand, Export, TileSet
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .presets import Preset
from .removals import FileRemoval
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .sharing import AccessRecord, AlbumRole, Feedback, ShareGuest, ShareLink
from .uploads import Upload
from .webhooks import Webhook, WebhookDelivery

__all__ = [
    "AccessRecord",
    "Album",
    "AlbumRole",
    "Analysis",
    "Errand",
    "Export",
    "Feedback",
    "FileRemoval",
    "Group",
    "GroupPhoto",
    "IdempotencyKey",
    "Photo",
    "Preset",
    "Rendition",
    "Retouch",
    "RetouchVersion",
    "ShareGuest",
    "ShareLink",
    "TileSet",
    "Upload",
    "Webhook",
    "WebhookDelivery",
]
