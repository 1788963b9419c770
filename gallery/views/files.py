"""Bytes of photos and of what was made of them; each read goes through the selectors."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest

from gallery import selectors
from gallery.api.retouches import is_version, result_file
from gallery.file_responses import file_response
from gallery.permissions import Action


@login_required
def photo_original(request: HttpRequest, photo_id: UUID) -> FileResponse:
    """Download the untouched original."""
    photo = selectors.photo_for(request.user, photo_id, Action.DOWNLOAD)
    return file_response(
        photo.file,
        content_type=f"image/{photo.format}",
        file_name=photo.name,
        etag=photo.sha256,
        download=True,
    )


@login_required
def photo_preview(request: HttpRequest, photo_id: UUID) -> FileResponse:
    """Show the original at up to 2,048 pixels."""
    return _small_picture(request, photo_id, "preview")


@login_required
def photo_thumbnail(request: HttpRequest, photo_id: UUID) -> FileResponse:
    """Show the original at up to 512 pixels."""
    return _small_picture(request, photo_id, "thumbnail")


def _small_picture(request: HttpRequest, photo_id: UUID, name: str) -> FileResponse:
    photo = selectors.photo_for(request.user, photo_id)
    if not photo.has_preview:
        raise Http404
    return file_response(
        f"photos/{photo.pk}/{name}.webp",
        content_type="image/webp",
        file_name=f"{name}.webp",
        etag=f"{photo.sha256}-{name}",
    )


@login_required
def retouch_result(request: HttpRequest, retouch_id: UUID) -> FileResponse:
    """Download a finished version."""
    retouch = selectors.retouch_for(request.user, retouch_id, Action.DOWNLOAD)
    return result_file(retouch, request.GET.get("version"))


@login_required
def retouch_preview(request: HttpRequest, retouch_id: UUID) -> FileResponse:
    """Show the newest finished version, or `?version=N`, at up to 2,048 pixels."""
    number = request.GET.get("version", "")
    retouch = selectors.retouch_for(request.user, retouch_id)
    version = selectors.newest_version(retouch, int(number) if is_version(number) else None)
    if version is None:
        raise Http404
    return file_response(
        version.rendition.preview,
        content_type="image/webp",
        file_name="preview.webp",
        etag=version.rendition.sha256,
    )
