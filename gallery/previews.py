"""Small pictures that pages show: made with a retouch, or alone for a photo whose retouch waits."""

import logging
import time
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from gallery import storage
from gallery.errors import SupersededError
from gallery.models import Photo, Rendition
from gallery.services import UNFINISHED, photo_preview_wish, upload_limits
from job_queue.queue import JobTimeoutError, job_id
from retouch_engine import retoucher
from retouch_engine.retoucher import DecodedPhoto, ImageError

logger = logging.getLogger(__name__)

THUMBNAIL_SIZE, PREVIEW_SIZE = 512, 2048
MOST_TRIES = 3
# Of one turn of the sweeper; nothing while people wait for more jobs than this.
SWEPT_AT_ONCE = 20
# Photos that come by the API get their wish a moment later, which makes the pictures too.
GRACE = timedelta(seconds=10)
# A job that was just taken from the queue may not be announced by its worker yet.
PATIENCE_SECONDS = 60.0
# An older photo's results get theirs with it, the newest ones: nobody sees the rest in a grid.
NEWEST_RESULTS = 5


def photo_make_previews(photo: Photo, decoded: DecodedPhoto) -> None:
    """Make the small sRGB pictures that pages show, and note when it was taken; once per photo.

    Raises SupersededError where the photo was erased meanwhile.
    """
    if photo.has_preview and photo.has_thumbnails:
        return
    pixels = retoucher.srgb_pixels(decoded)
    for name, size in (("preview", PREVIEW_SIZE), ("thumbnail", THUMBNAIL_SIZE)):
        # Two retouches of one photo may come here at once.
        storage.replace(f"photos/{photo.pk}/{name}.webp", retoucher.thumbnail(pixels, size))
    for name, data in retoucher.grid_pictures(pixels).items():
        storage.replace(f"photos/{photo.pk}/grid/{name}", data)
    made = {
        "has_preview": True,
        "has_thumbnails": True,
        "taken_at": retoucher.taken_at(decoded.exif),
    }
    if not Photo.objects.filter(pk=photo.pk).update(**made):
        # Erased meanwhile: nobody else knows of these files.
        storage.remove_folder(f"photos/{photo.pk}", ["preview.webp", "thumbnail.webp"])
        storage.remove_folder(f"photos/{photo.pk}/grid", list(retoucher.GRID_PICTURES))
        raise SupersededError
    for field, value in made.items():
        setattr(photo, field, value)


def rendition_store_thumbnails(rendition: Rendition, pixels: retoucher.Pixels) -> list[str]:
    """Store the grid pictures of a result's sRGB pixels; returns their names."""
    names = rendition_thumbnails(rendition)
    for name, data in retoucher.grid_pictures(pixels).items():
        storage.replace(f"renditions/{rendition.pk}/grid/{name}", data)
    rendition.has_thumbnails = True
    return names


def photo_thumbnails(photo: Photo) -> list[str]:
    """Return the names of a photo's grid pictures."""
    return [f"photos/{photo.pk}/grid/{name}" for name in retoucher.GRID_PICTURES]


def rendition_thumbnails(rendition: Rendition) -> list[str]:
    """Return the names of a result's grid pictures."""
    return [f"renditions/{rendition.pk}/grid/{name}" for name in retoucher.GRID_PICTURES]


def photo_preview_run(identifier: str) -> None:
    """Make the small pictures of job `{photo id}-{number}`, those of its results included.

    A photo that cannot be read stays without, and is not tried again.
    """
    row_id, _, number = identifier.rpartition("-")
    photo = Photo.objects.filter(
        pk=row_id, preview_number=int(number), has_thumbnails=False
    ).first()
    if photo is None:
        return
    try:
        data = storage.read(photo.file)
        results_make_thumbnails(photo)
        photo_make_previews(photo, retoucher.decode(data, upload_limits()))
    except DatabaseError:
        raise
    except SupersededError:
        logger.info("photo %s was erased meanwhile", photo.pk)
    except (ImageError, OSError, JobTimeoutError):
        logger.exception("photo %s gets no small pictures", photo.pk)
        Photo.objects.filter(pk=photo.pk).update(preview_number=MOST_TRIES)


def results_make_thumbnails(photo: Photo) -> None:
    """Make the grid pictures of results that were finished before there were any."""
    without = Rendition.objects.filter(analysis__photo=photo, has_thumbnails=False)
    for rendition in without.order_by("-created_at")[:NEWEST_RESULTS]:
        try:
            shown = retoucher.decode(storage.read(rendition.preview)).pixels
        except (ImageError, OSError):
            logger.exception("rendition %s gets no small pictures", rendition.pk)
            continue
        names = rendition_store_thumbnails(rendition, shown)
        if not Rendition.objects.filter(pk=rendition.pk).update(has_thumbnails=True):
            # Erased meanwhile: nobody else knows of these files.
            for name in names:
                storage.remove(name)


_asked: dict[UUID, float] = {}


def photo_preview_sweep(live: set[str]) -> None:
    """Enqueue photos without small pictures that no retouch and no job will give any.

    `live` holds the ids of jobs that wait or run; the newest photos come first.
    """
    if len(live) > SWEPT_AT_ONCE:
        return
    now = time.monotonic()
    for photo in _without_pictures()[: 2 * SWEPT_AT_ONCE]:
        asked = _asked.get(photo.pk)
        if asked is not None and now - asked < PATIENCE_SECONDS:
            continue
        if job_id(str(photo.pk), photo.preview_number) not in live:
            _asked[photo.pk] = now
            photo_preview_wish(photo=photo)
    for known in [pk for pk, asked in _asked.items() if now - asked >= PATIENCE_SECONDS]:
        del _asked[known]


def _without_pictures() -> QuerySet[Photo]:
    before = timezone.now() - GRACE
    waiting = Photo.objects.filter(
        has_thumbnails=False,
        deleted_at=None,
        preview_number__lt=MOST_TRIES,
        created_at__lt=before,
    )
    return waiting.exclude(retouches__status__in=UNFINISHED).order_by("-created_at")
