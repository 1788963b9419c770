"""Erasing photos for ever: rows, originals, analyses, renditions and what was made of them."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery import storage
from gallery.analyses import PAGE_FILE
from gallery.models import Album, Export, Group, Photo, Rendition, ShareLink, TileSet
from gallery.previews import photo_thumbnails, rendition_thumbnails
from gallery.services import UNFINISHED, retouch_cancel

SMALL_PICTURES = ("preview.webp", "thumbnail.webp")
# Of one turn of the sweeper, which has other things to do.
ERASED_AT_ONCE = 20
# One request's patience; what is left then can be erased by the next one.
EMPTYING_SECONDS = 20.0


@transaction.atomic
def photo_erase(*, photo: Photo) -> None:
    """Erase a photo and everything that was made of it; its files go when this is committed."""
    for retouch in photo.retouches.filter(status__in=UNFINISHED):
        retouch_cancel(retouch=retouch)
    names = files_of(photo)
    groups = list(photo.groups.values_list("pk", flat=True))
    photo.delete()
    # What is written down of a sitter goes with the last photo.
    Group.objects.filter(pk__in=groups, members=None).delete()
    transaction.on_commit(lambda: _remove(names))


@transaction.atomic
def group_erase(*, group: Group) -> int:
    """Erase a group with all its photos, in the trash or not; returns how many there were.

    Links that showed nothing else go with them, and the names of their guests.
    """
    photos = list(group.photos.all())
    links = list(ShareLink.objects.filter(photos__in=photos).distinct())
    for photo in photos:
        photo_erase(photo=photo)
    for link in links:
        if link.album_id is None and not link.photos.exists():
            link.delete()
    Group.objects.filter(pk=group.pk).delete()
    return len(photos)


def files_of(photo: Photo) -> list[str]:
    """Return the stored files of a photo, some of which may not be there."""
    names = [photo.file, *(f"photos/{photo.pk}/{name}" for name in SMALL_PICTURES)]
    names += photo_thumbnails(photo)
    for analysis in photo.analyses.all():
        names += [f"{analysis.folder}/{name}" for name in (*analysis.files, PAGE_FILE)]
    for rendition in Rendition.objects.filter(analysis__photo=photo):
        names += filter(None, (rendition.file, rendition.preview, rendition.tone))
        names += rendition_thumbnails(rendition)
    for row in [
        *TileSet.objects.filter(photo=photo).exclude(file=""),
        *Export.objects.filter(version__retouch__photo=photo).exclude(file=""),
    ]:
        names.append(row.file)
    return names


def _remove(names: list[str]) -> None:
    for name in names:
        storage.remove(name)


def photos_erase(*, photos: Iterable[Photo]) -> int:
    """Erase photos until a request's time is over; returns how many are gone."""
    erased, end = 0, time.monotonic() + EMPTYING_SECONDS
    for photo in photos:
        photo_erase(photo=photo)
        erased += 1
        if time.monotonic() > end:
            break
    return erased


def leaves_at(deleted_at: datetime) -> datetime | None:
    """Return when something leaves the trash for ever; None where it never does by itself."""
    return deleted_at + timedelta(days=settings.TRASH_DAYS) if settings.TRASH_DAYS else None


def trash_sweep() -> None:
    """Erase what has lain in the trash for longer than TRASH_DAYS; 0 keeps it for ever."""
    if not settings.TRASH_DAYS:
        return
    before = timezone.now() - timedelta(days=settings.TRASH_DAYS)
    for photo in Photo.objects.filter(deleted_at__lt=before)[:ERASED_AT_ONCE]:
        photo_erase(photo=photo)
    # An album is its title and a list: its photos have rows and a trash of their own.
    Album.with_trashed.filter(deleted_at__lt=before).delete()
