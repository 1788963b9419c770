"""REST handlers of presets."""

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import presets, selectors
from gallery.api.problems import UUID_PATH, problems


class PresetSerializer(serializers.Serializer[Any]):
    """Settings under a name; `recipe` is stored complete, without an output format."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=presets.LONGEST_NAME)
    recipe = serializers.DictField()
    created_at = serializers.DateTimeField(read_only=True, default_timezone=UTC)


class BuiltInPresetSerializer(serializers.Serializer[Any]):
    """A preset that everybody has."""

    name = serializers.CharField()
    recipe = serializers.DictField()


class PresetViewSet(viewsets.GenericViewSet[Any]):
    """The caller's own presets."""

    serializer_class = PresetSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's presets."""
        return selectors.presets_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List one's own presets, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(PresetSerializer(page, many=True).data)

    @extend_schema(responses={200: BuiltInPresetSerializer(many=True)}, filters=False)
    @action(detail=False, methods=["get"], url_path="built-in", pagination_class=None)
    def built_in(self, request: Request) -> Response:
        """List the presets that everybody has."""
        return Response(presets.built_in_presets())

    def create(self, request: Request) -> Response:
        """Save settings under a name."""
        wish = PresetSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            preset = presets.preset_create(
                owner=request.user,  # type: ignore[arg-type]
                **wish.validated_data,
            )
        return Response(PresetSerializer(preset).data, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one preset."""
        return Response(PresetSerializer(selectors.preset_for(request.user, pk)).data)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename a preset or change what it holds."""
        preset = selectors.preset_for(request.user, pk)
        wish = PresetSerializer(data=request.data, partial=True)
        wish.is_valid(raise_exception=True)
        with problems():
            presets.preset_change(preset=preset, **wish.validated_data)
        return Response(PresetSerializer(preset).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a preset."""
        presets.preset_delete(preset=selectors.preset_for(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
