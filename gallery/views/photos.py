"""Pages of photos."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import selectors, services
from gallery.errors import WishError
from gallery.models import Album, Photo, RetouchVersion
from gallery.permissions import Action, Person
from gallery.presets import preset_choices
from gallery.reports import report_notes, report_summary
from gallery.sentences import said
from retouch_engine.retoucher import CheckpointError, RecipeError


@login_required
def photo_detail(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Show a photo before and after, with what was done and all that changes it."""
    photo = selectors.photo_for(request.user, photo_id)
    finished, newest = selectors.shown_retouch(request.user, photo)
    version = selectors.newest_version(finished) if finished else None
    album = selectors.albums_for(request.user).filter(photos=photo).first()
    allowed = selectors.actions_on_photo(request.user, photo)
    context = {
        "photo": photo,
        "finished": finished,
        "version": version,
        "newest": newest,
        "album": album,
        "may_edit": Action.EDIT in allowed,
        "may_download": Action.DOWNLOAD in allowed,
        "may_manage": Action.MANAGE in allowed,
        **_way(request.user, photo, album),
        **_done(version),
        "presets": preset_choices(request.user) if Action.EDIT in allowed else [],
    }
    return render(request, "gallery/photo_detail.html", context)


def _way(person: Person, photo: Photo, album: Album | None) -> dict[str, UUID | None]:
    before, after = selectors.neighbours(person, photo, album)
    return {"photo_before": before, "photo_after": after}


def _done(version: RetouchVersion | None) -> dict[str, Any]:
    if version is None:
        return {}
    return {"summary": report_summary(version.report), "notes": report_notes(version.report)}


@login_required
@require_POST
def photo_retouch(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Wish the retouch of a photo that waits, by its album's recipe."""
    photo = selectors.photo_for(request.user, photo_id, Action.EDIT)
    album = selectors.albums_for(request.user, Action.EDIT).filter(photos=photo).first()
    try:
        services.photo_begin(photo=photo, album=album, requested_by=request.user)  # type: ignore[arg-type]
    except (WishError, RecipeError, CheckpointError) as error:
        messages.error(request, said(error.detail))
    return redirect("gallery:photo_detail", photo_id=photo.pk)


@login_required
@require_POST
def photo_trash(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Put a photo into the trash; the next page offers to take it back."""
    photo = selectors.photo_for(request.user, photo_id, Action.MANAGE)
    album = photo.albums.first()
    services.photo_trash(photo=photo)
    messages.info(request, _("The photo is in the trash."), extra_tags=f"undo:{photo.pk}")
    if album is None:
        return redirect("gallery:album_list")
    return redirect("gallery:album_detail", album_id=album.pk)
