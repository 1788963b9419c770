"""Pages on which owners and editors read what guests say of photos."""

from collections import Counter
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from gallery import selectors
from gallery.models import Feedback
from gallery.permissions import Action
from gallery.sharing import proofs


@login_required
@require_GET
def album_proofs(request: HttpRequest, album_id: UUID) -> HttpResponse:
    """Show an album's photos with guests' verdicts; `?verdict=` shows some of them."""
    album = selectors.album_for(request.user, album_id, Action.EDIT)
    photos = list(selectors.photos_for(request.user, Action.EDIT).filter(albums=album))
    said = proofs.feedback_on(request.user, photos)
    versions = selectors.shown_versions(request.user, photos)
    rows = [
        {
            "photo": photo,
            "said": said.get(photo.pk, []),
            "verdict": proofs.verdict_of(said.get(photo.pk, [])),
            "version": versions.get(photo.pk),
        }
        for photo in photos
    ]
    counts = Counter(row["verdict"] for row in rows)
    wanted = request.GET.get("verdict", "")
    shown = [row for row in rows if wanted in ("", row["verdict"])]
    verdicts = [(value, label, counts[value]) for value, label in Feedback.Verdict.choices]
    context = {
        "album": album,
        "rows": shown,
        "total": len(photos),
        "verdicts": verdicts,
        "wanted": wanted,
    }
    return render(request, "gallery/album_proofs.html", context)


@login_required
@require_GET
def photo_proofs(request: HttpRequest, photo_id: UUID) -> HttpResponse:
    """Show what guests say of one photo: the part that its page shows live."""
    photo = selectors.photo_for(request.user, photo_id, Action.EDIT)
    said = proofs.feedback_on(request.user, [photo]).get(photo.pk, [])
    return render(
        request, "gallery/_photo_proofs.html", {"photo": photo, "said": said, "may_edit": True}
    )
