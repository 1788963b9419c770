"""The trash: restore, or delete for ever."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import erasure, selectors, services
from gallery.permissions import Action


@login_required
def trash(request: HttpRequest) -> HttpResponse:
    """Show what lies in the trash."""
    photos = selectors.photos_with_latest(request.user, trashed=True)
    return render(request, "gallery/trash.html", {"photos": photos, "days": settings.TRASH_DAYS})


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
    for photo in selectors.photos_for(request.user, Action.MANAGE, trashed=True):
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
