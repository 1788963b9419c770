"""Who opens a share link: their cookie, and what they may ask for right now."""

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse

from gallery.models import ShareGuest, ShareLink
from gallery.permissions import Guest
from gallery.sharing import links

SALT = "gallery.share_link"
COOKIE_SECONDS = 60 * 60 * 24 * 90


class LinkEndedError(Exception):
    """The link was revoked or is over."""


@dataclass(frozen=True)
class Visit:
    """One request of a guest: the link, whether its password was given, who they said they are."""

    link: ShareLink
    is_locked: bool
    name: ShareGuest | None

    @property
    def guest(self) -> Guest:
        """Return the actor for the selectors; raises Http404 while the password is missing."""
        if self.is_locked:
            raise Http404
        return Guest(self.link.pk, self.link.version)


def visit_of(request: HttpRequest, token: str) -> Visit:
    """Return what a request may ask for; raises Http404, or LinkEndedError for an ended link."""
    link = links.link_of(token)
    if link is None:
        raise Http404
    if not ShareLink.objects.open().filter(pk=link.pk).exists():
        raise LinkEndedError
    cookie = _cookie(request, link)
    locked = bool(link.password) and cookie.get("version") != link.version
    name = link.guests.filter(pk=cookie["guest"]).first() if cookie.get("guest") else None
    return Visit(link, locked, name)


def guesses_left(request: HttpRequest, link: ShareLink) -> bool:
    """Count one try at a link's password; returns whether there may be one."""
    key = _guess_key(request, link)
    return bool(
        ratelimit.consume(request, action="share_password", key=key)
        and ratelimit.consume(request, action="share_password_of_link", key=str(link.pk))
    )


def guesses_forget(request: HttpRequest, link: ShareLink) -> None:
    """Forget the tries of somebody who knew the password."""
    ratelimit.clear(request, action="share_password", key=_guess_key(request, link))


def _guess_key(request: HttpRequest, link: ShareLink) -> str:
    return f"{link.pk} {get_adapter().get_client_ip(request)}"


def remember(
    request: HttpRequest, response: HttpResponse, visit: Visit, name: ShareGuest | None = None
) -> None:
    """Give the browser the cookie that opens this version of the link, and who it said it is."""
    who = name or visit.name
    value = {"version": visit.link.version, "guest": str(who.pk) if who else ""}
    response.set_cookie(
        _cookie_name(visit.link),
        signing.dumps(value, salt=f"{SALT}.{visit.link.pk}"),
        max_age=COOKIE_SECONDS,
        path="/s/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie(request: HttpRequest, link: ShareLink) -> dict[str, Any]:
    try:
        value = signing.loads(
            request.COOKIES.get(_cookie_name(link), ""),
            salt=f"{SALT}.{link.pk}",
            max_age=COOKIE_SECONDS,
        )
    except signing.BadSignature:
        return {}
    return dict(value)


def _cookie_name(link: ShareLink) -> str:
    return f"share-{link.pk.hex[:16]}"
