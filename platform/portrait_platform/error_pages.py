"""What people see when something is refused or goes wrong: what it is, and what to do."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

BAD_REQUEST = (
    gettext_lazy("That could not be understood"),
    gettext_lazy("The address or the form was incomplete. Go back, load the page anew, try again."),
)
FORBIDDEN = (
    gettext_lazy("You may not do this"),
    gettext_lazy("Your account has no right to it. If it should have, ask the staff."),
)
NOT_FOUND = (
    gettext_lazy("There is nothing here"),
    gettext_lazy(
        "The address is wrong, or what was here is deleted or not yours. "
        "A deleted photo may still lie in the trash."
    ),
)
FAILED = (
    gettext_lazy("Something went wrong here"),
    gettext_lazy(
        "It is not your fault and your photos are safe. Try again in a minute; if it stays, "
        "tell the operator of this installation when it happened."
    ),
)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400, or 413 where a form holds too much."""
    if isinstance(exception, RequestDataTooBig) and not _is_program(request):
        return too_large(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return _answer(request, 400, "bad_request", *BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _answer(request, 403, "permission_denied", *FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return _answer(request, 404, "not_found", *NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without asking the database, which may be what failed."""
    if _is_program(request):
        return _problem(500, "internal_error")
    return bare_page(request, 500, *FAILED, retry="")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 where a form's token is missing or old: nothing was changed."""
    if request.COOKIES:
        advice = _(
            "You signed in or out in another tab, or it was open for very long. Nothing was "
            "changed: go back, load the page anew, and send it again."
        )
    else:
        advice = _("Your browser sends no cookies: allow them for this address, then try again.")
    return _answer(request, 403, "csrf_failed", _("This form is out of date"), advice)


def bare_page(
    request: HttpRequest, status: int, heading: Any, advice: Any, *, retry: str
) -> HttpResponse:
    """Return a page that knows nobody: no session, no database; `retry` is the button's way."""
    context = {"heading": heading, "advice": advice, "retry": retry}
    # Cookies alone: a middleware may not have run.
    context["theme"] = request.COOKIES.get("theme", "")
    return HttpResponse(render_to_string("bare.html", context), status=status)


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """Answer 413 to a form that was larger than `limit` bytes."""
    advice = _("At most %(limit)s MB are taken at once. Nothing was saved: choose a smaller file.")
    heading = _("That is too much at once")
    return bare_page(request, 413, heading, advice % {"limit": limit // 2**20}, retry="/")


def _answer(
    request: HttpRequest, status: int, code: str, heading: Any, advice: Any
) -> HttpResponse:
    if _is_program(request):
        return _problem(status, code)
    context = {"status": status, "heading": heading, "advice": advice}
    return render(request, "error.html", context, status=status)


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, code: str) -> JsonResponse:
    phrase = HTTPStatus(status).phrase
    problem = {
        "type": "about:blank",
        "title": phrase,
        "status": status,
        "detail": f"{phrase}.",
        "code": code,
    }
    return JsonResponse(problem, status=status, content_type="application/problem+json")
