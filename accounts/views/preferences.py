"""Choosing theme and language: works signed out too, and without a script."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.preferences import THEME_COOKIE, THEMES, YEAR, signed_in
from accounts.services import preferences_save


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie and on the account; a script gets no page in answer."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponse(status=400)
    person = signed_in(request)
    if person is not None:
        preferences_save(user=person, theme=chosen)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    response = HttpResponse(status=204) if is_script else redirect(_way_back(request))
    response.set_cookie(
        THEME_COOKIE,
        chosen,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the language as Django does, and on the account."""
    person, chosen = signed_in(request), request.POST.get("language", "")
    if person is not None and chosen in dict(settings.LANGUAGES):
        preferences_save(user=person, language=chosen)
    return set_language(request)


def _way_back(request: HttpRequest) -> str:
    wish = request.POST.get("next") or request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        wish, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wish if safe else "/"
