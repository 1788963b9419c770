"""REST handlers of albums."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf_serializers
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import albums, selectors, services
from gallery.api import serializers
from gallery.api.problems import UUID_PATH, problems
from gallery.permissions import Action


class AlbumCoverSerializer(drf_serializers.Serializer[Any]):
    """Which photo an album shows."""

    photo = drf_serializers.UUIDField(allow_null=True)


class AlbumOrderSerializer(drf_serializers.Serializer[Any]):
    """Albums from first to last."""

    albums = drf_serializers.ListField(
        child=drf_serializers.UUIDField(), max_length=2000, allow_empty=False
    )


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
        """Rename an album, or set what begins with an upload into it."""
        album = selectors.album_for(request.user, pk, Action.EDIT)
        wish = self.get_serializer(data=request.data, partial=True)
        wish.is_valid(raise_exception=True)
        changes = dict(wish.validated_data)
        title = changes.pop("title", None)
        with problems():
            if changes:
                services.album_upload_settings(album=album, **changes)
            if title is not None:
                services.album_rename(album=album, title=title)
        return Response(self.get_serializer(album).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Put an album into the trash; its photos stay."""
        albums.album_delete(album=selectors.album_for(request.user, pk, Action.MANAGE))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: serializers.AlbumSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take an album out of the trash, with the photos that lay in it."""
        albums.album_restore(album=selectors.trashed_album_for(request.user, pk))
        return Response(self.get_serializer(selectors.album_for(request.user, pk)).data)

    @extend_schema(request=AlbumCoverSerializer, responses={200: serializers.AlbumSerializer})
    @action(detail=True, methods=["post"])
    def cover(self, request: Request, pk: str) -> Response:
        """Choose one of the album's photos as its cover; null shows the newest one again."""
        album = selectors.album_for(request.user, pk, Action.EDIT)
        wish = AlbumCoverSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        photo = wish.validated_data["photo"]
        inside = selectors.photos_for(request.user).filter(albums=album)
        albums.album_cover(
            album=album, photo=get_object_or_404(inside, pk=photo) if photo else None
        )
        return Response(self.get_serializer(album).data)

    @extend_schema(request=AlbumOrderSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def order(self, request: Request) -> Response:
        """Set the order by hand: the named albums as they are named, the others after them."""
        wish = AlbumOrderSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        albums.albums_order(
            albums=selectors.albums_in_order(request.user, wish.validated_data["albums"])
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
