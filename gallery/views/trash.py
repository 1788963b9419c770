"""The trash: take photos and albums back, or delete them for ever."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gallery import albums, batches, erasure, selectors, services
from gallery.batches import BatchAction
from gallery.permissions import Action
from gallery.views.grids import render_part, selection_context
from gallery.views.pages import grid_page


@login_required
def trash(request: HttpRequest) -> HttpResponse:
    """Show what lies in the trash, and when each goes for ever."""
    photos = selectors.photos_for(request.user, Action.MANAGE, trashed=True)
    grid = grid_page(request, photos.prefetch_related(None))
    for card in grid.cards:
        card.photo.leaves_at = erasure.leaves_at(card.photo.deleted_at)  # type: ignore[attr-defined, arg-type]
    if grid.is_part:
        return render_part(request, grid)
    trashed = list(selectors.trashed_albums_for(request.user))
    for album in trashed:
        album.leaves_at = erasure.leaves_at(album.deleted_at)  # type: ignore[attr-defined, arg-type]
    context = {
        "grid": grid,
        "albums": trashed,
        "days": settings.TRASH_DAYS,
        "in_trash": True,
        **selection_context(request, grid, photos.count()),
    }
    return render(request, "gallery/trash.html", context)


@login_required
@require_POST
def photo_erase(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Delete a photo that lies in the trash for ever."""
    erasure.trashed_erase(photo=selectors.trashed_photo_for(request.user, photo_id))
    messages.info(request, _("The photo and everything made of it are gone."))
    return redirect("gallery:trash")


@login_required
@require_POST
def trash_empty(request: HttpRequest) -> HttpResponse:
    """Delete everything in the person's trash for ever, as far as one request's time allows."""
    for album in selectors.trashed_albums_for(request.user):
        albums.album_erase(album=album)
    photos = selectors.photos_for(request.user, Action.MANAGE, trashed=True)
    erasure.photos_erase(photos=photos)
    left = photos.all().count()
    text = ngettext(
        "%(left)s photo is still there: please empty the trash once more.",
        "%(left)s photos are still there: please empty the trash once more.",
        left,
    ) % {"left": left}
    messages.info(request, text if left else _("The trash is empty."))
    return redirect("gallery:trash")


@login_required
@require_POST
def trash_restore(request: HttpRequest) -> HttpResponse:
    """Take everything in the trash back."""
    for album in selectors.trashed_albums_for(request.user):
        albums.album_restore(album=album)
    photos = list(selectors.photos_for(request.user, Action.MANAGE, trashed=True))
    for start in range(0, len(photos), batches.LARGEST):
        batches.photos_batch(
            action=BatchAction.RESTORE, photos=photos[start : start + batches.LARGEST]
        )
    messages.info(request, _("Everything is back."))
    return redirect("gallery:trash")


@login_required
@require_POST
def photo_restore(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Take a photo out of the trash."""
    photo = selectors.trashed_photo_for(request.user, photo_id)
    services.photo_restore(photo=photo)
    return redirect("gallery:photo_detail", photo_id=photo.pk)


@login_required
@require_POST
def album_restore(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Take an album out of the trash, with the photos that lay in it."""
    album = selectors.trashed_album_for(request.user, album_id)
    albums.album_restore(album=album)
    return redirect("gallery:album_detail", album_id=album.pk)


@login_required
@require_POST
def album_erase(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Delete an album that lies in the trash for ever; its photos stay."""
    albums.album_erase(album=selectors.trashed_album_for(request.user, album_id))
    messages.info(request, _("The album is gone. Its photos stay."))
    return redirect("gallery:trash")
