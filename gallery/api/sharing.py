"""REST handlers of roles on albums, share links and what guests say."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors
from gallery.api import sharing_serializers as serializers
from gallery.api.problems import UUID_PATH, problems
from gallery.models import Album, AlbumRole, ShareLink
from gallery.permissions import Action
from gallery.sharing import links, roles

ALBUM = OpenApiParameter("album_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
ROLE = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


@extend_schema(parameters=[ALBUM])
class RoleViewSet(viewsets.GenericViewSet[Any]):
    """Who else may see or edit an album; its owner alone reads and changes this."""

    serializer_class = serializers.RoleSerializer
    queryset = AlbumRole.objects.none()

    def list(self, request: Request, album_id: str) -> Response:
        """List roles, newest first; none says whether its address has an account."""
        page = self.paginate_queryset(selectors.roles_of(self._album(album_id)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses={200: serializers.RoleSerializer, 201: serializers.RoleSerializer})
    def create(self, request: Request, album_id: str) -> Response:
        """Give an address a role: 201, or 200 where it had one, which changes."""
        album = self._album(album_id)
        wish = self.get_serializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            role, created = roles.role_give(album=album, **wish.validated_data)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(role).data, code)

    @extend_schema(parameters=[ALBUM, ROLE], request=serializers.RoleChangeSerializer)
    def partial_update(self, request: Request, album_id: str, pk: str) -> Response:
        """Change a role."""
        role = selectors.role_of(self._album(album_id), pk)
        wish = serializers.RoleChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        changed = roles.role_change(
            role=role,
            to=wish.validated_data.get("role"),
            may_download=wish.validated_data.get("may_download"),
        )
        return Response(self.get_serializer(changed).data)

    @extend_schema(parameters=[ALBUM, ROLE])
    def destroy(self, request: Request, album_id: str, pk: str) -> Response:
        """Take a role away."""
        roles.role_remove(role=selectors.role_of(self._album(album_id), pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    def leave(self, request: Request, album_id: str) -> Response:
        """Give one's own role on an album back."""
        album = selectors.album_for(request.user, album_id)
        roles.album_leave(album=album, person=request.user)  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _album(self, album_id: str) -> Album:
        return selectors.album_for(self.request.user, album_id, Action.MANAGE)


class ShareViewSet(viewsets.GenericViewSet[Any]):
    """Share links of the caller."""

    serializer_class = serializers.ShareSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's links, open and ended."""
        return selectors.links_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List links, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=serializers.ShareWishSerializer, responses={201: serializers.NewShareSerializer}
    )
    def create(self, request: Request) -> Response:
        """Share an album or photos; `url` is told in this answer alone."""
        wish = serializers.ShareWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        wanted = dict(wish.validated_data)
        album, photos = wanted.pop("album", None), wanted.pop("photos", [])
        if album is not None:
            album = selectors.album_for(request.user, album, Action.MANAGE)
        with problems():
            link, token = links.link_create(
                owner=request.user,  # type: ignore[arg-type]
                album=album,
                photos=selectors.photos_named(request.user, photos, Action.MANAGE),
                **wanted,
            )
        return self._new(link, token, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one link."""
        return Response(self.get_serializer(self._link(pk)).data)

    @extend_schema(
        request=serializers.ShareChangeSerializer, responses={200: serializers.ShareSerializer}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a link; another password ends what the old one opened."""
        link = self._link(pk)
        wish = serializers.ShareChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            links.link_change(link=link, **wish.validated_data)
        return Response(self.get_serializer(self._link(pk)).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a link for ever; what guests said stays."""
        links.link_revoke(link=self._link(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: serializers.NewShareSerializer})
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, pk: str) -> Response:
        """Replace a link's address by a new one; the old one ends at once."""
        link = self._link(pk)
        with problems():
            token = links.link_renew(link=link)
        return self._new(self._link(pk), token, status.HTTP_200_OK)

    @extend_schema(responses=serializers.FeedbackSerializer(many=True))
    @action(detail=True, methods=["get"])
    def feedback(self, request: Request, pk: str) -> Response:
        """List what guests said by this link, newest first."""
        link = self._link(pk)
        rows = selectors.feedback_for(request.user).filter(guest__share=link)
        page = self.paginate_queryset(rows.select_related("guest"))
        return self.get_paginated_response(serializers.FeedbackSerializer(page, many=True).data)

    def _link(self, pk: str) -> ShareLink:
        return selectors.link_for(self.request.user, pk)

    def _new(self, link: ShareLink, token: str, code: int) -> Response:
        context = {"token": token, "request": self.request}
        return Response(serializers.NewShareSerializer(link, context=context).data, code)
