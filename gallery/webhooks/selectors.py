"""Reads of webhooks; a stranger's is not found."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from gallery.models import Webhook, WebhookDelivery
from gallery.permissions import Action, Person, webhooks_allowed


def webhooks_for(user: Person, action: Action = Action.VIEW) -> QuerySet[Webhook]:
    """Return the person's webhooks, newest first."""
    return webhooks_allowed(user, action)


def webhook_for(user: Person, webhook_id: UUID | str, action: Action = Action.VIEW) -> Webhook:
    """Return one webhook of the person; raises Http404."""
    try:
        found = webhooks_for(user, action).filter(pk=UUID(str(webhook_id))).first()
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """Return a webhook's deliveries, newest first."""
    return webhook.deliveries.all()


def webhooks_with_latest(user: Person, newest: int) -> Sequence[Webhook]:
    """Return the person's webhooks, each with its `latest` deliveries."""
    webhooks = list(webhooks_for(user))
    for webhook in webhooks:
        webhook.latest = list(deliveries_of(webhook)[:newest])  # type: ignore[attr-defined]
    return webhooks
