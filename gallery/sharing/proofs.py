"""Proofing: what guests say of photos, and how the owner reads it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gallery.errors import WishError
from gallery.events import feedback_announce
from gallery.models import (
    AccessRecord,
    Album,
    Feedback,
    Photo,
    ShareGuest,
    ShareLink,
)
from gallery.models.sharing import LONGEST_COMMENT
from gallery.permissions import Action, Person
from gallery.selectors import feedback_for, photos_for
from gallery.sharing import records

MOST_GUESTS = 500
Verdict = Feedback.Verdict


@transaction.atomic
def guest_create(*, link: ShareLink, name: str) -> ShareGuest:
    """Take a guest's name; raises WishError `name_missing`, `too_many_guests`."""
    words = " ".join(name.split())[:80]
    if not words:
        raise WishError("name_missing", _("Say who you are first."), 400)
    if link.guests.count() >= MOST_GUESTS:
        raise WishError("too_many_guests", _("Too many people have answered here already."), 400)
    records.link_event(link, AccessRecord.Event.GUEST_NAMED, words)
    return ShareGuest.objects.create(share=link, name=words)


def feedback_give(
    *, guest: ShareGuest, photo: Photo, verdict: str | None = None, comment: str | None = None
) -> Feedback:
    """Keep what a guest says of a photo; None leaves what was said before.

    Raises WishError `comment_too_long`.
    """
    said: dict[str, str] = {}
    if verdict is not None:
        said["verdict"] = verdict
    if comment is not None:
        said["comment"] = comment.strip()
        if len(said["comment"]) > LONGEST_COMMENT:
            text = _("A comment has at most %(count)s characters.") % {"count": LONGEST_COMMENT}
            raise WishError("comment_too_long", text, 400)
    with transaction.atomic():
        row = _kept(guest, photo, said)
        feedback_announce(row)
    return row


def _kept(guest: ShareGuest, photo: Photo, said: dict[str, str]) -> Feedback:
    try:
        with transaction.atomic():
            row, _created = Feedback.objects.update_or_create(
                guest=guest, photo=photo, defaults=said
            )
    except IntegrityError:
        # Two taps at once: the first made the row.
        row = Feedback.objects.get(guest=guest, photo=photo)
        for field, value in said.items():
            setattr(row, field, value)
        row.save()
    return row


def feedback_on(person: Person, photos: Iterable[Photo]) -> dict[UUID, list[Feedback]]:
    """Return by photo what guests said of it, newest first, as far as the person may read it."""
    rows = feedback_for(person).filter(photo__in=list(photos))
    rows = rows.exclude(verdict=Verdict.OPEN, comment="")
    found: dict[UUID, list[Feedback]] = defaultdict(list)
    for row in rows.select_related("guest__share"):
        found[row.photo_id].append(row)
    return found


def verdict_of(rows: Iterable[Feedback]) -> str:
    """Return what guests together say of a photo: one rejection outweighs approvals."""
    verdicts = {row.verdict for row in rows}
    for verdict in (Verdict.REJECTED, Verdict.APPROVED):
        if verdict in verdicts:
            return str(verdict)
    return str(Verdict.OPEN)


def counts_of(person: Person, album: Album) -> dict[str, int]:
    """Return how many of an album's photos are approved, rejected and open."""
    photos = list(photos_for(person, Action.EDIT).filter(albums=album))
    said = feedback_on(person, photos)
    counts = Counter(verdict_of(said.get(photo.pk, [])) for photo in photos)
    return {str(verdict): counts[verdict] for verdict in Verdict}


def is_proofed(album: Album) -> bool:
    """Return whether guests see, or saw, anything of an album: only then verdicts are shown."""
    photos = Photo.objects.filter(albums=album)
    return (
        ShareLink.objects.filter(Q(album=album) | Q(photos__in=photos)).exists()
        or Feedback.objects.filter(photo__in=photos).exists()
    )
