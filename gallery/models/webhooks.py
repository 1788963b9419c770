"""Addresses that want to hear of a person's retouches, and what is sent to them."""

import secrets
import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone

from .retouches import Retouch


def new_salt() -> str:
    """Return what makes a webhook's secret another one than all others."""
    return secrets.token_hex(16)


class Webhook(models.Model):
    """An address that hears of events. Its secret is derived from `salt`, and stored nowhere.

    failing_since: when deliveries began to fail without one that succeeded since; failures: how
    many did; paused_until: no delivery is tried before; disabled_reason: why the platform stopped.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=50, blank=True, default="")
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        # Staff read this; the path of an address may be a secret of its owner's.
        return f"webhook to {self.host}"

    @property
    def host(self) -> str:
        """Return the host that is called."""
        return urlsplit(self.url).hostname or ""


class WebhookDelivery(models.Model):
    """One message for one webhook: queued -> delivered | failed.

    Its id is the message's, the same at every attempt. `enqueue_number` grows with every enqueue
    and every claim: only who holds the current number may write. next_attempt_at: from when on the
    sweeper takes it if no job does; during an attempt it is when that one counts as lost.
    response_code is the receiver's status, error a code of ours; what it answers is not read.
    """

    class Status(models.TextChoices):
        """Queued until the receiver has answered 2xx, or a day of attempts is over."""

        QUEUED = "queued"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    retouch = models.ForeignKey(
        Retouch, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    type = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    enqueue_number = models.PositiveIntegerField(default=1)
    response_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=50, blank=True, default="")
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        verbose_name_plural = "webhook deliveries"
        indexes: ClassVar = [models.Index(fields=["status", "next_attempt_at"])]

    def __str__(self) -> str:
        return f"delivery {self.id}: {self.status}"
