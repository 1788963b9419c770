"""What the API takes, and the shapes that its schema shows."""

from typing import Any

from rest_framework import serializers

from gallery.api.rows import album_row, photo_row, retouch_row
from gallery.marks import DECISIONS


class AlbumSerializer(serializers.Serializer[Any]):
    """An album."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(max_length=120)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return album_row(instance)


class PhotoSerializer(serializers.Serializer[Any]):
    """A photo; `file` and `album` are taken at the upload."""

    id = serializers.UUIDField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    width = serializers.IntegerField(read_only=True)
    height = serializers.IntegerField(read_only=True)
    bytes = serializers.IntegerField(read_only=True)
    format = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)
    albums = serializers.ListField(child=serializers.UUIDField(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return photo_row(instance)


class PhotoUploadSerializer(serializers.Serializer[Any]):
    """An upload."""

    file = serializers.FileField(allow_empty_file=True)
    album = serializers.UUIDField(required=False)


class CheckpointSerializer(serializers.Serializer[Any]):
    """Which weights were used."""

    name = serializers.CharField()
    sha256 = serializers.CharField()


class ErrorSerializer(serializers.Serializer[Any]):
    """Why a retouch failed."""

    code = serializers.CharField()
    detail = serializers.CharField()


class RetouchSerializer(serializers.Serializer[Any]):
    """A retouch's row."""

    id = serializers.UUIDField()
    photo = serializers.UUIDField()
    recipe = serializers.JSONField()
    checkpoint = CheckpointSerializer()
    version = serializers.IntegerField()
    status = serializers.CharField()
    progress = serializers.FloatField(help_text="0..1")
    queue_position = serializers.IntegerField(allow_null=True, help_text="1 is next")
    attempt = serializers.IntegerField()
    report = serializers.JSONField(allow_null=True)
    error = ErrorSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row; a list's view puts the queue's positions into the context."""
        return retouch_row(instance, self.context.get("positions"))


class RetouchWishSerializer(serializers.Serializer[Any]):
    """A wish for a photo."""

    photo = serializers.UUIDField()
    recipe = serializers.DictField(required=False)


class RecipeChangeSerializer(serializers.Serializer[Any]):
    """Another recipe for the next version."""

    recipe = serializers.DictField()


class MarkSerializer(serializers.Serializer[Any]):
    """A mark in pixels of the upright photo."""

    id = serializers.IntegerField()
    face = serializers.IntegerField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    radius = serializers.FloatField()
    kind = serializers.CharField()
    confidence = serializers.FloatField()
    decision = serializers.CharField()
    decided_by = serializers.CharField()


class MarkDecisionSerializer(serializers.Serializer[Any]):
    """A person's decision on one mark."""

    id = serializers.IntegerField()
    decision = serializers.ChoiceField(choices=DECISIONS)
