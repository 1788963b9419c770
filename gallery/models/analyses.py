"""What the networks found on a photo, and the files made of it."""

import uuid
from typing import ClassVar

from django.db import models

from .photos import Photo


class Analysis(models.Model):
    """One run of the networks on one photo; its files lie privately in `folder`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="analyses")
    checkpoint_sha256 = models.CharField(max_length=64)
    tone_checkpoint_sha256 = models.CharField(max_length=64, blank=True, default="")
    engine_version = models.CharField(max_length=20)
    folder = models.CharField(max_length=200)
    files = models.JSONField(default=list)
    bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["photo", "checkpoint_sha256", "tone_checkpoint_sha256", "engine_version"],
                name="analysis_once",
            )
        ]

    def __str__(self) -> str:
        return f"analysis of {self.photo_id}"


class Rendition(models.Model):
    """A finished file: unique for an analysis, a recipe and people's decisions.

    tone: the file by which a page shows `light` at any strength, "" where the light is good.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="renditions")
    recipe_hash = models.CharField(max_length=64)
    decisions_hash = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    preview = models.CharField(max_length=200)
    has_thumbnails = models.BooleanField(default=False)
    tone = models.CharField(max_length=200, blank=True, default="")
    content_type = models.CharField(max_length=40)
    extension = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["analysis", "recipe_hash", "decisions_hash"], name="rendition_once"
            )
        ]

    def __str__(self) -> str:
        return f"rendition {self.id}"
