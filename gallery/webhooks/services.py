"""Writes of webhooks: their owners' wishes, and the messages about retouches."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.api.rows import retouch_row
from gallery.errors import WishError
from gallery.models import Retouch, Webhook, WebhookDelivery
from gallery.webhooks.addresses import AddressError, target_of
from job_queue.queue import enqueue

DELIVER_JOB = "gallery.jobs.webhook_deliver"
SUCCEEDED, FAILED, TEST = "retouch.succeeded", "retouch.failed", "webhook.test"
EVENTS = (SUCCEEDED, FAILED)
MOST_PER_PERSON = 5
UNDISTURBED: dict[str, Any] = {
    "disabled_reason": "",
    "failures": 0,
    "failing_since": None,
    "paused_until": None,
}


@transaction.atomic
def webhook_create(*, owner: User, url: str, events: Sequence[str]) -> Webhook:
    """Send a person's events to an address from now on.

    Raises WishError: `invalid_url`, `private_address`, `invalid_events`, `too_many_webhooks`.
    """
    chosen = _checked(events)
    try:
        target_of(url)
    except AddressError as error:
        raise WishError(error.code, error.detail, 400) from error
    User.objects.select_for_update().get(pk=owner.pk)
    if Webhook.objects.filter(owner=owner).count() >= MOST_PER_PERSON:
        text = _("You may have %(count)s webhooks: delete one first.") % {"count": MOST_PER_PERSON}
        raise WishError("too_many_webhooks", text)
    return Webhook.objects.create(owner=owner, url=url, events=chosen)


def webhook_change(
    *, webhook: Webhook, events: Sequence[str] | None = None, enabled: bool | None = None
) -> Webhook:
    """Choose other events, stop, or begin again with a clean record; raises WishError."""
    changes: dict[str, Any] = {}
    if events is not None:
        changes["events"] = _checked(events)
    if enabled is not None:
        changes |= {"enabled": enabled, **UNDISTURBED}
    Webhook.objects.filter(pk=webhook.pk).update(**changes)
    webhook.refresh_from_db()
    return webhook


def webhook_delete(*, webhook: Webhook) -> None:
    """Forget an address; what was not delivered yet never is."""
    webhook.delete()


@transaction.atomic
def webhook_test(*, webhook: Webhook) -> WebhookDelivery:
    """Send a test message; raises WishError where the webhook is disabled."""
    if not webhook.enabled:
        raise WishError("webhook_disabled", _("This webhook is disabled: enable it first."))
    # Somebody is waiting for it: the pause after failures is over.
    Webhook.objects.filter(pk=webhook.pk).update(paused_until=None)
    return _message(webhook, TEST, {"webhook": str(webhook.pk)})


def _checked(events: Sequence[str]) -> list[str]:
    chosen = sorted(set(events))
    if not chosen or not set(chosen) <= set(EVENTS):
        raise WishError("invalid_events", f"Choose from {', '.join(EVENTS)}.", 400)
    return chosen


def retouch_notify(retouch: Retouch) -> None:
    """Write a message for each webhook that wants to hear how a retouch ended.

    Called in the transaction that ends it; the row is read again as it stands then.
    """
    webhooks = list(Webhook.objects.filter(owner=retouch.owner_id, enabled=True))
    if not webhooks:
        return
    row = Retouch.objects.get(pk=retouch.pk)
    event = SUCCEEDED if row.status == Retouch.Status.SUCCEEDED else FAILED
    data = retouch_row(row)
    for webhook in webhooks:
        if event in webhook.events:
            _message(webhook, event, data, row)


def _message(
    webhook: Webhook, event: str, data: dict[str, Any], retouch: Retouch | None = None
) -> WebhookDelivery:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    delivery = WebhookDelivery.objects.create(
        webhook=webhook,
        retouch=retouch,
        type=event,
        payload={"type": event, "timestamp": now, "data": data},
    )
    enqueue(DELIVER_JOB, str(delivery.pk), delivery.enqueue_number, first=True)
    return delivery


def delivery_resend(*, delivery: WebhookDelivery) -> bool:
    """Try a failed delivery again now; returns whether it was one of an enabled webhook."""
    with transaction.atomic():
        number = delivery.enqueue_number + 1
        changed = WebhookDelivery.objects.filter(
            pk=delivery.pk,
            status=WebhookDelivery.Status.FAILED,
            enqueue_number=delivery.enqueue_number,
            webhook__enabled=True,
        ).update(
            status=WebhookDelivery.Status.QUEUED,
            attempts=0,
            enqueue_number=number,
            next_attempt_at=timezone.now(),
            finished_at=None,
            error="",
            response_code=None,
        )
        if changed:
            enqueue(DELIVER_JOB, str(delivery.pk), number, first=True)
    return bool(changed)
