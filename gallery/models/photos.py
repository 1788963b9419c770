"""Albums and the photos in them."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class LivingAlbums(models.Manager["Album"]):
    """Albums outside the trash."""

    def get_queryset(self) -> models.QuerySet["Album"]:
        """Leave out what lies in the trash."""
        return super().get_queryset().filter(deleted_at=None)


class Album(models.Model):
    """A person's named collection of photos.

    `deleted_at` set means that it lies in the trash: only `with_trashed` finds it there. `cover`
    is a photo that somebody chose; `position` is the place by hand, 0 before anybody moved it.
    `recipe` is that of retouches which begin here, empty for the defaults; `retouch_on_upload`
    says whether they begin with the upload.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="albums"
    )
    title = models.CharField(max_length=120)
    cover = models.ForeignKey(
        "Photo", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    position = models.PositiveIntegerField(default=0)
    recipe = models.JSONField(default=dict, blank=True)
    retouch_on_upload = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = LivingAlbums()
    with_trashed: ClassVar[models.Manager["Album"]] = models.Manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.title


class Photo(models.Model):
    """An uploaded original: immutable, once per owner, its bytes private.

    `deleted_at` set means that it lies in the trash. `has_preview` says that a worker has made
    the small pictures that pages show, `has_thumbnails` those of grids, which came later.
    `preview_number` counts how often these were enqueued alone.
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
    has_thumbnails = models.BooleanField(default=False)
    preview_number = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="photo_once_per_owner")
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "deleted_at", "-created_at"])]

    def __str__(self) -> str:
        # Staff read this on pages, who are not told what people call their photos.
        return f"photo {self.id}"
