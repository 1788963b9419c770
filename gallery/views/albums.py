"""Pages of albums."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import selectors, services
from gallery.forms import AlbumForm

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
    context = {
        "album": album,
        "photos": photos,
        "others": selectors.photos_elsewhere(request.user, album, OFFERED_REFERENCES),
    }
    return render(request, "gallery/album_detail.html", context)
