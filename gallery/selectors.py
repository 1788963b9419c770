"""Reads: the only place where rows are scoped to whoever asks.

A stranger's row is not found; who may look at it but not do more with it is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, UUIDField, Value
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery.models import (
    Album,
    AlbumRole,
    Export,
    Feedback,
    Group,
    Photo,
    Preset,
    Rendition,
    Retouch,
    RetouchVersion,
    ShareLink,
    TileSet,
    Upload,
)
from gallery.permissions import (
    Action,
    Actor,
    Person,
    albums_allowed,
    feedback_allowed,
    groups_allowed,
    links_allowed,
    photos_allowed,
    retouches_allowed,
    trashed_albums_allowed,
    uploads_allowed,
)

Row = TypeVar(
    "Row",
    Album,
    AlbumRole,
    Export,
    Group,
    Photo,
    Preset,
    Rendition,
    Retouch,
    ShareLink,
    TileSet,
    Upload,
)


def albums_for(actor: Actor, action: Action = Action.VIEW) -> QuerySet[Album]:
    """Return the albums with which somebody may do something, newest first."""
    return albums_allowed(actor, action).select_related("owner")


def album_for(actor: Actor, album_id: UUID | str, action: Action = Action.VIEW) -> Album:
    """Return one album; raises Http404, or PermissionDenied for who may only look at it."""
    return _permitted(albums_for, actor, album_id, action)


def actions_on_album(user: Person, album: Album) -> frozenset[Action]:
    """Return all that a person may do with an album, by one query."""
    return _actions({one: albums_allowed(user, one).filter(pk=album.pk) for one in Action})


def actions_on_photo(user: Person, photo: Photo) -> frozenset[Action]:
    """Return all that a person may do with a photo, by one query."""
    return _actions({one: photos_allowed(user, one).filter(pk=photo.pk) for one in Action})


def _actions(allowed: Mapping[Action, QuerySet[Any]]) -> frozenset[Action]:
    marked = [
        rows.order_by().values_list(Value(str(action)), flat=True)
        for action, rows in allowed.items()
    ]
    return frozenset(Action(text) for text in marked[0].union(*marked[1:]))


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
    if album is not None:
        chosen = photos_for(user, Action.EDIT).filter(albums=album)
    else:
        chosen = photos_for(user, Action.MANAGE)
    return chosen.filter(retouches=None).select_related("owner").order_by("created_at")


def photos_elsewhere(user: Person, album: Album, newest: int) -> list[Photo]:
    """Return the newest photos of the album's owner that the person may edit and lie elsewhere."""
    elsewhere = photos_for(user, Action.EDIT).filter(owner=album.owner_id).exclude(albums=album)
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


def retouches_of(
    user: Person, photos: Sequence[Photo], action: Action = Action.VIEW, **result: object
) -> list[Retouch]:
    """Return the photos' retouches, oldest first, each with `result_id`.

    That is the newest finished rendition, or the newest for which the fields in `result` hold.
    """
    finished = RetouchVersion.objects.filter(
        retouch=OuterRef("pk"), **{f"rendition__{field}": value for field, value in result.items()}
    )
    newest = Subquery(
        finished.order_by("-number").values("rendition")[:1], output_field=UUIDField()
    )
    theirs = retouches_allowed(user, action).filter(photo__in=[photo.pk for photo in photos])
    return list(theirs.annotate(result_id=newest).order_by("created_at"))


def newest_renditions(user: Person, photos: Sequence[Photo]) -> dict[UUID, Rendition]:
    """Return by photo the newest finished file; photos without one are not there."""
    rows = retouches_of(user, photos, Action.DOWNLOAD)
    found = {row.photo_id: row.result_id for row in rows if row.result_id}  # type: ignore[attr-defined]
    renditions = Rendition.objects.in_bulk(list(found.values()))
    return {photo: renditions[made] for photo, made in found.items() if made in renditions}


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
    actor: Actor, action: Action = Action.VIEW, *, trashed: bool = False
) -> QuerySet[Photo]:
    """Return photos outside (or inside) the trash with which somebody may do something.

    Newest first; of their albums only those that somebody may see are named.
    """
    photos = photos_allowed(actor, action).filter(deleted_at__isnull=not trashed)
    return photos.prefetch_related(Prefetch("albums", albums_allowed(actor, Action.VIEW)))


def photo_for(actor: Actor, photo_id: UUID | str, action: Action = Action.VIEW) -> Photo:
    """Return one photo that is not in the trash.

    Raises Http404, or PermissionDenied for who may only look at it.
    """
    return _permitted(photos_for, actor, photo_id, action)


def photos_named(
    user: Person, photo_ids: Sequence[UUID], action: Action = Action.VIEW
) -> QuerySet[Photo]:
    """Return photos by id; raises Http404 where any is not there for this."""
    photos = photos_for(user, action).filter(pk__in=photo_ids)
    if photos.count() != len(set(photo_ids)):
        raise Http404
    return photos


def retouches_for(actor: Actor, action: Action = Action.VIEW) -> QuerySet[Retouch]:
    """Return retouches with their finished versions, newest first."""
    versions = Prefetch("versions", RetouchVersion.objects.select_related("rendition__analysis"))
    allowed = retouches_allowed(actor, action).filter(photo__deleted_at__isnull=True)
    return allowed.prefetch_related(versions)


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


