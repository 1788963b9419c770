"""Pages of many photos: all of them or those of a search, and cards for pages that are open."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gallery import batches, selectors
from gallery.api.batches import SEARCH_FIELDS, PhotoSearchSerializer
from gallery.cards import photo_cards
from gallery.models import Album
from gallery.permissions import Action
from gallery.presets import preset_choices
from gallery.search import PhotoSearch
from gallery.views.pages import GridPage, grid_page

# More cards are not asked for at once; pages ask again for the rest.
MOST_CARDS = 100
# An address names no more photos; a link to more is one to an album.
MOST_SHARED = 100
# Whoever may do none of these with photos has nothing to choose them for.
OF_A_SELECTION = {Action.DOWNLOAD, Action.EDIT, Action.MANAGE}


@login_required
def photo_list(request: HttpRequest) -> HttpResponse:
    """Show every photo of the person, or those that the address looks for."""
    search, fields, errors = _search(request)
    photos = search.among(selectors.photos_for(request.user, Action.MANAGE))
    grid = grid_page(request, photos.prefetch_related(None))
    if grid.is_part:
        return render_part(request, grid)
    context = {
        "grid": grid,
        "search": search,
        "fields": fields,
        "errors": errors,
        **selection_context(request, grid, photos.count()),
    }
    return render(request, "gallery/photo_list.html", context)


def _search(request: HttpRequest) -> tuple[PhotoSearch, dict[str, str], dict[str, Any]]:
    """Return what the address looks for, its fields as they were typed, and their errors.

    A field that cannot be read is told and looks for nothing.
    """
    typed = {field: request.GET[field] for field in SEARCH_FIELDS if request.GET.get(field)}
    wish = PhotoSearchSerializer(data=typed)
    wish.is_valid()
    readable = PhotoSearchSerializer(
        data={field: text for field, text in typed.items() if field not in wish.errors}
    )
    readable.is_valid(raise_exception=True)
    return PhotoSearchSerializer.search(readable.validated_data), typed, dict(wish.errors)


@login_required
def card_list(request: HttpRequest) -> HttpResponse:
    """Answer with the cards of the photos that `photo` names; those that are gone are left out."""
    wanted = [pk for pk in map(_uuid, request.GET.getlist("photo")[:MOST_CARDS]) if pk is not None]
    photos, _missing = selectors.photos_chosen(request.user, wanted, Action.VIEW)
    return render(request, "gallery/_photos.html", {"cards": photo_cards(request.user, photos)})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def render_part(request: HttpRequest, grid: GridPage) -> HttpResponse:
    """Answer with more cards alone, and the link to those that follow."""
    return render(request, "gallery/_part.html", {"grid": grid, "cards": grid.cards})


def selection_context(
    request: HttpRequest, grid: GridPage, total: int, album: Album | None = None
) -> dict[str, Any]:
    """Return what the grid and its selection need besides the cards.

    Without an album the photos are the person's own, with which they may do everything.
    """
    allowed = selectors.actions_on_album(request.user, album) if album else frozenset(Action)
    targets = selectors.albums_for(request.user, Action.MANAGE).order_by("title")
    return {
        "cards": grid.cards,
        "total": total,
        "most": batches.LARGEST,
        "most_shared": MOST_SHARED,
        "allowed": allowed,
        "may_choose": bool(allowed & OF_A_SELECTION),
        "targets": targets if Action.MANAGE in allowed else [],
        "presets": preset_choices(request.user, album.recipe if album else None)
        if Action.EDIT in allowed
        else [],
    }
