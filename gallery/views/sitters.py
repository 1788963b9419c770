"""Pages about sitters: whose photos these are, what was agreed, and erasing all of it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import erasure, selectors
from gallery.errors import WishError
from gallery.forms import SitterForm
from gallery.models import Album, Group
from gallery.permissions import Action
from gallery.sharing import sitters


@login_required
def sitter_list(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show an album's sitters; write down who its photos show."""
    album = selectors.album_for(request.user, album_id, Action.MANAGE)
    form = SitterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        photos = selectors.photos_for(request.user, Action.MANAGE).filter(albums=album)
        try:
            sitters.sitter_create(photos=photos, **form.cleaned_data)
        except WishError as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, _("Saved."))
            return redirect("gallery:sitter_list", album_id=album.pk)
    context = {"album": album, "form": form, "sitters": _sitters(album)}
    return render(request, "gallery/sitters.html", context)


def _sitters(album: Album) -> list[tuple[Group, SitterForm]]:
    found = []
    for group in sitters.sitters_in(album):
        initial = {name: getattr(group, name) for name in SitterForm.base_fields}
        found.append((group, SitterForm(initial=initial, auto_id=f"sitter-{group.pk}-%s")))
    return found


@login_required
@require_POST
def sitter_change(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Change what is written down of a sitter; `album` names the page to go back to."""
    group = selectors.group_for(request.user, group_id, Action.MANAGE)
    album = selectors.album_for(request.user, request.POST.get("album", ""), Action.MANAGE)
    form = SitterForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Nothing was changed: look at the name and the day."))
        return redirect("gallery:sitter_list", album_id=album.pk)
    try:
        sitters.sitter_change(group=group, **form.cleaned_data)
        if request.POST.get("add_album"):
            photos = selectors.photos_for(request.user, Action.MANAGE).filter(albums=album)
            sitters.sitter_add(group=group, photos=photos)
    except WishError as error:
        messages.warning(request, error.detail)
    else:
        messages.success(request, _("Saved."))
    return redirect("gallery:sitter_list", album_id=album.pk)


@login_required
@require_POST
def sitter_erase(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Erase all photos of a group, and everything made of them, for ever."""
    group = selectors.group_for(request.user, group_id, Action.MANAGE)
    name, count = group.sitter_name, group.photos.count()
    left = erasure.group_erase(group=group)
    text = _("%(count)s photos of %(name)s and everything made of them are gone.")
    if left:
        text = _("%(left)s of %(count)s photos of %(name)s are still there: they go by themselves.")
    messages.info(request, text % {"count": count, "name": name, "left": left})
    return redirect("gallery:album_list")
