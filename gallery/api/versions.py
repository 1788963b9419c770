"""What the API takes and shows of versions, and of settings taken to other photos."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from rest_framework import serializers

from gallery.api.rows import retouch_rows
from gallery.api.serializers import RetouchSerializer


class VersionSerializer(serializers.Serializer[Any]):
    """A finished version."""

    version = serializers.IntegerField(source="number")
    recipe = serializers.DictField()
    checkpoint = serializers.CharField(source="checkpoint_name")
    report = serializers.DictField()
    finished_at = serializers.DateTimeField(default_timezone=UTC)


class RestoreWishSerializer(serializers.Serializer[Any]):
    """Which finished version to go back to."""

    version = serializers.IntegerField(min_value=1)


class CopyWishSerializer(serializers.Serializer[Any]):
    """Photos that are to get the same strengths: an album's, or those named."""

    album = serializers.UUIDField(required=False)
    photos = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take either an album or photos."""
        if ("album" in attrs) == ("photos" in attrs):
            raise serializers.ValidationError("Send either album or photos.")
        return attrs


class CopiedSerializer(serializers.Serializer[Any]):
    """A retouch that got the strengths, and the finished version to go back to, if any."""

    retouch = RetouchSerializer()
    restorable = serializers.IntegerField(allow_null=True)


def copied_rows(copied: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the photos that settings were taken to, asking the queue once."""
    rows = retouch_rows(one["retouch"] for one in copied)
    return [
        {"retouch": row, "restorable": one["restorable"]}
        for row, one in zip(rows, copied, strict=True)
    ]
