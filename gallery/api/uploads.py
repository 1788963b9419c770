"""REST handlers of resumable uploads: tus 1.0, and rows as everywhere else."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey
from accounts.permissions import HasScope
from gallery import selectors
from gallery.api import serializers
from gallery.api.problems import UUID_PATH, ProblemError, problems
from gallery.api.rows import photo_row, retouch_row, retouch_rows
from gallery.models import Upload
from gallery.permissions import Action
from gallery.uploads import protocol, services

BEGUN_AT_ONCE = 100
OVERRIDDEN = ("PATCH", "DELETE")
TUS_METHODS = ("POST", "HEAD", "PATCH", "DELETE")


def _header(name: str, required: bool = True) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=required)


RESUMABLE = _header("Tus-Resumable")


class UnreadBodyParser(BaseParser):
    """Leaves a piece's bytes unread, for the view to take them in small steps."""

    media_type = protocol.CONTENT_TYPE

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return nothing."""
        return {}


class MayUpload(HasScope):
    """Asking for the offset is a part of sending: a key that may only write may do it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Check as for any call, HEAD as a writing one."""
        if request.method == "HEAD" and isinstance(request.auth, ApiKey):
            return "write" in request.auth.scopes
        return super().has_permission(request, view)


class UploadViewSet(viewsets.GenericViewSet[Any]):
    """Uploads of the caller, in pieces that survive a lost connection."""

    serializer_class = serializers.UploadSerializer
    permission_classes = [MayUpload]
    lookup_value_regex = UUID_PATH

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the method from X-HTTP-Method-Override, where a client cannot send it."""
        wanted = request.headers.get("X-HTTP-Method-Override", "").upper()
        if request.method == "POST" and wanted in OVERRIDDEN:
            request.method = wanted
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse other versions of the protocol, once it is known who asks."""
        super().initial(request, *args, **kwargs)
        spoken = request.headers.get("Tus-Resumable")
        is_tus = request.method in TUS_METHODS and self.action not in ("known", "start")
        if is_tus and spoken != protocol.VERSION:
            text = f"Tus-Resumable must be {protocol.VERSION}."
            raise ProblemError("unsupported_version", text, status.HTTP_412_PRECONDITION_FAILED)

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        """Say with every answer which protocol this is."""
        response: Response = super().finalize_response(*args, **kwargs)
        response["Tus-Resumable"] = protocol.VERSION
        response["Cache-Control"] = "no-store"
        if response.status_code == status.HTTP_412_PRECONDITION_FAILED:
            response["Tus-Version"] = protocol.VERSION
        return response

    def get_parsers(self) -> list[BaseParser]:
        """Return the usual parsers and one for pieces."""
        return [*super().get_parsers(), UnreadBodyParser()]

    def get_queryset(self) -> Any:
        """Return the caller's uploads that are not finished."""
        return selectors.uploads_unfinished(self.request.user)

    @extend_schema(exclude=True)
    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say what this server can."""
        headers = {
            "Tus-Version": protocol.VERSION,
            "Tus-Extension": protocol.EXTENSIONS,
            "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
            "Tus-Checksum-Algorithm": ",".join(protocol.CHECKSUMS),
        }
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)

    def list(self, request: Request) -> Response:
        """List the uploads that are not finished, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request={protocol.CONTENT_TYPE: OpenApiTypes.BINARY},
        parameters=[RESUMABLE, _header("Upload-Length"), _header("Upload-Metadata", False)],
        responses={201: None},
    )
    def create(self, request: Request) -> Response:
        """Begin an upload; its address comes as Location. A first piece may come along."""
        with problems():
            length = protocol.number(request.headers, "Upload-Length")
            wish = protocol.metadata(request.headers.get("Upload-Metadata", ""))
            upload = services.upload_create(owner=request.user, length=length, wish=wish)  # type: ignore[arg-type]
            if request.content_type == protocol.CONTENT_TYPE:
                upload = self._append(request, upload, 0)
        location = reverse("api:upload-detail", args=[upload.pk])
        headers = {"Location": location, **_headers(upload)}
        return Response(status=status.HTTP_201_CREATED, headers=headers)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an upload's row, its offset in the header too: HEAD is enough to resume."""
        upload = self._upload(request, pk)
        return Response(self.get_serializer(upload).data, headers=_headers(upload))

    @extend_schema(
        request={protocol.CONTENT_TYPE: OpenApiTypes.BINARY},
        parameters=[RESUMABLE, _header("Upload-Offset"), _header("Upload-Checksum", False)],
        responses={204: None},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Append a piece; the last one makes the photo, whose address comes as Upload-Photo."""
        upload = self._upload(request, pk)
        if request.content_type != protocol.CONTENT_TYPE:
            raise UnsupportedMediaType(request.content_type)
        with problems():
            offset = protocol.number(request.headers, "Upload-Offset")
            upload = self._append(request, upload, offset)
        return Response(status=status.HTTP_204_NO_CONTENT, headers=_headers(upload))

    @extend_schema(parameters=[RESUMABLE])
    def destroy(self, request: Request, pk: str) -> Response:
        """End an upload and forget what arrived; a photo that came of it stays."""
        services.upload_end(upload=selectors.upload_for(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=serializers.KnownFilesSerializer,
        responses={200: serializers.KnownPhotoSerializer(many=True)},
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def known(self, request: Request) -> Response:
        """Name files by SHA-256: those that are here are taken as if sent, the others are not."""
        wish = serializers.KnownFilesSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            found = services.known_take(
                sender=request.user,  # type: ignore[arg-type]
                digests=wish.validated_data["sha256"],
                album_id=wish.validated_data.get("album"),
                starts_retouch=wish.validated_data["retouch"] == "start",
            )
        photos = selectors.photos_for(request.user).in_bulk([photo.pk for photo, _ in found])
        rows = [
            {
                "photo": photo_row(photos[photo.pk]),
                "retouch": retouch_row(retouch) if retouch else None,
            }
            for photo, retouch in found
        ]
        return Response(rows)

    @extend_schema(
        request=serializers.WaitingSerializer, responses={202: serializers.BegunSerializer}
    )
    @action(detail=False, methods=["post"])
    def start(self, request: Request) -> Response:
        """Wish the retouch of photos that waited, at most 100 in one call."""
        wish = serializers.WaitingSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        album_id = wish.validated_data.get("album")
        album = selectors.album_for(request.user, album_id, Action.EDIT) if album_id else None
        waiting = selectors.photos_waiting(request.user, album)
        with problems():
            retouches = services.waiting_begin(photos=waiting[:BEGUN_AT_ONCE], album=album)
        begun = {"retouches": retouch_rows(retouches), "waiting": waiting.count()}
        return Response(begun, status.HTTP_202_ACCEPTED)

    def _upload(self, request: Request, pk: str) -> Upload:
        upload = selectors.upload_for(request.user, pk)
        if upload.expires_at < timezone.now():
            with problems():
                raise services.expired()
        return upload

    def _append(self, request: Request, upload: Upload, offset: int) -> Upload:
        checksum = protocol.checksum(request.headers.get("Upload-Checksum"))
        # Django keeps a body on disk: read through its own request it is never whole in memory.
        body = request._request
        return services.upload_append(upload=upload, offset=offset, body=body, checksum=checksum)


def _headers(upload: Upload) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.length),
        "Upload-Expires": http_date(upload.expires_at.timestamp()),
    }
    if upload.photo_id is not None:
        headers["Upload-Photo"] = reverse("api:photo-detail", args=[upload.photo_id])
    if upload.retouch_id is not None:
        headers["Upload-Retouch"] = reverse("api:retouch-detail", args=[upload.retouch_id])
    return headers
