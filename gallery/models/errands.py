"""Small pieces of work that a worker does for a page: tiles to zoom into, files to download."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from .analyses import Rendition
from .photos import Photo
from .retouches import RetouchVersion


class Errand(models.Model):
    """A row that a worker turns into a file: queued -> running -> succeeded | failed.

    As with retouches the row is the truth: `enqueue_number` is the fencing token of the job, and
    `attempt` counts its claims since it was wished.
    """

    class Status(models.TextChoices):
        """Where the errand stands."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0.0)
    attempt = models.PositiveIntegerField(default=0)
    enqueue_number = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=50, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")
    file = models.CharField(max_length=200, blank=True, default="")
    bytes = models.PositiveBigIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}: {self.status}"


class TileSet(Errand):
    """A picture cut into tiles: the photo's original, or a rendition where there is one.

    The tiles lie one after the other in `file`; `levels` says where: from the full size down, each
    {"width", "height", "columns", "rows", "ends"}, the ends in row order.
    """

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="tile_sets")
    rendition = models.ForeignKey(
        Rendition, on_delete=models.CASCADE, null=True, blank=True, related_name="tile_sets"
    )
    levels = models.JSONField(default=list)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["photo"],
                condition=models.Q(rendition__isnull=True),
                name="tiles_of_original_once",
            ),
            models.UniqueConstraint(
                fields=["rendition"],
                condition=models.Q(rendition__isnull=False),
                name="tiles_of_rendition_once",
            ),
        ]


class Export(Errand):
    """A version written for download as a person wished it; its file is kept for some hours."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    version = models.ForeignKey(RetouchVersion, on_delete=models.CASCADE, related_name="exports")
    options = models.JSONField()
    file_name = models.CharField(max_length=255, blank=True, default="")
    content_type = models.CharField(max_length=40, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-created_at"]
