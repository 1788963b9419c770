"""Pages: check, call one selector or service, show. Bytes go through the selectors alone."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import api_view, authentication_classes, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import erasure, selectors, services
from gallery.api.rows import photo_row, retouch_row
from gallery.api.serializers import PhotoUploadSerializer
from gallery.api.views import problems, result_file
from gallery.file_responses import file_response
from gallery.forms import AlbumForm
from gallery.quotas import usage_of

# So many photos of other albums are offered as the look to match.
OFFERED_REFERENCES = 200


def home(request: HttpRequest) -> HttpResponse:
    """Say what this is; people who are signed in go to their albums."""
    if request.user.is_authenticated:
        return redirect("gallery:album_list")
    return render(request, "gallery/home.html")


@login_required
def album_list(request: HttpRequest) -> HttpResponse:
    """Show the person's albums and make new ones."""
    form = AlbumForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        album = services.album_create(owner=request.user, title=form.cleaned_data["title"])  # type: ignore[arg-type]
        return redirect("gallery:album_detail", album_id=album.pk)
    albums = selectors.albums_with_counts(request.user)
    return render(request, "gallery/album_list.html", {"albums": albums, "form": form})


@login_required
def photo_list(request: HttpRequest) -> HttpResponse:
    """Show every photo of the person, in albums or in none."""
    photos = selectors.photos_with_latest(request.user)
    return render(request, "gallery/photo_list.html", {"photos": photos})


@login_required
def trash(request: HttpRequest) -> HttpResponse:
    """Show what lies in the trash."""
    photos = selectors.photos_with_latest(request.user, trashed=True)
    return render(request, "gallery/trash.html", {"photos": photos, "days": settings.TRASH_DAYS})


@login_required
@require_POST
def album_rename(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Give an album another title."""
    album = selectors.album_for(request.user, album_id)
    form = AlbumForm(request.POST)
    if form.is_valid():
        services.album_rename(album=album, title=form.cleaned_data["title"])
    else:
        messages.warning(request, _("An album needs a name of at most 120 characters."))
    return redirect("gallery:album_detail", album_id=album.pk)


@login_required
@require_POST
def album_delete(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Delete an album; its photos stay under all photos."""
    album = selectors.album_for(request.user, album_id)
    services.album_delete(album=album)
    text = _("The album %(title)s is gone. Its photos are still under all photos.")
    messages.info(request, text % {"title": album.title})
    return redirect("gallery:album_list")


@login_required
def album_detail(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show an album: the drop zone and its photos."""
    album = selectors.album_for(request.user, album_id)
    photos = selectors.photos_with_latest(request.user, album)
    limits = {"max_bytes": settings.UPLOAD_MAX_BYTES}
    usage = usage_of(request.user)  # type: ignore[arg-type]
    context = {
        "album": album,
        "photos": photos,
        "others": selectors.photos_elsewhere(request.user, album, OFFERED_REFERENCES),
        "limits": limits,
        "usage": usage,
    }
    return render(request, "gallery/album_detail.html", context)


@extend_schema(exclude=True)
@api_view(["POST"])
@authentication_classes([SessionAuthentication])
@parser_classes([MultiPartParser])
def album_upload(request: Request, album_id: UUID) -> Response:
    """Take one dropped photo and start its retouch; refusals are problem+json as in the API."""
    album = selectors.album_for(request.user, album_id)
    wish = PhotoUploadSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    file = wish.validated_data["file"]
    with problems():
        photo, retouch = services.photo_submit(album=album, file=file.file, name=file.name)
    return Response({"photo": photo_row(photo), "retouch": retouch_row(retouch)}, 201)


@login_required
def photo_detail(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Show a photo before and after, with what was done."""
    photo = selectors.photo_for(request.user, photo_id)
    finished, newest = selectors.shown_retouch(request.user, photo)
    version = selectors.newest_version(finished) if finished else None
    if version is not None and "texture_kept" in version.report:
        version.report["texture_percent"] = round(100 * version.report["texture_kept"])
    context = {
        "photo": photo,
        "finished": finished,
        "version": version,
        "newest": newest,
        "album": photo.albums.first(),
    }
    return render(request, "gallery/photo_detail.html", context)


@login_required
def photo_original(request: HttpRequest, photo_id: UUID) -> FileResponse:
    """Download the untouched original."""
    photo = selectors.photo_for(request.user, photo_id)
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
    retouch = selectors.retouch_for(request.user, retouch_id)
    return result_file(retouch, request.GET.get("version"))


@login_required
def retouch_preview(request: HttpRequest, retouch_id: UUID) -> FileResponse:
    """Show the newest finished version, or `?version=N`, at up to 2,048 pixels."""
    number = request.GET.get("version", "")
    retouch = selectors.retouch_for(request.user, retouch_id)
    version = selectors.newest_version(retouch, int(number) if number.isdecimal() else None)
    if version is None:
        raise Http404
    return file_response(
        version.rendition.preview,
        content_type="image/webp",
        file_name="preview.webp",
        etag=version.rendition.sha256,
    )


@login_required
@require_POST
def photo_trash(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Put a photo into the trash; the next page offers to take it back."""
    photo = selectors.photo_for(request.user, photo_id)
    album = photo.albums.first()
    services.photo_trash(photo=photo)
    messages.info(request, _("The photo is in the trash."), extra_tags=f"undo:{photo.pk}")
    if album is None:
        return redirect("gallery:album_list")
    return redirect("gallery:album_detail", album_id=album.pk)


@login_required
@require_POST
def photo_erase(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Delete a photo that lies in the trash for ever."""
    erasure.photo_erase(photo=selectors.trashed_photo_for(request.user, photo_id))
    messages.info(request, _("The photo and everything made of it are gone."))
    return redirect("gallery:trash")


@login_required
@require_POST
def trash_empty(request: HttpRequest) -> HttpResponse:
    """Delete everything in the person's trash for ever."""
    for photo in selectors.photos_for(request.user, trashed=True):
        erasure.photo_erase(photo=photo)
    messages.info(request, _("The trash is empty."))
    return redirect("gallery:trash")


@login_required
@require_POST
def photo_restore(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Take a photo out of the trash."""
    photo = selectors.trashed_photo_for(request.user, photo_id)
    services.photo_restore(photo=photo)
    return redirect("gallery:photo_detail", photo_id=photo.pk)
