"""Pages beside the upload area, which the API serves."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import selectors, services
from gallery.forms import AlbumRecipeForm
from gallery.permissions import Action


@login_required
@require_POST
def album_recipe(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Set the recipe of retouches that begin in an album."""
    album = selectors.album_for(request.user, album_id, Action.EDIT)
    form = AlbumRecipeForm(request.POST)
    if form.is_valid():
        services.album_upload_settings(album=album, recipe=form.recipe(album))
        messages.success(request, _("Photos that you add from now on are retouched like this."))
    else:
        messages.warning(request, _("Strengths go from 0 to 100. Nothing was changed."))
    return redirect("gallery:album_detail", album_id=album.pk)


@login_required
def signed_in(request: HttpRequest) -> HttpResponse:
    """Tell whoever signed in again that uploads go on in the tab that was left open."""
    return render(request, "gallery/upload_signed_in.html")
