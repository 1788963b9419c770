"""Albums, photos, analyses, retouches and their finished versions."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Album(models.Model):
    """A person's named collection of photos."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="albums"
    )
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.title


class Photo(models.Model):
    """An uploaded original: immutable, once per owner, its bytes private.

    `deleted_at` set means that it lies in the trash. `has_preview` says that a worker has made
    the small pictures that pages show.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="photos"
    )
    albums = models.ManyToManyField(Album, related_name="photos")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200)
    has_preview = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="photo_once_per_owner")
        ]

    def __str__(self) -> str:
        # Staff read this on pages, who are not told what people call their photos.
        return f"photo {self.id}"


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


class Retouch(models.Model):
    """A person's wish for one photo. The row is the truth; the queue only carries its id.

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
        indexes: ClassVar = [models.Index(fields=["status", "queued_at"])]

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
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retouch", "number"], name="retouch_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.retouch_id}"


class Group(models.Model):
    """Photos of one person and scene that get one tone: queued -> running -> succeeded | failed.

    reference: the photo whose look the others match; glc_before, glc_after: how far the photos
    differ in tone (PPR10K's M_GLC), lower is better; agreed_at: when the tone was agreed on.
    """

    class Status(models.TextChoices):
        """Queued until every photo is analysed."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="groups_of_photos"
    )
    title = models.CharField(max_length=120, blank=True, default="")
    photos = models.ManyToManyField(Photo, through="GroupPhoto", related_name="groups")
    reference = models.ForeignKey(
        Photo, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    enqueue_number = models.PositiveIntegerField(default=0)
    glc_before = models.FloatField(null=True, blank=True)
    glc_after = models.FloatField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True, default="")
    error_detail = models.TextField(blank=True, default="")
    queued_at = models.DateTimeField(auto_now_add=True)
    created_at = models.DateTimeField(auto_now_add=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"group {self.id}: {self.status}"


class GroupPhoto(models.Model):
    """One photo of a group and the retouch that brings it there; judged: it took part."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    retouch = models.ForeignKey(Retouch, on_delete=models.CASCADE, related_name="memberships")
    judged = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "photo"], name="group_photo_once")
        ]

    def __str__(self) -> str:
        return f"photo {self.photo_id} of {self.group_id}"
