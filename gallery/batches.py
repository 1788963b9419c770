"""One action on many photos at once; what cannot be done is told for each photo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import erasure
from gallery.albums import album_add, album_remove
from gallery.errors import WishError
from gallery.models import Album, Photo, Retouch
from gallery.permissions import Action
from gallery.presets import KEYS
from gallery.services import UNFINISHED, retouch_cancel, retouch_change, retouch_create
from retouch_engine.retoucher import Recipe


class BatchAction(StrEnum):
    """What can be done with many photos."""

    RETOUCH = "retouch"
    TRASH = "trash"
    RESTORE = "restore"
    ERASE = "erase"
    COPY = "copy"
    MOVE = "move"
    REMOVE = "remove"


# What a person must be allowed to do with each photo.
NEEDS = {
    BatchAction.RETOUCH: Action.EDIT,
    BatchAction.TRASH: Action.MANAGE,
    BatchAction.RESTORE: Action.MANAGE,
    BatchAction.ERASE: Action.MANAGE,
    BatchAction.COPY: Action.MANAGE,
    BatchAction.MOVE: Action.MANAGE,
    BatchAction.REMOVE: Action.MANAGE,
}
IN_TRASH = (BatchAction.RESTORE, BatchAction.ERASE)
NEEDS_TARGET = (BatchAction.COPY, BatchAction.MOVE)
NEEDS_SOURCE = (BatchAction.MOVE, BatchAction.REMOVE)
# Of one request, which answers when all is done.
LARGEST = 5000
LARGEST_OF = {BatchAction.RETOUCH: 500, BatchAction.ERASE: 500}


@dataclass(frozen=True)
class Failure:
    """A photo with which the action could not be done."""

    photo: UUID
    code: str
    detail: str


@dataclass
class Outcome:
    """What was done with which photos, and what failed."""

    done: list[UUID] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def chosen_of(photos: QuerySet[Photo], action: BatchAction) -> list[Photo]:
    """Return all photos of an album or a search; raises WishError `batch_too_large`."""
    most = LARGEST_OF.get(action, LARGEST)
    chosen = list(photos[: most + 1])
    batch_check_size(len(chosen), action)
    return chosen


def batch_check_size(count: int, action: BatchAction) -> None:
    """Raise WishError `batch_too_large` for more photos than one request may name."""
    most = LARGEST_OF.get(action, LARGEST)
    if count > most:
        text = _("At most %(most)s photos at a time: choose fewer.") % {"most": most}
        raise WishError("batch_too_large", text, 400)


def photos_batch(
    *,
    action: BatchAction,
    photos: Sequence[Photo],
    source: Album | None = None,
    target: Album | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Outcome:
    """Do one thing with photos with which the caller may do it.

    source: the album that they are taken out of; target: the one that they are put into.
    Raises RecipeError and CheckpointError, which hold for all of them.
    """
    if action == BatchAction.RETOUCH:
        return _each(photos, lambda photo: _retouch(photo, source, recipe))
    if action == BatchAction.ERASE:
        return _erase(photos)
    with transaction.atomic():
        _all_at_once(action, photos, source, target)
    return Outcome([photo.pk for photo in photos])


def _erase(photos: Sequence[Photo]) -> Outcome:
    gone = erasure.photos_erase(photos=photos)
    left = _("There was not enough time: please try again.")
    failed = [Failure(photo.pk, "not_yet", left) for photo in photos if photo.pk not in gone]
    return Outcome(gone, failed)


def _retouch(photo: Photo, album: Album | None, recipe: Mapping[str, Any] | None) -> None:
    """Wish a photo's next version with other strengths, or its first one.

    Decisions on marks and the file's format stay what people made of them.
    """
    if recipe is None and album is not None:
        recipe = album.recipe
    known = photo.retouches.order_by("-created_at").first()
    if known is None:
        retouch_create(owner=photo.owner, photo=photo, recipe=recipe)
        return
    strengths = Recipe.from_dict(recipe).to_dict()
    wanted = {**known.recipe, **{key: strengths[key] for key in KEYS}}
    if wanted != known.recipe or known.status in (Retouch.Status.FAILED, Retouch.Status.CANCELLED):
        retouch_change(retouch=known, recipe=wanted)


def _each(photos: Sequence[Photo], wish: Callable[[Photo], object]) -> Outcome:
    outcome = Outcome()
    for photo in photos:
        try:
            wish(photo)
        except WishError as error:
            outcome.failed.append(Failure(photo.pk, error.code, error.detail))
        else:
            outcome.done.append(photo.pk)
    return outcome


def _all_at_once(
    action: BatchAction, photos: Sequence[Photo], source: Album | None, target: Album | None
) -> None:
    if action == BatchAction.TRASH:
        photos_trash(photos=photos)
    elif action == BatchAction.RESTORE:
        rows_of(photos).update(deleted_at=None)
    if action in NEEDS_TARGET and target is not None:
        album_add(album=target, photos=photos)
    if action in NEEDS_SOURCE and source is not None and source != target:
        album_remove(album=source, photos=photos)


@transaction.atomic
def photos_trash(*, photos: Sequence[Photo]) -> None:
    """Put photos into the trash; their unfinished retouches are cancelled."""
    rows = rows_of(photos)
    rows.update(deleted_at=timezone.now())
    for retouch in Retouch.objects.filter(photo__in=rows, status__in=UNFINISHED):
        retouch_cancel(retouch=retouch)


def rows_of(photos: Sequence[Photo]) -> QuerySet[Photo]:
    """Return the rows of photos that the caller may change."""
    return Photo.objects.filter(pk__in=[photo.pk for photo in photos])
