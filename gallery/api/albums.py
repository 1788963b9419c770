"""REST handlers of albums."""

from typing import Any

from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors, services
from gallery.api import serializers
from gallery.api.problems import UUID_PATH
from gallery.permissions import Action


class AlbumViewSet(viewsets.GenericViewSet[Any]):
    """Albums of the caller."""

    serializer_class = serializers.AlbumSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's albums."""
        return selectors.albums_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List albums, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        """Create an album."""
        wish = self.get_serializer(data=request.data)
        wish.is_valid(raise_exception=True)
        album = services.album_create(owner=request.user, title=wish.validated_data["title"])  # type: ignore[arg-type]
        return Response(self.get_serializer(album).data, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one album."""
        return Response(self.get_serializer(selectors.album_for(request.user, pk)).data)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename an album."""
        album = selectors.album_for(request.user, pk, Action.EDIT)
        wish = self.get_serializer(data=request.data)
        wish.is_valid(raise_exception=True)
        services.album_rename(album=album, title=wish.validated_data["title"])
        return Response(self.get_serializer(album).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an album; its photos stay."""
        services.album_delete(album=selectors.album_for(request.user, pk, Action.MANAGE))
        return Response(status=status.HTTP_204_NO_CONTENT)
