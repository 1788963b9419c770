"""REST handlers of groups."""

from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import erasure, groups, selectors
from gallery.api import serializers
from gallery.api.problems import UUID_PATH, problems
from gallery.models import Group, Photo
from gallery.permissions import Action
from gallery.sharing import sitters


class GroupViewSet(viewsets.GenericViewSet[Any]):
    """Groups of the caller: photos that get one tone."""

    serializer_class = serializers.GroupSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's groups."""
        return selectors.groups_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List groups, newest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = serializers.GroupSerializer(page, many=True, context=self._managed(page)).data
        return self.get_paginated_response(rows)

    @extend_schema(
        request=serializers.GroupWishSerializer, responses={202: serializers.GroupSerializer}
    )
    def create(self, request: Request) -> Response:
        """Give photos one tone, the reference's where one is named."""
        wish = serializers.GroupWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        named = wish.validated_data.get("reference")
        reference = selectors.photo_for(request.user, named, Action.EDIT) if named else None
        photos = self._photos(wish.validated_data)
        with problems():
            group = groups.group_create(
                owner=request.user,  # type: ignore[arg-type]
                photos=photos,
                reference=reference,
            )
        return self._answer(group.pk, status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=serializers.SitterWishSerializer, responses={201: serializers.GroupSerializer}
    )
    @action(detail=False, methods=["post"])
    def sitter(self, request: Request) -> Response:
        """Keep photos of one person together, with what was agreed and the day of erasure."""
        wish = serializers.SitterWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        photos = self._photos(wish.validated_data, Action.MANAGE)
        with problems():
            group = sitters.sitter_create(photos=photos, **wish.sitter())
        return self._answer(group.pk, status.HTTP_201_CREATED)

    @extend_schema(
        request=serializers.SitterSerializer, responses={200: serializers.GroupSerializer}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Write down who a group's photos show, what was agreed, and the day of erasure."""
        group = selectors.group_for(request.user, pk, Action.MANAGE)
        wish = serializers.SitterSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        known = {"consent_note": group.consent_note, "delete_by": group.delete_by}
        with problems():
            sitters.sitter_change(group=group, **known | wish.sitter())
        return self._answer(pk, status.HTTP_200_OK)

    @extend_schema(request=None, responses={202: None, 204: None})
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, pk: str) -> Response:
        """Erase all photos of a group and everything made of them, for ever.

        Very many of them go on being erased after the answer, which is 202 then.
        """
        left = erasure.group_erase(group=selectors.group_for(request.user, pk, Action.MANAGE))
        return Response(status=status.HTTP_202_ACCEPTED if left else status.HTTP_204_NO_CONTENT)

    def _photos(self, wish: dict[str, Any], needed: Action = Action.EDIT) -> Iterable[Photo]:
        if "photos" in wish:
            return selectors.photos_named(self.request.user, wish["photos"], needed)
        album = selectors.album_for(self.request.user, wish["album"], needed)
        return selectors.photos_for(self.request.user, needed).filter(albums=album)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one group."""
        return self._answer(pk, status.HTTP_200_OK)

    def _answer(self, pk: Any, code: int) -> Response:
        group = selectors.group_for(self.request.user, pk)
        row = serializers.GroupSerializer(group, context=self._managed([group])).data
        return Response(row, code)

    def _managed(self, groups: Sequence[Group]) -> dict[str, Any]:
        """Return which of some groups are the caller's own: those tell of their sitters."""
        mine = selectors.groups_for(self.request.user, Action.MANAGE)
        chosen = mine.filter(pk__in=[group.pk for group in groups])
        return {"managed": set(chosen.values_list("pk", flat=True))}
