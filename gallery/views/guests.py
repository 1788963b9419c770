"""What a share link's guests get; every request asks what the link allows right now."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from gallery import selectors
from gallery.archives import zip_pieces
from gallery.errors import WishError
from gallery.file_responses import ZipResponse, file_response
from gallery.forms import FeedbackForm
from gallery.models import Feedback, Photo, RetouchVersion
from gallery.permissions import Action
from gallery.sharing import downloads, guests, links, proofs, records
from gallery.sharing.guests import LinkEndedError, Visit, visit_of

PHOTOS_PER_PAGE = 24
View = Callable[..., HttpResponse | FileResponse | StreamingHttpResponse]


def for_guests(view: View) -> View:
    """Give a view the visit in place of the token; ended and unknown links get a kind page."""

    @wraps(view)
    def wrapper(
        request: HttpRequest, token: str, **kwargs: object
    ) -> HttpResponse | FileResponse | StreamingHttpResponse:
        response: HttpResponse | FileResponse | StreamingHttpResponse
        try:
            visit = visit_of(request, token)
        except LinkEndedError:
            response = _ended(request, 410)
        except Http404:
            response = _ended(request, 404)
        else:
            response = view(request, visit, token, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ["Cookie"])
        return response

    return wrapper


def _ended(request: HttpRequest, status: int) -> HttpResponse:
    if request.method == "POST" and "unlock" not in request.path:
        return _problem("link_ended", _("This link has ended."), status)
    return render(request, "gallery/share_ended.html", status=status)


def _problem(code: str, detail: str, status: int) -> JsonResponse:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


@for_guests
@require_GET
def share_page(request: HttpRequest, visit: Visit, token: str) -> HttpResponse:
    """Show what a link shares, or ask for its password."""
    if visit.is_locked:
        return _password_page(request, visit, token)
    records.visit(visit.link)
    page = Paginator(_in_order(visit), PHOTOS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "link": visit.link,
        "token": token,
        "guest": visit.name,
        "page": page,
        "photos": _prepared(page.object_list, visit, page.start_index()),
        "decided": _decided(visit),
        "approved": len(downloads.photos_approved(visit)),
    }
    response = render(request, "gallery/share.html", context)
    if visit.link.password:
        guests.remember(request, response, visit)
    return response


def _prepared(photos: Iterable[Photo], visit: Visit, first: int) -> list[dict[str, Any]]:
    """Return each photo of a page with its number, newest version, and what this guest said."""
    shown = list(photos)
    versions = selectors.shown_versions(visit.guest, shown)
    said = Feedback.objects.filter(guest=visit.name, photo__in=shown) if visit.name else []
    mine = {row.photo_id: row for row in said}
    return [
        {
            "photo": photo,
            "number": number,
            "version": versions.get(photo.pk),
            "said": mine.get(photo.pk),
        }
        for number, photo in enumerate(shown, start=first)
    ]


def _decided(visit: Visit) -> int:
    if visit.name is None:
        return 0
    shown = selectors.photos_for(visit.guest)
    mine = Feedback.objects.filter(guest=visit.name, photo__in=shown)
    return mine.exclude(verdict=Feedback.Verdict.OPEN).count()


def _password_page(
    request: HttpRequest, visit: Visit, token: str, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"token": token, "error": error}
    response = render(request, "gallery/share_password.html", context, status=status)
    # A form's own page must say where it comes from, to this site alone.
    response["Referrer-Policy"] = "same-origin"
    return response


@for_guests
@require_POST
def share_unlock(request: HttpRequest, visit: Visit, token: str) -> HttpResponse:
    """Open a link by its password; guesses are counted by address and in all."""
    if visit.link.password and not guests.guesses_left(request, visit.link):
        text = _("Too many tries. Wait some minutes, then try again.")
        return _password_page(request, visit, token, text, 429)
    password = request.POST.get("password", "")
    if visit.link.password and not links.password_is_right(visit.link, password):
        text = _("This is not the password. Ask the person who sent you the link.")
        return _password_page(request, visit, token, text, 403)
    guests.guesses_forget(request, visit.link)
    response = redirect("gallery:share", token=token)
    guests.remember(request, response, visit)
    return response


@for_guests
@require_POST
def share_name(request: HttpRequest, visit: Visit, token: str) -> HttpResponse:
    """Take the name under which a guest's verdicts are kept."""
    if visit.is_locked:
        raise Http404
    if not ratelimit.consume(request, action="share_name"):
        return _problem("rate_limited", _("Too many names. Wait a little."), 429)
    try:
        name = proofs.guest_create(link=visit.link, name=request.POST.get("name", ""))
    except WishError as error:
        return _problem(error.code, error.detail, error.status)
    response = JsonResponse({"name": name.name})
    guests.remember(request, response, visit, name)
    return response