def retouch_for(actor: Actor, retouch_id: UUID | str, action: Action = Action.VIEW) -> Retouch:
    """Return one retouch; raises Http404, or PermissionDenied for who may only look at it."""
    return _permitted(retouches_for, actor, retouch_id, action)


def groups_for(actor: Actor, action: Action = Action.VIEW) -> QuerySet[Group]:
    """Return the groups with which somebody may do something, newest first."""
    return groups_allowed(actor, action)


def group_for(actor: Actor, group_id: UUID | str, action: Action = Action.VIEW) -> Group:
    """Return one group; raises Http404, or PermissionDenied for who may only look at it."""
    return _permitted(groups_for, actor, group_id, action)


def feedback_for(user: Person) -> QuerySet[Feedback]:
    """Return what guests say of photos that the person may edit, newest first."""
    return feedback_allowed(user)


def links_for(user: Person) -> QuerySet[ShareLink]:
    """Return the person's share links, open and ended, newest first."""
    return links_allowed(user).select_related("owner", "album").prefetch_related("photos")


def link_for(user: Person, link_id: UUID | str) -> ShareLink:
    """Return one share link of the person; raises Http404."""
    return _found(links_for(user), link_id)


def roles_of(album: Album) -> QuerySet[AlbumRole]:
    """Return who has a role on an album that the caller may manage, newest first."""
    return album.roles.select_related("album__owner")


def role_of(album: Album, role_id: UUID | str) -> AlbumRole:
    """Return one role on an album that the caller may manage; raises Http404."""
    return _found(roles_of(album), role_id)


def tiles_for(actor: Actor, tiles_id: UUID | str) -> TileSet:
    """Return tiles of a result that somebody may see, or of an original that they may compare.

    Raises Http404.
    """
    originals = photos_allowed(actor, Action.COMPARE).filter(deleted_at__isnull=True)
    results = photos_allowed(actor, Action.VIEW).filter(deleted_at__isnull=True)
    shown = Q(rendition=None, photo__in=originals) | Q(rendition__isnull=False, photo__in=results)
    return _found(TileSet.objects.filter(shown), tiles_id)


def exports_for(user: Person) -> QuerySet[Export]:
    """Return the files that the person wished, of retouches that they may still download."""
    retouches = retouches_allowed(user, Action.DOWNLOAD).filter(photo__deleted_at__isnull=True)
    return Export.objects.filter(owner=user.pk, version__retouch__in=retouches)


def export_for(user: Person, export_id: UUID | str) -> Export:
    """Return one file that the person wished; raises Http404."""
    return _found(exports_for(user), export_id)


def presets_for(user: Person) -> QuerySet[Preset]:
    """Return the person's own presets, newest first."""
    return Preset.objects.filter(owner=user.pk)


def preset_for(user: Person, preset_id: UUID | str) -> Preset:
    """Return one preset of the person; raises Http404."""
    return _found(presets_for(user), preset_id)


def neighbours(user: Person, photo: Photo, album: Album | None) -> tuple[UUID | None, UUID | None]:
    """Return the photos before and after one, in its album's order, or among all photos."""
    shown = photos_for(user)
    order = list(
        (shown if album is None else shown.filter(albums=album)).values_list("pk", flat=True)
    )
    place = order.index(photo.pk) if photo.pk in order else -1
    if place < 0:
        return None, None
    before = order[place - 1] if place else None
    return before, next(iter(order[place + 1 : place + 2]), None)


def uploads_for(user: Person) -> QuerySet[Upload]:
    """Return the uploads that the person began, finished ones too, newest first.

    What came of them is there as far as the person may still see it.
    """
    uploads = uploads_allowed(user).select_related("album", "owner")
    seen = Prefetch("photo", photos_for(user)), Prefetch("retouch", retouches_for(user))
    return uploads.prefetch_related(*seen)


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


def shown_versions(actor: Actor, photos: Sequence[Photo]) -> dict[UUID, RetouchVersion]:
    """Return by photo the newest finished version of its newest retouch that has one."""
    retouches = retouches_allowed(actor, Action.VIEW).filter(photo__in=photos)
    versions = RetouchVersion.objects.filter(retouch__in=retouches).select_related("rendition")
    ordered = versions.select_related("retouch").order_by("retouch__created_at", "number")
    return {version.retouch.photo_id: version for version in ordered}


def newest_version(retouch: Retouch, number: int | None = None) -> RetouchVersion | None:
    """Return the newest finished version, or number `number`; None where there is none."""
    versions = [v for v in retouch.versions.all() if number is None or v.number == number]
    return max(versions, key=lambda version: version.number, default=None)


def _permitted(
    rows: Callable[[Actor, Action], QuerySet[Row]],
    actor: Actor,
    row_id: UUID | str,
    action: Action,
) -> Row:
    identifier = _identifier(row_id)
    row = rows(actor, action).filter(pk=identifier).first()
    if row is not None:
        return row
    if action != Action.VIEW and rows(actor, Action.VIEW).filter(pk=identifier).exists():
        raise PermissionDenied(_("You may look at this, but not do that with it."))
    raise Http404


def _found(rows: QuerySet[Row], row_id: UUID | str) -> Row:
    row = rows.filter(pk=_identifier(row_id)).first()
    if row is None:
        raise Http404
    return row


def _identifier(row_id: UUID | str) -> UUID:
    try:
        return UUID(str(row_id))
    except ValueError as error:
        raise Http404 from error
