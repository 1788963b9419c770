"""Pages of photos."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import selectors, services
from gallery.permissions import Action


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
        "actions": selectors.actions_on_photo(request.user, photo),
    }
    return render(request, "gallery/photo_detail.html", context)


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
