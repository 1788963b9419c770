"""REST handlers of photos."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors, services, tiles
from gallery.api import serializers
from gallery.api.problems import UUID_PATH, problems
from gallery.api.tiles import TileSetSerializer
from gallery.permissions import Action


class PhotoViewSet(viewsets.GenericViewSet[Any]):
    """Photos of the caller."""

    serializer_class = serializers.PhotoSerializer
    parser_classes = [MultiPartParser]
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's photos, or those of the album that `album` names."""
        album = self.request.query_params.get("album")
        if not album:
            return selectors.photos_for(self.request.user, Action.MANAGE)
        named = selectors.album_for(self.request.user, album)
        return selectors.photos_for(self.request.user).filter(albums=named)

    @extend_schema(parameters=[OpenApiParameter("album", OpenApiTypes.UUID)])
    def list(self, request: Request) -> Response:
        """List photos, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=serializers.PhotoUploadSerializer,
        responses={200: serializers.PhotoSerializer, 201: serializers.PhotoSerializer},
    )
    def create(self, request: Request) -> Response:
        """Upload a photo: 201, or 200 and the existing photo for bytes that are here already."""
        wish = serializers.PhotoUploadSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        album_id = wish.validated_data.get("album")
        album = selectors.album_for(request.user, album_id, Action.EDIT) if album_id else None
        file = wish.validated_data["file"]
        with problems():
            photo, created = services.photo_create(
                owner=album.owner if album else request.user,  # type: ignore[arg-type]
                file=file.file,
                name=file.name,
                album=album,
            )
        photo = selectors.photo_for(request.user, photo.pk)
        answer = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(photo).data, answer)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one photo."""
        return Response(self.get_serializer(selectors.photo_for(request.user, pk)).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Put a photo into the trash."""
        services.photo_trash(photo=selectors.photo_for(request.user, pk, Action.MANAGE))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: TileSetSerializer})
    @action(detail=True, methods=["post"])
    def tiles(self, request: Request, pk: str) -> Response:
        """Ask for the tiles of the original."""
        made = tiles.tiles_request(photo=selectors.photo_for(request.user, pk, Action.COMPARE))
        return Response(TileSetSerializer(made).data, status.HTTP_202_ACCEPTED)
