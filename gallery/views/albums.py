"""Pages of albums."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import albums, selectors, services
from gallery.cards import ALBUM_ORDERS, album_cards, albums_shown
from gallery.forms import AlbumForm
from gallery.permissions import Action
from gallery.views.grids import render_part, selection_context
from gallery.views.pages import grid_page

# So many photos of other albums are offered as the look to match.
OFFERED_REFERENCES = 200
ORDER_KEY = "album_order"


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
    order = _album_order(request)
    cards = album_cards(request.user, list(albums_shown(request.user, order)))
    return render(
        request, "gallery/album_list.html", {"cards": cards, "form": form, "order": order}
    )


def _album_order(request: HttpRequest) -> str:
    """Return the order that the address names, which is remembered, or the remembered one."""
    order = request.GET.get("order", "")
    if order in ALBUM_ORDERS:
        request.session[ORDER_KEY] = order
    remembered = request.session.get(ORDER_KEY)
    return remembered if remembered in ALBUM_ORDERS else "hand"


@login_required
@require_POST
def album_move(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Move an album one place up or down in the order by hand."""
    mine = list(selectors.albums_by_hand(request.user))
    if album_id not in {album.pk for album in mine}:
        raise Http404
    albums.album_move(
        albums=mine, album_id=album_id, step=-1 if request.POST.get("to") == "up" else 1
    )
    return redirect("gallery:album_list")


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
    """Put an album into the trash; its photos stay under all photos."""
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
    albums.album_delete(album=album)
    text = _("The album %(title)s is in the trash. Its photos are still under all photos.")
    messages.info(request, text % {"title": album.title}, extra_tags=f"undo-album:{album.pk}")
    return redirect("gallery:album_list")


@login_required
@require_POST
def album_cover(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show the album's newest photo on its card again."""
    album = selectors.album_for(request.user, album_id, Action.EDIT)
    albums.album_cover(album=album, photo=None)
    return redirect("gallery:album_detail", album_id=album.pk)


@login_required
def album_detail(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show an album: the drop zone and its photos."""
    album = selectors.album_for(request.user, album_id)
    photos = selectors.photos_for(request.user).filter(albums=album)
    grid = grid_page(request, photos.prefetch_related(None))
    if grid.is_part:
        return render_part(request, grid)
    context = {
        "album": album,
        "grid": grid,
        "others": selectors.photos_elsewhere(request.user, album, OFFERED_REFERENCES),
        **selection_context(request, grid, photos.count(), album),
    }
    return render(request, "gallery/album_detail.html", context)
