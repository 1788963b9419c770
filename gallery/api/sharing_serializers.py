"""What the API takes and shows of roles, share links and guests' words."""

from datetime import UTC
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from gallery.api.rows import feedback_row, role_row, share_row
from gallery.models import AlbumRole
from gallery.sharing.links import LONGEST_PASSWORD


class RoleSerializer(serializers.Serializer[Any]):
    """A role on an album."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.CharField(max_length=254)
    role = serializers.ChoiceField(choices=AlbumRole.Role.choices, default="viewer")
    may_download = serializers.BooleanField(default=True)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return role_row(instance)


class RoleChangeSerializer(serializers.Serializer[Any]):
    """What changes of a role."""

    role = serializers.ChoiceField(choices=AlbumRole.Role.choices, required=False)
    may_download = serializers.BooleanField(required=False)


class ShareChangeSerializer(serializers.Serializer[Any]):
    """A share link's settings."""

    title = serializers.CharField(max_length=120, required=False)
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default_timezone=UTC,
        help_text="UTC where it names no zone",
    )
    password = serializers.CharField(
        max_length=LONGEST_PASSWORD,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        write_only=True,
        help_text='"" takes it away',
    )
    may_download = serializers.BooleanField(required=False)
    shows_originals = serializers.BooleanField(required=False)


class ShareWishSerializer(ShareChangeSerializer):
    """A new link: to an album, or to some photos."""

    album = serializers.UUIDField(required=False)
    photos = serializers.ListField(child=serializers.UUIDField(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take either an album or photos."""
        if ("album" in attrs) == ("photos" in attrs):
            raise serializers.ValidationError("Send either album or photos.")
        return attrs


class ShareSerializer(serializers.Serializer[Any]):
    """A share link's row."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    album = serializers.UUIDField(allow_null=True)
    photos = serializers.ListField(child=serializers.UUIDField())
    has_password = serializers.BooleanField()
    may_download = serializers.BooleanField()
    shows_originals = serializers.BooleanField()
    is_open = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return share_row(instance)


class NewShareSerializer(ShareSerializer):
    """A new link's row with its address, which is shown once."""

    url = serializers.URLField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row with the address."""
        path = reverse("gallery:share", args=[self.context["token"]])
        url = self.context["request"].build_absolute_uri(path)
        return {**super().to_representation(instance), "url": url}


class FeedbackSerializer(serializers.Serializer[Any]):
    """What a guest says of a photo."""

    id = serializers.UUIDField()
    photo = serializers.UUIDField()
    share = serializers.UUIDField()
    guest = serializers.CharField()
    verdict = serializers.CharField()
    comment = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return feedback_row(instance)
