"""Pages of albums."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import api_view, authentication_classes, parser_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import selectors, services
from gallery.api.problems import problems
from gallery.api.rows import photo_row, retouch_row
from gallery.api.serializers import PhotoUploadSerializer
from gallery.forms import AlbumForm
from gallery.permissions import Action
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
@require_POST
def album_rename(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Give an album another title."""
    album = selectors.album_for(request.user, album_id, Action.EDIT)
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
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
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
    actions = selectors.actions_on_album(request.user, album)
    context = {
        "album": album,
        "actions": actions,
        "photos": photos,
        "others": selectors.photos_elsewhere(request.user, album, OFFERED_REFERENCES),
        "limits": limits,
        "usage": usage_of(album.owner) if Action.MANAGE in actions else None,
    }
    return render(request, "gallery/album_detail.html", context)


@extend_schema(exclude=True)
@api_view(["POST"])
@authentication_classes([SessionAuthentication])
@parser_classes([MultiPartParser])
def album_upload(request: Request, album_id: UUID) -> Response:
    """Take one dropped photo and start its retouch; refusals are problem+json as in the API."""
    album = selectors.album_for(request.user, album_id, Action.EDIT)
    wish = PhotoUploadSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    file = wish.validated_data["file"]
    with problems():
        photo, retouch = services.photo_submit(
            album=album,
            file=file.file,
            name=file.name,
            requested_by=request.user,  # type: ignore[arg-type]
        )
    photo = selectors.photo_for(request.user, photo.pk)
    return Response({"photo": photo_row(photo), "retouch": retouch_row(retouch)}, 201)
