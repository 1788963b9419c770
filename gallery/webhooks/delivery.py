"""Delivering: claim, send, and try again later, slower each time, for a day.

A webhook whose receiver fails is paused as a whole, so that a receiver that hangs costs a worker
one time limit per pause and not one per message.
"""

import json
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.models import Webhook, WebhookDelivery
from gallery.webhooks.addresses import AddressError
from gallery.webhooks.sending import SendError, post
from gallery.webhooks.services import DELIVER_JOB, UNDISTURBED
from gallery.webhooks.signing import signed_headers, webhook_secret
from job_queue.queue import enqueue, job_id

logger = logging.getLogger(__name__)

Status = WebhookDelivery.Status
# Longer than any attempt: one that has not ended by then is lost with its worker.
LEASE = timedelta(seconds=60)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 2 * 3600.0
PATIENCE = timedelta(days=1)
# A job that was just written may not be in the queue yet.
SWEEP_GRACE = timedelta(seconds=5)
TAKEN_AT_ONCE = 100
KEPT = timedelta(days=30)
GONE = 410


def webhook_deliver(identifier: str) -> None:
    """Try delivery `{row id}-{number}` once; nothing happens unless it waits for this number."""
    row_id, _sign, number = identifier.rpartition("-")
    delivery = _claim(row_id, int(number))
    if delivery is None:
        return
    webhook = delivery.webhook
    paused = webhook.paused_until
    if not (webhook.enabled and webhook.owner.is_active):
        _mine(delivery).update(status=Status.FAILED, error="disabled", finished_at=timezone.now())
    elif paused is not None and paused > timezone.now():
        _mine(delivery).update(next_attempt_at=paused, attempts=F("attempts") - 1)
    else:
        _attempt(delivery)


def _claim(row_id: str, number: int) -> WebhookDelivery | None:
    """Take a row under the next number, and until the lease ends from the sweeper."""
    claimed = WebhookDelivery.objects.filter(
        pk=row_id, status=Status.QUEUED, enqueue_number=number
    ).update(
        enqueue_number=number + 1,
        attempts=F("attempts") + 1,
        next_attempt_at=timezone.now() + LEASE,
    )
    if not claimed:
        return None
    rows = WebhookDelivery.objects.select_related("webhook__owner")
    return rows.filter(pk=row_id, enqueue_number=number + 1).first()


def _mine(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, status=Status.QUEUED, enqueue_number=delivery.enqueue_number
    )


def _attempt(delivery: WebhookDelivery) -> None:
    code, error = _send(delivery)
    # Ids and codes alone: an address may hold its owner's secrets.
    logger.info(
        "webhook %s, delivery %s, attempt %d: %s",
        delivery.webhook_id, delivery.pk, delivery.attempts, error or code,
    )  # fmt: skip
    if error:
        _failed(delivery, code, error)
    else:
        _delivered(delivery, code)


def _send(delivery: WebhookDelivery) -> tuple[int | None, str]:
    """Return the receiver's status and "", or a code that says what was wrong."""
    body = json.dumps(delivery.payload, separators=(",", ":")).encode()
    secret = webhook_secret(delivery.webhook)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "portrait-platform-webhooks",
        **signed_headers(secret, f"msg_{delivery.pk.hex}", int(time.time()), body),
    }
    try:
        code = post(delivery.webhook.url, headers, body)
    except (AddressError, SendError) as error:
        return None, error.code
    if 200 <= code < 300:
        return code, ""
    return code, "redirected" if 300 <= code < 400 else "refused"


@transaction.atomic
def _delivered(delivery: WebhookDelivery, code: int | None) -> None:
    done = _mine(delivery).update(
        status=Status.DELIVERED, response_code=code, error="", finished_at=timezone.now()
    )
    failing = Webhook.objects.filter(pk=delivery.webhook_id, failures__gt=0)
    if done and failing.update(**UNDISTURBED):
        # It answers again: what was put off goes now; what another worker holds stays with it.
        now = timezone.now()
        waiting = WebhookDelivery.objects.filter(
            webhook=delivery.webhook_id, status=Status.QUEUED, next_attempt_at__gt=now + LEASE
        )
        waiting.update(next_attempt_at=now)


@transaction.atomic
def _failed(delivery: WebhookDelivery, code: int | None, error: str) -> None:
    now = timezone.now()
    webhook = Webhook.objects.select_for_update().get(pk=delivery.webhook_id)
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or now
    pause = timedelta(seconds=pause_seconds(webhook.failures))
    webhook.paused_until = now + pause
    webhook.save(update_fields=["failures", "failing_since", "paused_until"])
    result = {"response_code": code, "error": error, "next_attempt_at": now + pause}
    if now - delivery.created_at >= PATIENCE:
        result |= {"status": Status.FAILED, "finished_at": now}
    _mine(delivery).update(**result)
    if code == GONE or now - webhook.failing_since >= PATIENCE:
        _disable(webhook, "gone" if code == GONE else "failed_for_a_day", now)


def pause_seconds(failures: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Return how long a webhook rests after so many failures: from 5 s to 2 h, a tenth spread."""
    doubled = FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 30)
    return min(doubled, LONGEST_PAUSE_SECONDS) * spread(0.9, 1.1)


def _disable(webhook: Webhook, reason: str, now: datetime) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(enabled=False, disabled_reason=reason)
    waiting = webhook.deliveries.filter(status=Status.QUEUED)
    waiting.update(status=Status.FAILED, finished_at=now)
    logger.warning("webhook %s is disabled: %s", webhook.pk, reason)
    transaction.on_commit(lambda: _tell_owner(webhook))


def _tell_owner(webhook: Webhook) -> None:
    text = _(
        "Your webhook to %(host)s has failed for a day or said that it is gone, so nothing is "
        "sent to it any more. When it works again, enable it on the page of your webhooks."
    )
    try:
        send_mail(
            _("Your webhook to %(host)s is disabled") % {"host": webhook.host},
            text % {"host": webhook.host},
            settings.DEFAULT_FROM_EMAIL,
            [webhook.owner.email],
        )
    except OSError:
        logger.exception("the owner of webhook %s could not be told", webhook.pk)


def webhook_sweep(live: set[str]) -> None:
    """Enqueue deliveries whose time has come and that no job in `live` takes; forget old ones."""
    now = timezone.now()
    due = WebhookDelivery.objects.filter(
        Q(webhook__paused_until=None) | Q(webhook__paused_until__lte=now),
        status=Status.QUEUED,
        next_attempt_at__lte=now - SWEEP_GRACE,
    ).order_by("next_attempt_at")
    for delivery in due[:TAKEN_AT_ONCE]:
        if job_id(str(delivery.pk), delivery.enqueue_number) not in live:
            _enqueue_again(delivery)
    old = WebhookDelivery.objects.filter(finished_at__lt=now - KEPT)
    WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:500])).delete()


@transaction.atomic
def _enqueue_again(delivery: WebhookDelivery) -> None:
    number = delivery.enqueue_number + 1
    if _mine(delivery).update(enqueue_number=number):
        enqueue(DELIVER_JOB, str(delivery.pk), number, first=True)
