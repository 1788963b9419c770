"""Albums, photos, uploads, analyses, retouches, groups, sharing and what belongs to them."""

from .analyses import Analysis, Rendition
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .sharing import AccessRecord, AlbumRole, Feedback, ShareGuest, ShareLink
from .uploads import Upload
from .webhooks import Webhook, WebhookDelivery

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
    "Upload",
    "Webhook",
    "WebhookDelivery",
]
