"""Photos that get one tone together."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from .photos import Photo
from .retouches import Retouch


class Group(models.Model):
    """Photos of one person and scene that get one tone: queued -> running -> succeeded | failed.

    One that only keeps a sitter's photos together is `kept`: no tone was wished. sitter_name,
    consent_note, delete_by: what the sitter agreed to, and the day on which all of it is erased.
    reference: the photo whose look the others match; glc_before, glc_after: how far the photos
    differ in tone (PPR10K's M_GLC), lower is better; agreed_at: when the tone was agreed on.
    """

    class Status(models.TextChoices):
        """Queued until every photo is analysed."""

        KEPT = "kept"
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="groups_of_photos"
    )
    title = models.CharField(max_length=120, blank=True, default="")
    sitter_name = models.CharField(max_length=120, blank=True, default="")
    consent_note = models.TextField(max_length=2000, blank=True, default="")
    delete_by = models.DateField(null=True, blank=True)
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
        verbose_name = "group of photos"
        verbose_name_plural = "groups of photos"

    def __str__(self) -> str:
        return f"group {self.id}: {self.status}"


class GroupPhoto(models.Model):
    """One photo of a group and the retouch that brings it there; judged: it took part.

    Where no tone was wished for it, as in a group of a sitter's photos, it has no retouch.
    """

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    retouch = models.ForeignKey(
        Retouch, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    judged = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "photo"], name="group_photo_once")
        ]

    def __str__(self) -> str:
        return f"photo {self.photo_id} of {self.group_id}"

    @property
    def wished(self) -> Retouch:
        """Return the retouch; raises ValueError where no tone was wished."""
        if self.retouch is None:
            raise ValueError(f"group {self.group_id} wished no tone for photo {self.photo_id}")
        return self.retouch

    @property
    def is_left_out(self) -> bool:
        """Return whether a tone was wished for it, in which it took no part (yet)."""
        return self.retouch_id is not None and not self.judged
