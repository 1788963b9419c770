"""Reads: the only place where rows are scoped to a person. A stranger's row is not found."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, UUIDField
from django.http import Http404
from django.utils import timezone

from gallery.models import Album, Group, Photo, Rendition, Retouch, RetouchVersion, Upload
from gallery.permissions import (
    Action,
    Person,
    albums_allowed,
    photos_allowed,
    retouches_allowed,
    trashed_albums_allowed,
    uploads_allowed,
)

Row = TypeVar("Row", Album, Group, Photo, Rendition, Retouch, Upload)


def albums_for(user: Person, action: Action = Action.VIEW) -> QuerySet[Album]:
    """Return the albums with which the person may do something, newest first."""
    return albums_allowed(user, action)


def album_for(user: Person, album_id: UUID | str, action: Action = Action.VIEW) -> Album:
    """Return one album with which the person may do something; raises Http404."""
    return _found(albums_for(user, action), album_id)


def albums_in_order(user: Person, album_ids: Sequence[UUID]) -> list[Album]:
    """Return the person's own albums: the named ones in that order, then the others as they stand.

    Raises Http404 where a named one is not there.
    """
    mine = {album.pk: album for album in albums_by_hand(user)}
    if not mine.keys() >= set(album_ids):
        raise Http404
    return [mine[pk] for pk in dict.fromkeys([*album_ids, *mine])]


def albums_by_hand(user: Person) -> QuerySet[Album]:
    """Return the albums whose order a person decides, in it; new ones come first."""
    return albums_for(user, Action.MANAGE).order_by("position", "-created_at")


def trashed_albums_for(user: Person) -> QuerySet[Album]:
    """Return the albums in the person's trash, the last one deleted first."""
    return trashed_albums_allowed(user).order_by("-deleted_at")


def trashed_album_for(user: Person, album_id: UUID | str) -> Album:
    """Return one album from the person's trash; raises Http404."""
    return _found(trashed_albums_for(user), album_id)


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
    return _found(photos_for(user, Action.MANAGE, trashed=True), photo_id)


def pictured_photo_for(user: Person, photo_id: UUID | str) -> Photo:
    """Return a photo whose small pictures the person may see, in their trash too; or Http404."""
    try:
        return photo_for(user, photo_id)
    except Http404:
        return trashed_photo_for(user, photo_id)


def rendition_for(user: Person, photo: Photo, rendition_id: UUID | str) -> Rendition:
    """Return a finished file that was made of a photo for the person to see; raises Http404."""
    theirs = retouches_allowed(user, Action.VIEW).filter(photo=photo)
    made = Rendition.objects.filter(versions__retouch__in=theirs)
    return _found(made, rendition_id)


def newest_renditions(user: Person, photos: Sequence[Photo]) -> dict[UUID, Rendition]:
    """Return by photo the newest finished file; photos without one are not there."""
    theirs = retouches_allowed(user, Action.DOWNLOAD)
    newest = RetouchVersion.objects.filter(retouch__in=theirs, retouch__photo=OuterRef("pk"))
    newest = newest.order_by("-retouch__created_at", "-number")
    pairs = photos_allowed(user, Action.DOWNLOAD).filter(pk__in=[photo.pk for photo in photos])
    made_last = Subquery(newest.values("rendition")[:1], output_field=UUIDField())
    found = dict(pairs.values_list("pk", made_last))
    renditions = Rendition.objects.in_bulk([pk for pk in found.values() if pk is not None])
    return {pk: renditions[made] for pk, made in found.items() if made in renditions}


def photos_chosen(
    user: Person, photo_ids: Sequence[UUID], action: Action, *, trashed: bool = False
) -> tuple[list[Photo], list[tuple[UUID, str]]]:
    """Return those of the named photos with which the person may do something, in that order,
    and for each of the others why not: `not_allowed` or `not_found`.
    """
    wanted = list(dict.fromkeys(photo_ids))
    theirs = photos_for(user, action, trashed=trashed).select_related("owner")
    found = theirs.filter(pk__in=wanted).in_bulk()
    missing = [pk for pk in wanted if pk not in found]
    seen = photos_for(user, trashed=trashed).filter(pk__in=missing)
    visible = set(seen.values_list("pk", flat=True))
    reasons = [(pk, "not_allowed" if pk in visible else "not_found") for pk in missing]
    return [found[pk] for pk in wanted if pk in found], reasons


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