@for_guests
@require_POST
def share_feedback(request: HttpRequest, visit: Visit, token: str, photo_id: UUID) -> HttpResponse:
    """Keep a verdict or a comment on one of the shared photos."""
    photo = selectors.photo_for(visit.guest, photo_id)
    if visit.name is None:
        return _problem("name_missing", _("Say who you are first."), 409)
    if not ratelimit.consume(request, action="share_feedback", key=str(visit.name.pk)):
        return _problem("rate_limited", _("That was a lot at once. Wait a little."), 429)
    form = FeedbackForm(request.POST)
    if not form.is_valid():
        return _problem("invalid", _first_error(form), 400)
    row = proofs.feedback_give(guest=visit.name, photo=photo, **form.said())
    answer = {
        "verdict": row.verdict,
        "comment": row.comment,
        "decided": _decided(visit),
        "approved": len(downloads.photos_approved(visit)),
    }
    return JsonResponse(answer)


def _first_error(form: FeedbackForm) -> str:
    return str(next(iter(form.errors.values()))[0])


@for_guests
@require_GET
def share_before(request: HttpRequest, visit: Visit, token: str, photo_id: UUID) -> FileResponse:
    """Show the original at up to 2,048 pixels, without any metadata."""
    photo = selectors.photo_for(visit.guest, photo_id, Action.COMPARE)
    if not photo.has_preview:
        raise Http404
    return file_response(
        f"photos/{photo.pk}/preview.webp",
        content_type="image/webp",
        file_name="before.webp",
        etag=f"{photo.sha256}-preview",
    )


@for_guests
@require_GET
def share_after(request: HttpRequest, visit: Visit, token: str, photo_id: UUID) -> FileResponse:
    """Show the newest result at up to 2,048 pixels, without any metadata."""
    rendition = _version(visit, photo_id, Action.VIEW).rendition
    return file_response(
        rendition.preview,
        content_type="image/webp",
        file_name="after.webp",
        etag=f"{rendition.sha256}-preview",
    )


@for_guests
@require_GET
def share_download(request: HttpRequest, visit: Visit, token: str, photo_id: UUID) -> HttpResponse:
    """Give the newest result away: its pixels and profile, nothing personal."""
    rendition = _version(visit, photo_id, Action.DOWNLOAD).rendition
    try:
        data = downloads.bare_file(rendition.file)
    except OSError as error:
        raise Http404 from error
    response = HttpResponse(data, content_type=rendition.content_type)
    name = f"portrait-{str(photo_id)[:8]}{rendition.extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@for_guests
@require_GET
def share_zip(
    request: HttpRequest, visit: Visit, token: str
) -> HttpResponse | StreamingHttpResponse:
    """Give all results away as one zip, or with `approved` those that this guest approved."""
    shown = list(_in_order(visit, Action.DOWNLOAD))
    if not shown and selectors.photos_for(visit.guest).exists():
        raise PermissionDenied
    numbered = list(enumerate(shown, start=1))
    if "approved" in request.GET:
        approved = downloads.photos_approved(visit)
        numbered = [(number, photo) for number, photo in numbered if photo.pk in approved]
    entries, notes, open_entry = downloads.guest_entries(visit.guest, numbered)
    if not entries:
        reason = _("There is nothing to download yet.")
        context = {"reason": reason, "back": reverse("gallery:share", args=[token])}
        return render(request, "gallery/refused.html", context, status=400)
    return ZipResponse(zip_pieces(entries, notes, open_entry), file_name="portraits.zip")


def _in_order(visit: Visit, action: Action = Action.VIEW) -> QuerySet[Photo]:
    """Return the photos of a link in the order by which the page numbers them."""
    return selectors.photos_for(visit.guest, action).order_by("created_at", "pk")


def _version(visit: Visit, photo_id: UUID, action: Action) -> RetouchVersion:
    photo = selectors.photo_for(visit.guest, photo_id, action)
    version = selectors.shown_versions(visit.guest, [photo]).get(photo.pk)
    if version is None:
        raise Http404
    return version
