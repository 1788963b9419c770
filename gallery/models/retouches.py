"""People's wishes and their finished versions."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from .analyses import Analysis, Rendition
from .photos import Photo


class Retouch(models.Model):
    """A person's wish for one photo. The row is the truth; the queue only carries its id.

    `owner` is the photo's; `requested_by` is who wished it, an editor of the album perhaps.
    queued -> running -> succeeded | failed | cancelled; retry, change and again lead back to
    queued. `enqueue_number` grows with every enqueue and is never reset: only the job that
    carries the current number may write. `attempt` counts the claims of the current version.
    `carried_decisions` are those made on another analysis, by place, until the new one is there.
    `analysis` is the one that its versions stand on, once it is made. `look` is what a group
    agreed on: {"group", "anchor", "decisions"}.
    """

    class Status(models.TextChoices):
        """Where the current version stands."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="retouches"
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="retouches")
    recipe = models.JSONField()
    recipe_hash = models.CharField(max_length=64)
    decisions = models.JSONField(default=dict, blank=True)
    carried_decisions = models.JSONField(default=list, blank=True)
    look = models.JSONField(null=True, blank=True)
    checkpoint_name = models.CharField(max_length=100)
    checkpoint_sha256 = models.CharField(max_length=64)
    analysis = models.ForeignKey(
        Analysis, on_delete=models.SET_NULL, null=True, blank=True, related_name="retouches"
    )
    version = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveIntegerField(default=0)
    enqueue_number = models.PositiveIntegerField(default=1)
    error_code = models.CharField(max_length=50, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")
    queued_at = models.DateTimeField(auto_now_add=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        verbose_name_plural = "retouches"
        indexes: ClassVar = [
            models.Index(fields=["status", "queued_at"]),
            models.Index(fields=["status", "finished_at"]),
        ]

    def __str__(self) -> str:
        return f"retouch {self.id} version {self.version}: {self.status}"


class IdempotencyKey(models.Model):
    """A program's name for one wish: sent again, it gives the row that the first one got."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    wish_hash = models.CharField(max_length=64)
    retouch = models.ForeignKey(Retouch, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return self.key


class RetouchVersion(models.Model):
    """A finished version of a retouch: what was asked and the rendition that answers it."""

    retouch = models.ForeignKey(Retouch, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    recipe = models.JSONField()
    decisions = models.JSONField(default=dict, blank=True)
    look = models.JSONField(null=True, blank=True)
    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="versions")
    checkpoint_name = models.CharField(max_length=100)
    report = models.JSONField(default=dict)
    finished_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retouch", "number"], name="retouch_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.retouch_id}"
