"""REST handlers of retouches and their marks."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import exports, marks, selectors, services, storage, tiles, versions
from gallery.analyses import page_layers_name
from gallery.api import serializers
from gallery.api.exports import ExportOptionsSerializer, ExportSerializer
from gallery.api.problems import UUID_PATH, problems
from gallery.api.tiles import TileSetSerializer
from gallery.api.versions import (
    CopiedSerializer,
    CopyWishSerializer,
    RestoreWishSerializer,
    VersionSerializer,
    copied_rows,
)
from gallery.batches import BatchAction, batch_check_size
from gallery.file_responses import file_response
from gallery.models import Photo, RetouchVersion
from gallery.permissions import Action, Person
from job_queue.queue import queue_positions


class RetouchViewSet(viewsets.GenericViewSet[Any]):
    """Retouches of the caller."""

    serializer_class = serializers.RetouchSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's retouches."""
        return selectors.retouches_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List retouches, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        context = {"positions": queue_positions()}
        rows = serializers.RetouchSerializer(page, many=True, context=context).data
        return self.get_paginated_response(rows)

    @extend_schema(
        request=serializers.RetouchWishSerializer,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={200: serializers.RetouchSerializer, 202: serializers.RetouchSerializer},
    )
    def create(self, request: Request) -> Response:
        """Wish a retouch: 202, or 200 and the row of an equal wish."""
        wish = serializers.RetouchWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        photo = selectors.photo_for(request.user, wish.validated_data["photo"], Action.EDIT)
        with problems():
            retouch, created = services.retouch_create(
                owner=photo.owner,
                requested_by=request.user,  # type: ignore[arg-type]
                photo=photo,
                recipe=wish.validated_data.get("recipe"),
                idempotency_key=request.headers.get("Idempotency-Key") or None,
            )
        answer = status.HTTP_202_ACCEPTED if created else status.HTTP_200_OK
        return self._answer(retouch.pk, answer)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one retouch."""
        return self._answer(pk, status.HTTP_200_OK)

    @extend_schema(
        request=serializers.RecipeChangeSerializer, responses={202: serializers.RetouchSerializer}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Make the next version with another recipe, and with decisions that come along."""
        retouch = selectors.retouch_for(request.user, pk, Action.EDIT)
        wish = serializers.RecipeChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            marks.retouch_edit(retouch=retouch, **{"decisions": []} | wish.validated_data)
        return self._answer(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Cancel an unfinished retouch."""
        services.retouch_cancel(retouch=selectors.retouch_for(request.user, pk, Action.EDIT))
        return self._answer(pk, status.HTTP_200_OK)

    @extend_schema(request=None, responses={202: serializers.RetouchSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Run a failed or cancelled retouch again."""
        with problems():
            services.retouch_retry(retouch=selectors.retouch_for(request.user, pk, Action.EDIT))
        return self._answer(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: serializers.RetouchSerializer})
    @action(detail=True, methods=["post"])
    def again(self, request: Request, pk: str) -> Response:
        """Make the next version with the promoted checkpoint."""
        with problems():
            marks.retouch_again(retouch=selectors.retouch_for(request.user, pk, Action.EDIT))
        return self._answer(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(
        parameters=[OpenApiParameter("version", int)], responses={200: OpenApiTypes.BINARY}
    )
    @action(detail=True, methods=["get"])
    def result(self, request: Request, pk: str) -> FileResponse:
        """Return the newest finished version's file, or that of `?version=N`."""
        retouch = selectors.retouch_for(request.user, pk, Action.DOWNLOAD)
        return result_file(retouch, request.query_params.get("version"))

    @extend_schema(responses={200: serializers.ToneSerializer, 204: None})
    @action(detail=True, methods=["get"])
    def tone(self, request: Request, pk: str) -> Response:
        """Return the table and gains by which `light` is shown; 204 for a photo in good light."""
        version = selectors.newest_version(selectors.retouch_for(request.user, pk))
        if version is None:
            raise Http404
        name = version.rendition.tone
        if not name:
            return Response(status=status.HTTP_204_NO_CONTENT)
        try:
            return Response(json.loads(storage.read(name)))
        except OSError as error:
            raise Http404 from error

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def layers(self, request: Request, pk: str) -> FileResponse:
        """Return the small original and each face's layers, with which a page shows any recipe."""
        version = selectors.newest_version(selectors.retouch_for(request.user, pk))
        if version is None:
            raise Http404
        analysis = version.rendition.analysis
        return file_response(
            page_layers_name(analysis),
            content_type="application/octet-stream",
            file_name="layers.bin",
            etag=f"{analysis.pk}-{analysis.folder[-8:]}",
        )

    @extend_schema(
        methods=["GET"], responses={200: serializers.MarkSerializer(many=True)}, filters=False
    )
    @extend_schema(
        methods=["PATCH"],
        request=serializers.MarkDecisionSerializer(many=True),
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER)],
        responses={202: serializers.RetouchSerializer},
    )
    @action(detail=True, methods=["get", "patch"], pagination_class=None)
    def marks(self, request: Request, pk: str) -> Response:
        """List the marks, or decide on some of them, which makes the next version."""
        reading = request.method == "GET"
        needed = Action.VIEW if reading else Action.EDIT
        retouch = selectors.retouch_for(request.user, pk, needed)
        if reading:
            with problems():
                listed = marks.marks_list(retouch)
            answer = Response(listed)
            # Version first, for If-Match; the list changes within a version too.
            digest = hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]
            answer["ETag"] = f'"{retouch.version}-{digest}"'
            return answer
        wish = serializers.MarkDecisionSerializer(data=request.data, many=True)
        wish.is_valid(raise_exception=True)
        with problems():
            marks.marks_decide(
                retouch=retouch,
                decisions=wish.validated_data,
                version=_match_version(request.headers.get("If-Match")),
            )
        return self._answer(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(responses={200: VersionSerializer(many=True)}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """List the finished versions, newest first."""
        finished = selectors.retouch_for(request.user, pk).versions.all()
        return Response(VersionSerializer(finished, many=True).data)

    @extend_schema(request=RestoreWishSerializer, responses={202: serializers.RetouchSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Make the next version as an earlier one was."""
        retouch = selectors.retouch_for(request.user, pk, Action.EDIT)
        wish = RestoreWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            versions.version_restore(retouch=retouch, number=wish.validated_data["version"])
        return self._answer(pk, status.HTTP_202_ACCEPTED)

    @extend_schema(request=CopyWishSerializer, responses={202: CopiedSerializer(many=True)})
    @action(detail=True, methods=["post"], pagination_class=None)
    def copy(self, request: Request, pk: str) -> Response:
        """Give other photos these strengths, each as its next version or its first."""
        retouch = selectors.retouch_for(request.user, pk)
        wish = CopyWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            photos = _chosen(request.user, wish.validated_data)
            copied = versions.settings_copy(retouch=retouch, photos=photos)
        return Response(copied_rows(copied), status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=None,
        parameters=[OpenApiParameter("version", int)],
        responses={202: TileSetSerializer},
    )
    @action(detail=True, methods=["post"])
    def tiles(self, request: Request, pk: str) -> Response:
        """Ask for the tiles of the newest finished version, or of `?version=N`."""
        retouch = selectors.retouch_for(request.user, pk)
        version = _version(retouch, request.query_params.get("version"))
        made = tiles.tiles_request(photo=retouch.photo, rendition=version.rendition)
        return Response(TileSetSerializer(made).data, status.HTTP_202_ACCEPTED)

    @extend_schema(
        request=ExportOptionsSerializer,
        parameters=[OpenApiParameter("version", int)],
        responses={200: ExportSerializer, 202: ExportSerializer},
    )
    @action(detail=True, methods=["post"])
    def exports(self, request: Request, pk: str) -> Response:
        """Wish a file of the newest finished version, or of `?version=N`."""
        retouch = selectors.retouch_for(request.user, pk, Action.DOWNLOAD)
        version = _version(retouch, request.query_params.get("version"))
        wish = ExportOptionsSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            export, created = exports.export_create(
                owner=request.user,  # type: ignore[arg-type]
                version=version,
                options=wish.validated_data,
            )
        answer = status.HTTP_202_ACCEPTED if created else status.HTTP_200_OK
        return Response(ExportSerializer(export).data, answer)

    def _answer(self, pk: Any, code: int) -> Response:
        retouch = selectors.retouch_for(self.request.user, pk)
        return Response(serializers.RetouchSerializer(retouch).data, code)


def _chosen(person: Person, wish: dict[str, Any]) -> Iterable[Photo]:
    """Return the photos that a wish names, or an album's.

    Raises Http404, WishError `batch_too_large`.
    """
    if "album" in wish:
        album = selectors.album_for(person, wish["album"])
        photos = selectors.photos_for(person, Action.EDIT).filter(albums=album)
        batch_check_size(photos.count(), BatchAction.RETOUCH)
        return photos
    return [selectors.photo_for(person, one, Action.EDIT) for one in wish["photos"]]


def is_version(text: str) -> bool:
    """Return whether a text can be the number of a version: so many digits no row has."""
    return text.isdecimal() and len(text) < 10


def _match_version(header: str | None) -> int | None:
    if not header or header == "*":
        return None
    text = header.strip().strip('"').partition("-")[0]
    # What is no number matches no version.
    return int(text) if is_version(text) else -1


def _version(retouch: Any, number: str | None) -> RetouchVersion:
    """Return a finished version, the newest one without a number; raises Http404."""
    if number is not None and not is_version(number):
        raise Http404
    version = selectors.newest_version(retouch, int(number) if number else None)
    if version is None:
        raise Http404
    return version


def result_file(retouch: Any, number: str | None, *, download: bool = True) -> FileResponse:
    """Answer with a finished version's file; raises Http404 where there is none."""
    rendition = _version(retouch, number).rendition
    stem = retouch.photo.name.rpartition(".")[0] or retouch.photo.name
    return file_response(
        rendition.file,
        content_type=rendition.content_type,
        file_name=f"{stem}-retouched{rendition.extension}",
        etag=rendition.sha256,
        download=download,
    )
