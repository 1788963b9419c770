"""How a person likes the pages: theme and language, in cookies and on the account."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from accounts.models import User

THEMES = ("light", "dark", "system")
THEME_COOKIE = "theme"
YEAR = 365 * 24 * 3600


class PreferencesMiddleware:
    """Gives a request its theme, and a signed-in person their language on any device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.theme` and the language, then go on."""
        person = signed_in(request)
        request.theme = theme_of(request, person)  # type: ignore[attr-defined]
        if person is not None and person.language in dict(settings.LANGUAGES):
            translation.activate(person.language)
            request.LANGUAGE_CODE = person.language
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("Cookie",))
        return response


def signed_in(request: HttpRequest) -> User | None:
    """Return who is signed in by the session; asks no database where there is no session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user if isinstance(request.user, User) else None


def theme_of(request: HttpRequest, person: User | None) -> str:
    """Return the theme of the account, else of the cookie, else the system's."""
    wish = (person.theme if person else "") or request.COOKIES.get(THEME_COOKIE, "")
    return wish if wish in THEMES else "system"


def context(request: HttpRequest) -> dict[str, object]:
    """Tell templates the theme and what can be chosen."""
    return {
        "theme": getattr(request, "theme", "system"),
        "themes": THEMES,
        "languages": settings.LANGUAGES,
    }
