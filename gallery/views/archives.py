"""Downloads of many photos as one zip."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from gallery import archives, batches, selectors
from gallery.api.batches import SEARCH_FIELDS, PhotoSelectionSerializer, photos_wished
from gallery.archives import Content
from gallery.file_responses import ZipResponse
from gallery.models import Photo
from gallery.permissions import Action


@login_required
@require_POST
def photos_zip(request: HttpRequest) -> HttpResponse | ZipResponse:
    """Send the chosen photos as one zip; the form says which, and `content` which files."""
    wish = PhotoSelectionSerializer(data=selection_of(request.POST))
    if not wish.is_valid():
        return _refused(request, _("Choose photos first, and not too many at once."))
    photos = _chosen(request, wish.validated_data)
    if len(photos) > batches.LARGEST:
        text = _("At most %(most)s photos fit into one download: choose fewer.")
        return _refused(request, text % {"most": batches.LARGEST})
    content = _content(request.POST.get("content", ""))
    results = selectors.newest_renditions(request.user, photos)
    entries, notes = archives.entries_of(photos, results, content)
    if not entries:
        return _refused(request, _("There is nothing to download: none is retouched yet."))
    name = f"{_('portraits')}-{timezone.localdate():%Y-%m-%d}.zip"
    return ZipResponse(archives.zip_pieces(entries, notes), file_name=name)


def _chosen(request: HttpRequest, wish: dict[str, Any]) -> list[Photo]:
    if "photos" in wish:
        return selectors.photos_chosen(request.user, wish["photos"], Action.DOWNLOAD)[0]
    return list(photos_wished(request.user, wish, Action.DOWNLOAD)[: batches.LARGEST + 1])


def _content(text: str) -> Content:
    return Content(text) if text in set(Content) else Content.RESULTS


def selection_of(form: QueryDict) -> dict[str, Any]:
    """Return a form's fields as a selection: `photo` many times, or `album` and the search's."""
    chosen: dict[str, Any] = {}
    if form.getlist("photo"):
        return {"photos": form.getlist("photo")}
    if form.get("album"):
        chosen["album"] = form["album"]
    search = {name: form[name] for name in SEARCH_FIELDS if form.get(name)}
    if search or form.get("all"):
        chosen["search"] = search
    return chosen


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "gallery/refused.html", {"reason": reason}, status=400)
