"""Uploads that arrive in pieces."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .photos import Album, Photo
from .retouches import Retouch


class Upload(models.Model):
    """A file on its way: `offset` of `length` bytes are here; its bytes lie in a partial file.

    receiving -> complete (every byte is here, not yet a photo) -> finished (`photo` is set). Who
    refuses the file or lets it expire deletes the row. `owner` is who sends it; the photo belongs
    to the album's owner where there is an album. `starts_retouch` is the wish to retouch it at
    once; `known` says that the bytes were here already.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    album = models.ForeignKey(
        Album, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    starts_retouch = models.BooleanField(default=False)
    length = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    photo = models.ForeignKey(
        Photo, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    retouch = models.ForeignKey(
        Retouch, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    known = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["expires_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(offset__lte=F("length")), name="upload_offset_within_length"
            )
        ]

    def __str__(self) -> str:
        return f"upload {self.id}: {self.offset} of {self.length} bytes"
