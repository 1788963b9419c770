"""Erasing photos for ever: rows, originals, analyses, renditions and what was made of them."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery import storage
from gallery.analyses import PAGE_FILE
from gallery.models import (
    Album,
    Export,
    FileRemoval,
    Group,
    Photo,
    Rendition,
    ShareLink,
    TileSet,
)
from gallery.previews import photo_thumbnails, rendition_thumbnails
from gallery.services import UNFINISHED, retouch_cancel

logger = logging.getLogger(__name__)

SMALL_PICTURES = ("preview.webp", "thumbnail.webp")
# Of one turn of the sweeper, which has other things to do.
ERASED_AT_ONCE = 20
# One request's patience; what is left then can be erased by the next one.
EMPTYING_SECONDS = 20.0
# One turn's, of photos that are many and of files that could not be removed at once.
SWEEPING_SECONDS = 2.0
REMOVED_AT_ONCE = 200
NEXT_TRY = timedelta(minutes=10)


@transaction.atomic
def photo_erase(*, photo: Photo) -> None:
    """Erase a photo and everything that was made of it; its files go when this is committed.

    Their names are kept until they are gone, see `removals_sweep`.
    """
    for retouch in photo.retouches.filter(status__in=UNFINISHED):
        retouch_cancel(retouch=retouch)
    files = FileRemoval.objects.bulk_create(FileRemoval(name=one) for one in files_of(photo))
    groups = list(photo.groups.values_list("pk", flat=True))
    photo.delete()
    # What is written down of a sitter goes with the last photo.
    Group.objects.filter(pk__in=groups, members=None).delete()
    transaction.on_commit(lambda: _remove(files))


@transaction.atomic
def trashed_erase(*, photo: Photo, before: datetime | None = None) -> bool:
    """Erase a photo if it lies in the trash (since `before`) still; returns whether it did.

    Its owner may have taken it out after it was listed.
    """
    trashed = Photo.objects.select_for_update().filter(pk=photo.pk, deleted_at__isnull=False)
    if before is not None:
        trashed = trashed.filter(deleted_at__lt=before)
    found = trashed.first()
    if found is not None:
        photo_erase(photo=found)
    return found is not None


def group_erase(*, group: Group, seconds: float = EMPTYING_SECONDS) -> int:
    """Erase a group with all its photos, in the trash or not; returns how many are left.

    Where the time is over before, the sweeper goes on with them.
    """
    end = time.monotonic() + seconds
    for photo in group.photos.all():
        _shared_erase(photo)
        if time.monotonic() > end:
            break
    left = group.photos.count()
    rest = Group.objects.filter(pk=group.pk)
    if left:
        rest.update(delete_by=timezone.localdate())
    else:
        rest.delete()
    return left


@transaction.atomic
def _shared_erase(photo: Photo) -> None:
    """Erase a photo, and the links that showed nothing else with the names of their guests."""
    links = list(ShareLink.objects.filter(photos=photo, album=None))
    photo_erase(photo=photo)
    for link in links:
        if not link.photos.exists():
            link.delete()


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


def _remove(files: Iterable[FileRemoval]) -> None:
    """Remove files; those that cannot be removed now are left for a later try."""
    gone = []
    for file in files:
        try:
            storage.remove(file.name)
        except Exception:
            # Stores raise what they like, and the other files must go.
            logger.exception("%s cannot be removed now", file.name)
            FileRemoval.objects.filter(pk=file.pk).update(due_at=timezone.now() + NEXT_TRY)
        else:
            gone.append(file.pk)
    FileRemoval.objects.filter(pk__in=gone).delete()


def removals_sweep() -> None:
    """Remove the files of erased photos that are still there."""
    _remove(FileRemoval.objects.filter(due_at__lt=timezone.now())[:REMOVED_AT_ONCE])


def photos_erase(*, photos: Iterable[Photo]) -> list[UUID]:
    """Erase photos that lie in the trash until a request's time is over; returns which are gone."""
    erased, end = [], time.monotonic() + EMPTYING_SECONDS
    for photo in photos:
        if trashed_erase(photo=photo):
            erased.append(photo.pk)
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
        trashed_erase(photo=photo, before=before)
    # An album is its title and a list: its photos have rows and a trash of their own.
    Album.with_trashed.filter(deleted_at__lt=before).delete()
