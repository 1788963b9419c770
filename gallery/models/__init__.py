"""Albums, photos, uploads, analyses, retouches, groups and what belongs to them."""

from .analyses import Analysis, Rendition
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .uploads import Upload
from .webhooks import Webhook, WebhookDelivery

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
    "Webhook",
    "WebhookDelivery",
]
