"""Reads: the only place where rows are scoped to a person. A stranger's row is not found."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from gallery.models import Album, Group, Photo, Retouch, RetouchVersion, Upload
from gallery.permissions import (
    Action,
    Person,
    albums_allowed,
    photos_allowed,
    retouches_allowed,
    uploads_allowed,
)

Row = TypeVar("Row", Album, Group, Photo, Retouch, Upload)


def albums_for(user: Person, action: Action = Action.VIEW) -> QuerySet[Album]:
    """Return the albums with which the person may do something, newest first."""
    return albums_allowed(user, action)


def album_for(user: Person, album_id: UUID | str, action: Action = Action.VIEW) -> Album:
    """Return one album with which the person may do something; raises Http404."""
    return _found(albums_for(user, action), album_id)


def albums_with_counts(user: Person) -> QuerySet[Album]:
    """Return the person's albums, each with `photo_count`."""
    shown = Q(photos__deleted_at__isnull=True)
    return albums_for(user).annotate(photo_count=Count("photos", filter=shown))


def photos_with_latest(
    user: Person, album: Album | None = None, *, trashed: bool = False
) -> list[Photo]:
    """Return photos, all or an album's, each with its newest retouch as `latest` (or None)."""
    chosen = photos_for(user, trashed=trashed)
    photos = list(chosen.filter(albums=album) if album is not None else chosen)
    newest: dict[UUID, Retouch] = {}
    for retouch in Retouch.objects.filter(photo__in=photos).order_by("created_at"):
        newest[retouch.photo_id] = retouch
    for photo in photos:
        photo.latest = newest.get(photo.pk)  # type: ignore[attr-defined]
    return photos


def photos_waiting(user: Person, album: Album | None) -> QuerySet[Photo]:
    """Return photos, of an album or all, whose retouch nobody wished yet, the oldest first."""
    chosen = photos_for(user, Action.EDIT).filter(retouches=None)
    if album is not None:
        chosen = chosen.filter(albums=album)
    return chosen.select_related("owner").order_by("created_at")


def photos_elsewhere(user: Person, album: Album, newest: int) -> list[Photo]:
    """Return the person's newest photos that do not lie in an album."""
    elsewhere = photos_for(user, Action.EDIT).exclude(albums=album)
    return list(elsewhere[:newest])


def trashed_photo_for(user: Person, photo_id: UUID | str) -> Photo:
    """Return one photo from the person's trash; raises Http404."""
    return _found(photos_for(user, trashed=True), photo_id)


def photos_for(
    user: Person, action: Action = Action.VIEW, *, trashed: bool = False
) -> QuerySet[Photo]:
    """Return the person's photos outside (or inside) the trash, newest first."""
    photos = photos_allowed(user, action).filter(deleted_at__isnull=not trashed)
    return photos.prefetch_related("albums")


def photo_for(user: Person, photo_id: UUID | str, action: Action = Action.VIEW) -> Photo:
    """Return one photo of the person that is not in the trash; raises Http404."""
    return _found(photos_for(user, action), photo_id)


def photos_named(user: Person, photo_ids: Sequence[UUID]) -> QuerySet[Photo]:
    """Return photos of the person by id; raises Http404 where any is not there."""
    photos = photos_for(user).filter(pk__in=photo_ids)
    if photos.count() != len(set(photo_ids)):
        raise Http404
    return photos


def retouches_for(user: Person, action: Action = Action.VIEW) -> QuerySet[Retouch]:
    """Return the person's retouches with their finished versions, newest first."""
    versions = Prefetch("versions", RetouchVersion.objects.select_related("rendition__analysis"))
    mine = retouches_allowed(user, action).filter(photo__deleted_at__isnull=True)
    return mine.prefetch_related(versions)


def retouches_to_show(user: Person, newest: int) -> list[Retouch]:
    """Return what a page must know: every unfinished retouch and the newest ones."""
    mine = retouches_for(user)
    recent = mine.order_by("-created_at")[:newest]
    unfinished = mine.filter(status__in=[Retouch.Status.QUEUED, Retouch.Status.RUNNING])
    return list({row.pk: row for row in [*recent, *unfinished]}.values())


def retouches_waiting(user: Person, count: int) -> QuerySet[Retouch]:
    """Return the person's queued retouches, the longest waiting first, at most `count`."""
    waiting = retouches_for(user).filter(status=Retouch.Status.QUEUED)
    return waiting.order_by("queued_at")[:count]


def retouch_for(user: Person, retouch_id: UUID | str, action: Action = Action.VIEW) -> Retouch:
    """Return one retouch of the person; raises Http404."""
    return _found(retouches_for(user, action), retouch_id)


def groups_for(user: Person) -> QuerySet[Group]:
    """Return the person's groups, newest first."""
    return Group.objects.filter(owner=user.pk)


def group_for(user: Person, group_id: UUID | str) -> Group:
    """Return one group of the person; raises Http404."""
    return _found(groups_for(user), group_id)


def uploads_for(user: Person) -> QuerySet[Upload]:
    """Return the uploads that the person began, finished ones too, newest first."""
    return uploads_allowed(user).select_related("album", "owner", "photo", "retouch")


def uploads_unfinished(user: Person) -> QuerySet[Upload]:
    """Return the uploads that the person can go on with, newest first."""
    return uploads_for(user).filter(photo=None, expires_at__gt=timezone.now())


def upload_for(user: Person, upload_id: UUID | str) -> Upload:
    """Return one upload that the person began; raises Http404."""
    return _found(uploads_for(user), upload_id)


def shown_retouch(user: Person, photo: Photo) -> tuple[Retouch | None, Retouch | None]:
    """Return the newest retouch with a finished version, and the newest of all, of a photo.

    They are the same row unless a newer wish has not succeeded: its state stands beside the result.
    """
    rows = list(retouches_for(user).filter(photo=photo).order_by("-created_at"))
    finished = next((row for row in rows if newest_version(row) is not None), None)
    return finished, rows[0] if rows else None


def newest_version(retouch: Retouch, number: int | None = None) -> RetouchVersion | None:
    """Return the newest finished version, or number `number`; None where there is none."""
    versions = [v for v in retouch.versions.all() if number is None or v.number == number]
    return max(versions, key=lambda version: version.number, default=None)


def _found(rows: QuerySet[Row], row_id: UUID | str) -> Row:
    try:
        row = rows.filter(pk=UUID(str(row_id))).first()
    except ValueError as error:
        raise Http404 from error
    if row is None:
        raise Http404
    return row
