"""REST handlers of files made for download."""

from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors
from gallery.api.problems import UUID_PATH
from gallery.api.serializers import ErrorSerializer
from gallery.api.tiles import errand_error
from gallery.file_responses import file_response
from gallery.models import Errand, Export


class ExportOptionsSerializer(serializers.Serializer[Any]):
    """How a version is written; what is left out takes its default."""

    format = serializers.CharField(
        required=False, default="original", help_text="original, jpeg, png, webp or avif"
    )
    quality = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100)
    long_side = serializers.IntegerField(
        required=False, allow_null=True, help_text="pixels; nothing is enlarged"
    )
    metadata = serializers.CharField(
        required=False, default="no_gps", help_text="no_gps, keep_gps or none"
    )
    layers = serializers.CharField(
        required=False, allow_null=True, help_text="openraster, tiff or null"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is not known, instead of writing another file than was meant."""
        unknown = sorted(set(self.initial_data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError(f"Unknown key {unknown[0]!r}.")
        return attrs


class ExportSerializer(serializers.Serializer[Any]):
    """A file that is made, or kept for some hours; `file/` gives it once it succeeded."""

    id = serializers.UUIDField()
    retouch = serializers.UUIDField()
    version = serializers.IntegerField()
    options = ExportOptionsSerializer()
    status = serializers.CharField()
    progress = serializers.FloatField(help_text="0..1")
    file_name = serializers.CharField()
    bytes = serializers.IntegerField()
    error = ErrorSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Export) -> dict[str, Any]:
        """Return the row."""
        return {
            "id": str(instance.pk),
            "retouch": str(instance.version.retouch_id),
            "version": instance.version.number,
            "options": instance.options,
            "status": instance.status,
            "progress": instance.progress,
            "file_name": instance.file_name,
            "bytes": instance.bytes,
            "error": errand_error(instance),
            "created_at": instance.created_at,
            "finished_at": instance.finished_at,
        }


class ExportViewSet(viewsets.GenericViewSet[Any]):
    """Files that the caller wished."""

    serializer_class = ExportSerializer
    lookup_value_regex = UUID_PATH
    queryset = Export.objects.none()

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return how far the file is."""
        return Response(ExportSerializer(selectors.export_for(request.user, pk)).data)

    @extend_schema(responses={200: OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> FileResponse:
        """Return the file; 404 until it is made and after its hours are over."""
        export = selectors.export_for(request.user, pk)
        if export.status != Errand.Status.SUCCEEDED:
            raise Http404
        return file_response(
            export.file,
            content_type=export.content_type,
            file_name=export.file_name,
            etag=export.sha256,
            download=True,
        )
