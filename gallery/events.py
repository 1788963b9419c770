"""Hints to people's sockets that a row changed; the row itself is always read again."""

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from gallery.models import Feedback, Retouch
from gallery.permissions import Action, people_allowed

logger = logging.getLogger(__name__)


def person_group(user_pk: int) -> str:
    """Return the name of the channel group of one person alone."""
    return f"person.{user_pk}"


def retouch_announce(retouch: Retouch) -> None:
    """Tell those who may see the photo, after the commit, that a retouch changed."""
    photo, hint = retouch.photo_id, {"type": "retouch.changed", "id": str(retouch.pk)}
    transaction.on_commit(lambda: _send(people_allowed(photo, Action.VIEW), hint))


def feedback_announce(feedback: Feedback) -> None:
    """Tell those who may edit the photo, after the commit, what a guest says of it."""
    photo, hint = feedback.photo_id, {"type": "feedback.changed", "id": str(feedback.pk)}
    transaction.on_commit(lambda: _send(people_allowed(photo, Action.EDIT), hint))


def _send(people: list[int], hint: dict[str, str]) -> None:
    try:
        async_to_sync(_send_all)([person_group(pk) for pk in people], hint)
    except (RedisError, OSError, RuntimeError):
        # A hint that is lost costs nothing: pages poll, and the row is the truth.
        logger.warning("the change of %s could not be announced", hint["id"])


async def _send_all(groups: list[str], hint: dict[str, str]) -> None:
    layer = get_channel_layer()
    for group in groups:
        await layer.group_send(group, hint)
