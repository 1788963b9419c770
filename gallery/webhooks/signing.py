"""Signatures by Standard Webhooks, and the secrets they are made with.

A secret is derived from the installation's key and the webhook's salt: whoever has the database
alone cannot sign. Another SECRET_KEY makes all of them void, as it does with API keys.
"""

import base64
import hashlib
import hmac

from django.conf import settings

from gallery.models import Webhook

PREFIX = "whsec_"


def webhook_secret(webhook: Webhook) -> str:
    """Return the secret as its owner is told it, once: `whsec_` and 32 bytes in base64."""
    pepper = hashlib.sha256(f"gallery.webhook:{settings.SECRET_KEY}".encode()).digest()
    message = f"{webhook.pk}:{webhook.salt}".encode()
    return PREFIX + base64.b64encode(hmac.new(pepper, message, hashlib.sha256).digest()).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message; `timestamp` in seconds, that of the attempt."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
