"""Albums and the photos in them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Album(models.Model):
    """A person's named collection of photos.

    `recipe` is that of retouches which begin here, empty for the defaults; `retouch_on_upload`
    says whether they begin with the upload.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="albums"
    )
    title = models.CharField(max_length=120)
    recipe = models.JSONField(default=dict, blank=True)
    retouch_on_upload = models.BooleanField(default=True)
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
