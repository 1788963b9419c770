"""REST handlers of groups."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import groups, selectors
from gallery.api import serializers
from gallery.api.problems import UUID_PATH, problems
from gallery.models import Photo
from gallery.permissions import Action


class GroupViewSet(viewsets.GenericViewSet[Any]):
    """Groups of the caller: photos that get one tone."""

    serializer_class = serializers.GroupSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's groups."""
        return selectors.groups_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List groups, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=serializers.GroupWishSerializer, responses={202: serializers.GroupSerializer}
    )
    def create(self, request: Request) -> Response:
        """Give photos one tone, the reference's where one is named."""
        wish = serializers.GroupWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        named = wish.validated_data.get("reference")
        reference = selectors.photo_for(request.user, named, Action.EDIT) if named else None
        with problems():
            group = groups.group_create(
                owner=request.user,  # type: ignore[arg-type]
                photos=self._photos(wish.validated_data),
                reference=reference,
            )
        return self._answer(group.pk, status.HTTP_202_ACCEPTED)

    def _photos(self, wish: dict[str, Any]) -> Iterable[Photo]:
        if "photos" in wish:
            return selectors.photos_named(self.request.user, wish["photos"], Action.EDIT)
        album = selectors.album_for(self.request.user, wish["album"], Action.EDIT)
        return selectors.photos_for(self.request.user, Action.EDIT).filter(albums=album)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one group."""
        return self._answer(pk, status.HTTP_200_OK)

    def _answer(self, pk: Any, code: int) -> Response:
        group = selectors.group_for(self.request.user, pk)
        return Response(serializers.GroupSerializer(group).data, code)
