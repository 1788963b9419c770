"""Albums, photos, uploads, analyses, retouches, groups, errands and what belongs to them."""

from .analyses import Analysis, Rendition
from .errands import Errand, Export, TileSet
from .groups import Group, GroupPhoto
from .photos import Album, Photo
from .presets import Preset
from .retouches import IdempotencyKey, Retouch, RetouchVersion
from .uploads import Upload
from .webhooks import Webhook, WebhookDelivery

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
    "Upload",
    "Webhook",
    "WebhookDelivery",
]
