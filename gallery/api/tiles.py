"""REST handlers of tiles: what is there of a picture, and one tile's bytes."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors, tiles
from gallery.api.problems import UUID_PATH
from gallery.api.serializers import ErrorSerializer
from gallery.file_responses import bytes_response
from gallery.models import Errand, TileSet
from gallery.sentences import said

PLACE = r"(?P<level>\d{1,2})/(?P<column>\d{1,4})/(?P<row>\d{1,4})"


class TileLevelSerializer(serializers.Serializer[Any]):
    """One size of a picture; its tiles have 512 pixels, less at the right and lower edge."""

    width = serializers.IntegerField()
    height = serializers.IntegerField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()


class TileSetSerializer(serializers.Serializer[Any]):
    """The tiles of one picture, from its full size down, once they are made."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    levels = TileLevelSerializer(many=True)
    error = ErrorSerializer(allow_null=True)

    def to_representation(self, instance: TileSet) -> dict[str, Any]:
        """Return the row without what only the server needs."""
        return {
            "id": str(instance.pk),
            "status": instance.status,
            "levels": [TileLevelSerializer(level).data for level in instance.levels],
            "error": errand_error(instance),
        }


def errand_error(errand: Errand) -> dict[str, str] | None:
    """Return why an errand failed; None unless it did."""
    if errand.status != Errand.Status.FAILED:
        return None
    return {"code": errand.error_code, "detail": said(errand.error_detail)}


class TileSetViewSet(viewsets.GenericViewSet[Any]):
    """Tiles of pictures that the caller may see."""

    serializer_class = TileSetSerializer
    lookup_value_regex = UUID_PATH
    queryset = TileSet.objects.none()

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return whether the tiles are made, and their levels."""
        return Response(TileSetSerializer(selectors.tiles_for(request.user, pk)).data)

    @extend_schema(
        operation_id="tiles_tile_retrieve",
        parameters=[
            OpenApiParameter(name, int, OpenApiParameter.PATH)
            for name in ("level", "column", "row")
        ],
        responses={(200, tiles.CONTENT_TYPE): OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["get"], url_path=PLACE)
    def tile(self, request: Request, pk: str, level: str, column: str, row: str) -> HttpResponse:
        """Return one tile as a JPEG in sRGB; level 0 is the full size."""
        found = selectors.tiles_for(request.user, pk)
        data = tiles.tile_read(found, int(level), int(column), int(row))
        if data is None:
            raise Http404
        etag = f"{found.pk}-{found.enqueue_number}-{level}-{column}-{row}"
        return bytes_response(data, content_type=tiles.CONTENT_TYPE, etag=etag)
