"""Hints to a person's sockets that a row changed; the row itself is always read again."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from gallery.models import Retouch

logger = logging.getLogger(__name__)


def person_group(user_pk: int) -> str:
    """Return the name of the channel group of one person alone."""
    return f"person.{user_pk}"


def retouch_announce(retouch: Retouch) -> None:
    """Tell the owner's sockets, after the commit, that a retouch changed."""
    group, identifier = person_group(retouch.owner_id), str(retouch.pk)
    transaction.on_commit(lambda: _send(group, identifier))


def _send(group: str, identifier: str) -> None:
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group, {"type": "retouch.changed", "id": identifier})
    except (RedisError, OSError, RuntimeError):
        # A hint that is lost costs nothing: pages poll, and the row is the truth.
        logger.warning("the change of retouch %s could not be announced", identifier)
