"""Share links: made, changed, replaced, revoked; only a digest of the token is stored."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.errors import WishError
from gallery.models import AccessRecord, Album, Photo, ShareLink
from gallery.sharing import records

LAST_YEAR = 8999
SHORTEST_PASSWORD, LONGEST_PASSWORD = 6, 128
MOST_LINKS, MOST_PHOTOS = 500, 2000
Event = AccessRecord.Event


@transaction.atomic
def link_create(
    *,
    owner: User,
    album: Album | None = None,
    photos: Iterable[Photo] = (),
    title: str = "",
    expires_at: datetime | None = None,
    password: str = "",
    may_download: bool = False,
    shows_originals: bool = True,
) -> tuple[ShareLink, str]:
    """Make a link to an album, whatever will lie in it, or to some photos.

    Returns it and the token, which is stored nowhere. Raises WishError `nothing_to_share`,
    `too_many_photos`, `too_many_links`, `expiry_in_past`, `expiry_too_late`, `weak_password`.
    """
    chosen = list(photos)
    _check_size(owner, album, chosen)
    _check_expiry(expires_at)
    token = secrets.token_urlsafe(32)
    link = ShareLink.objects.create(
        owner=owner,
        album=album,
        title=title.strip()[:120] or (album.title if album else _("Portraits")),
        digest=_digest(token),
        password=_hashed(password),
        expires_at=expires_at,
        may_download=may_download,
        shows_originals=shows_originals,
    )
    link.photos.set(chosen)
    records.link_event(link, Event.LINK_CREATED)
    return link, token


def _check_size(owner: User, album: Album | None, photos: list[Photo]) -> None:
    if album is None and not photos:
        raise WishError("nothing_to_share", _("Choose an album or photos to share."), 400)
    if len(photos) > MOST_PHOTOS:
        text = _("A link shows at most %(count)s photos: share their album instead.")
        raise WishError("too_many_photos", text % {"count": MOST_PHOTOS}, 400)
    if ShareLink.objects.open().filter(owner=owner).count() >= MOST_LINKS:
        raise WishError("too_many_links", _("Revoke links that nobody needs any more."), 400)


def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        raise WishError("expiry_in_past", _("Choose an end that lies in the future."), 400)
    # A day after it must still be one, in any time zone.
    if expires_at is not None and expires_at.year > LAST_YEAR:
        raise WishError("expiry_too_late", _("Choose an end before the year 9000, or none."), 400)


def _hashed(password: str) -> str:
    if not password:
        return ""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        text = _("A password has %(least)s to %(most)s characters.")
        numbers = {"least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD}
        raise WishError("weak_password", text % numbers, 400)
    return make_password(password)


def _digest(token: str) -> str:
    return salted_hmac("gallery.share_link", token, algorithm="sha256").hexdigest()


@transaction.atomic
def link_change(*, link: ShareLink, password: str | None = None, **settings: Any) -> ShareLink:
    """Change expires_at, may_download, shows_originals or title; a password ends what it opened.

    A `password` of "" takes it away, None leaves it. Raises WishError `link_ended`,
    `expiry_in_past`, `expiry_too_late`, `weak_password`.
    """
    link = _unrevoked(link)
    _check_expiry(settings.get("expires_at"))
    if password is not None:
        settings["password"] = _hashed(password)
        settings["version"] = link.version + 1
    for field, value in settings.items():
        setattr(link, field, value)
    link.save(update_fields=list(settings))
    records.link_event(link, Event.LINK_CHANGED)
    return link


@transaction.atomic
def link_renew(*, link: ShareLink) -> str:
    """Return a new token; the old one ends at once. Raises WishError `link_ended`."""
    link = _unrevoked(link)
    token = secrets.token_urlsafe(32)
    link.digest, link.version = _digest(token), link.version + 1
    link.save(update_fields=["digest", "version"])
    records.link_event(link, Event.LINK_RENEWED)
    return token


@transaction.atomic
def link_revoke(*, link: ShareLink) -> None:
    """End a link for ever, from the next byte on."""
    if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        records.link_event(link, Event.LINK_REVOKED)


def _unrevoked(link: ShareLink) -> ShareLink:
    found: ShareLink = ShareLink.objects.select_for_update().get(pk=link.pk)
    if found.revoked_at is not None:
        raise WishError("link_ended", _("This link was revoked: make a new one."))
    return found


def link_of(token: str) -> ShareLink | None:
    """Return the link of a token, open or ended; None where there is none."""
    found: ShareLink | None = (
        ShareLink.objects.select_related("owner", "album").filter(digest=_digest(token)).first()
    )
    return found


def password_is_right(link: ShareLink, password: str) -> bool:
    """Return whether a password opens a link."""
    return len(password) <= LONGEST_PASSWORD and check_password(password, link.password)
