"""What the API takes, and the shapes that its schema shows."""

from typing import Any

from rest_framework import serializers

from gallery.api.rows import album_row, group_row, photo_row, retouch_row, upload_row
from gallery.marks import DECISIONS


class AlbumSerializer(serializers.Serializer[Any]):
    """An album."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(max_length=120)
    cover = serializers.UUIDField(read_only=True, allow_null=True)
    recipe = serializers.DictField(required=False, help_text="of retouches that begin here")
    retouch_on_upload = serializers.BooleanField(required=False)
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
    taken_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="from EXIF, once a worker has read the photo"
    )
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


class MarkDecisionSerializer(serializers.Serializer[Any]):
    """A person's decision on one mark."""

    id = serializers.IntegerField()
    decision = serializers.ChoiceField(choices=DECISIONS)


class RecipeChangeSerializer(serializers.Serializer[Any]):
    """Another recipe for the next version, and decisions on marks that go with it."""

    recipe = serializers.DictField()
    decisions = MarkDecisionSerializer(many=True, required=False)


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


class GroupWishSerializer(serializers.Serializer[Any]):
    """Photos that are to get one tone: an album's, or those named."""

    album = serializers.UUIDField(required=False)
    photos = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)
    reference = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take either an album or photos."""
        if ("album" in attrs) == ("photos" in attrs):
            raise serializers.ValidationError("Send either album or photos.")
        return attrs


class SitterSerializer(serializers.Serializer[Any]):
    """Who a group's photos show, what was agreed, and the day on which all of it is erased."""

    sitter_name = serializers.CharField(max_length=120)
    consent_note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    delete_by = serializers.DateField(required=False, allow_null=True)

    def sitter(self) -> dict[str, Any]:
        """Return what was sent of the sitter."""
        names = ("sitter_name", "consent_note", "delete_by")
        sent = self.validated_data
        return {name: sent[name] for name in names if name in sent}


class SitterWishSerializer(SitterSerializer):
    """Photos of one sitter: an album's, or those named."""

    album = serializers.UUIDField(required=False)
    photos = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take either an album or photos."""
        if ("album" in attrs) == ("photos" in attrs):
            raise serializers.ValidationError("Send either album or photos.")
        return attrs


class GroupSerializer(serializers.Serializer[Any]):
    """A group's row."""

    id = serializers.UUIDField()
    photos = serializers.ListField(child=serializers.UUIDField())
    reference = serializers.UUIDField(allow_null=True)
    status = serializers.CharField()
    progress = serializers.FloatField(help_text="0..1")
    glc_before = serializers.FloatField(allow_null=True, help_text="M_GLC, lower is better")
    glc_after = serializers.FloatField(allow_null=True)
    failed = serializers.ListField(child=serializers.DictField())
    error = ErrorSerializer(allow_null=True)
    sitter_name = serializers.CharField()
    consent_note = serializers.CharField()
    delete_by = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return group_row(instance, tells_sitter=instance.pk in self.context["managed"])


class ToneSerializer(serializers.Serializer[Any]):
    """By what a page shows `light`: a 3D table as a PNG, and a grid of gains in stops."""

    size = serializers.IntegerField()
    lut = serializers.CharField(help_text="data URL: red right, green down, blue in steps of size")
    log_gain = serializers.ListField(help_text="rows, columns, brightness from dark to light")


class UploadSerializer(serializers.Serializer[Any]):
    """An upload on its way, or finished."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    album = serializers.UUIDField(allow_null=True)
    length = serializers.IntegerField(help_text="bytes")
    offset = serializers.IntegerField(help_text="bytes that are here")
    photo = PhotoSerializer(allow_null=True)
    retouch = RetouchSerializer(allow_null=True)
    already_here = serializers.BooleanField(help_text="the bytes were here before")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return the row."""
        return upload_row(instance)


class KnownFilesSerializer(serializers.Serializer[Any]):
    """Files that may be here already."""

    sha256 = serializers.ListField(
        child=serializers.RegexField("^[0-9a-f]{64}$"), min_length=1, max_length=100
    )
    album = serializers.UUIDField(required=False, allow_null=True)
    retouch = serializers.ChoiceField(choices=["start", "wait"], default="wait")


class KnownPhotoSerializer(serializers.Serializer[Any]):
    """A photo that is here, with the retouch that was wished for it."""

    photo = PhotoSerializer()
    retouch = RetouchSerializer(allow_null=True)


class WaitingSerializer(serializers.Serializer[Any]):
    """Whose waiting photos: an album's, or all."""

    album = serializers.UUIDField(required=False, allow_null=True)


class BegunSerializer(serializers.Serializer[Any]):
    """Retouches that were wished now, and how many photos still wait."""

    retouches = RetouchSerializer(many=True)
    waiting = serializers.IntegerField()
