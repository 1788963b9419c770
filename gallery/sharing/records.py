"""What happened to the access to an album or by a link, written down for its owner."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from gallery.models import AccessRecord, Album, ShareLink

# A guest who turns pages makes one record, not hundreds.
SAME_VISIT = timedelta(minutes=10)


def album_event(album: Album, event: AccessRecord.Event, subject: str) -> None:
    """Record what happened to a role on an album."""
    AccessRecord.objects.create(owner=album.owner, album=album, event=event, subject=subject[:300])


def link_event(link: ShareLink, event: AccessRecord.Event, subject: str = "") -> None:
    """Record what happened to a share link."""
    AccessRecord.objects.create(
        owner=link.owner, album=link.album, share=link, event=event, subject=subject or link.title
    )


def visit(link: ShareLink) -> None:
    """Record that a guest looked: when and by which link, never from where."""
    since = timezone.now() - SAME_VISIT
    recent = link.records.filter(event=AccessRecord.Event.VISIT, created_at__gt=since)
    if not recent.exists():
        link_event(link, AccessRecord.Event.VISIT)


def records_of_album(album: Album, newest: int) -> QuerySet[AccessRecord]:
    """Return what happened to an album's roles and links, newest first."""
    return AccessRecord.objects.filter(album=album)[:newest]


def records_of_link(link: ShareLink, newest: int) -> QuerySet[AccessRecord]:
    """Return what happened to a link, newest first."""
    return AccessRecord.objects.filter(share=link)[:newest]
