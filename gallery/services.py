"""Writes of albums, photos and a person's wishes; running them is in `runs`."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery import storage
from gallery.errors import WishError
from gallery.events import retouch_announce
from gallery.models import Album, IdempotencyKey, Photo, Retouch
from gallery.quotas import quota_check
from job_queue.queue import enqueue, job_discard, job_id
from retouch_engine.retoucher import ImageLimits, Recipe, read_header
from retouch_engine.services import promoted_checkpoint

RUN_JOB = "gallery.jobs.retouch_run"
PREVIEW_JOB = "gallery.jobs.photo_preview_run"
LONGEST_IDEMPOTENCY_KEY = 255
UNFINISHED = (Retouch.Status.QUEUED, Retouch.Status.RUNNING)


def album_create(*, owner: User, title: str) -> Album:
    """Create an album."""
    return Album.objects.create(owner=owner, title=title.strip()[:120])


def album_rename(*, album: Album, title: str) -> None:
    """Give an album another title."""
    album.title = title.strip()[:120]
    album.save(update_fields=["title"])


def album_upload_settings(
    *,
    album: Album,
    recipe: Mapping[str, Any] | None = None,
    retouch_on_upload: bool | None = None,
) -> None:
    """Set what begins with an upload; raises RecipeError. None leaves a setting as it is."""
    if recipe is not None:
        album.recipe = Recipe.from_dict(recipe).to_dict()
    if retouch_on_upload is not None:
        album.retouch_on_upload = retouch_on_upload
    album.save(update_fields=["recipe", "retouch_on_upload"])


def album_gone() -> WishError:
    """Return the refusal of a file whose album is not there any more."""
    text = _("This album is not there any more. Choose another one; your file is unchanged.")
    return WishError("album_not_found", text, 404)


def upload_limits() -> ImageLimits:
    """Return what this installation accepts."""
    return ImageLimits(settings.UPLOAD_MAX_BYTES, settings.UPLOAD_MAX_PIXELS)


def photo_create(
    *,
    owner: User,
    file: BinaryIO,
    name: str,
    album: Album | None = None,
    then: Callable[[Photo, bool], object] | None = None,
) -> tuple[Photo, bool]:
    """Store an upload; returns the photo and whether it is new.

    Bytes that the owner has already give the existing photo, out of the trash and in the album.
    Raises ImageError for what cannot be retouched, WishError `quota_exceeded`, `album_not_found`
    where the album was erased meanwhile. Only the header is read here, and the bytes are stored
    before the transaction, in which `then` is called with photo and newness, begins.
    """
    header = read_header(file, upload_limits())
    digest, size = _digest(file)
    existing = Photo.objects.filter(owner=owner, sha256=digest).first()
    created = existing is None
    photo = existing or Photo(
        owner=owner,
        sha256=digest,
        name=shortened(name),
        format=header.format,
        width=header.width,
        height=header.height,
        bytes=size,
    )
    # A file that was lost on disk comes back with the same bytes.
    if created or not storage.exists(photo.file):
        file.seek(0)
        photo.file = storage.store(f"photos/{photo.pk}/original", file)
    try:
        _photo_save(photo, album, then)
    except IntegrityError as error:
        if created:
            storage.remove(photo.file)
        if album is not None and not Album.with_trashed.filter(pk=album.pk).exists():
            raise album_gone() from error
        if not created:
            raise
        # The same bytes arrived twice at once: the other request won.
        photo, created = Photo.objects.get(owner=owner, sha256=digest), False
        _photo_save(photo, album, then)
    except BaseException:
        if created:
            storage.remove(photo.file)
        raise
    return photo, created


def photo_submit(
    *,
    owner: User,
    file: BinaryIO,
    name: str,
    album: Album | None = None,
    starts_retouch: bool = True,
    then: Callable[[Photo, Retouch | None, bool], object] | None = None,
    requested_by: User | None = None,
) -> tuple[Photo, Retouch | None]:
    """Store an upload and, unless it is to wait, wish its retouch by the album's recipe.

    `requested_by` is who sent it, where that is not the owner. Both rows, and what `then` writes,
    in one transaction. Raises ImageError, WishError `quota_exceeded`, or CheckpointError when there
    is nothing to retouch with.
    """
    if starts_retouch:
        # Asked first, so that nothing is stored that cannot be retouched.
        promoted_checkpoint()
    wished: list[Retouch | None] = []

    def wish(photo: Photo, created: bool) -> None:
        retouch = None
        if starts_retouch:
            retouch = photo_begin(photo=photo, album=album, requested_by=requested_by)
        wished.append(retouch)
        if retouch is None:
            # A retouch that waits cannot make what pages show.
            photo_preview_wish(photo=photo)
        if then is not None:
            then(photo, retouch, created)

    photo, _ = photo_create(owner=owner, file=file, name=name, album=album, then=wish)
    return photo, wished[-1]


@transaction.atomic
def photo_preview_wish(*, photo: Photo) -> None:
    """Enqueue the making of a photo's small pictures alone, unless they are there."""
    waiting = Photo.objects.filter(
        pk=photo.pk, has_thumbnails=False, preview_number=photo.preview_number
    )
    if waiting.update(preview_number=F("preview_number") + 1):
        photo.preview_number += 1
        enqueue(PREVIEW_JOB, str(photo.pk), photo.preview_number)


def photo_begin(*, photo: Photo, album: Album | None, requested_by: User | None = None) -> Retouch:
    """Wish a photo's retouch by the recipe of the album that it lies in; raises as that does.

    One that is retouched already, or about to be, keeps what people made of it.
    """
    known = photo.retouches.order_by("-created_at").first()
    if known is not None and known.status in (*UNFINISHED, Retouch.Status.SUCCEEDED):
        return known
    recipe = album.recipe if album is not None else None
    return retouch_create(owner=photo.owner, photo=photo, recipe=recipe, requested_by=requested_by)[
        0
    ]


@transaction.atomic
def photo_keep_known(*, photo: Photo, album: Album | None) -> None:
    """Take a photo, whose bytes came again, out of the trash and into the album."""
    _photo_save(photo, album, None)


def shortened(name: str) -> str:
    """Return a file's name without folders, as long as it may be."""
    return storage.file_name(name)[:255] or "photo"


@transaction.atomic
def _photo_save(
    photo: Photo, album: Album | None, then: Callable[[Photo, bool], object] | None
) -> None:
    photo.deleted_at = None
    created = photo._state.adding
    if created:
        quota_check(photo.owner, photo.bytes)
        photo.save()
    else:
        # A worker may be writing other fields.
        photo.save(update_fields=["deleted_at", "file"])
    if album is not None:
        photo.albums.add(album)
    if then is not None:
        then(photo, created)


def _digest(file: BinaryIO) -> tuple[str, int]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


@transaction.atomic
def photo_trash(*, photo: Photo) -> None:
    """Put a photo into the trash; its unfinished retouches are cancelled."""
    Photo.objects.filter(pk=photo.pk).update(deleted_at=timezone.now())
    for retouch in photo.retouches.filter(status__in=UNFINISHED):
        retouch_cancel(retouch=retouch)


def photo_restore(*, photo: Photo) -> None:
    """Take a photo out of the trash."""
    Photo.objects.filter(pk=photo.pk).update(deleted_at=None)


@transaction.atomic
def retouch_create(
    *,
    owner: User,
    photo: Photo,
    recipe: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    requested_by: User | None = None,
) -> tuple[Retouch, bool]:
    """Wish a retouch; returns the row and whether it is new.

    `owner` is the photo's, to whom the retouch belongs too; `requested_by` is who wishes it where
    that is somebody else, and idempotency keys are theirs. An equal wish that is queued, running or
    done is returned instead. Raises RecipeError, CheckpointError, or WishError when the idempotency
    key belongs to another wish.
    """
    wisher = requested_by or owner
    wanted = Recipe.from_dict(recipe)
    if idempotency_key and len(idempotency_key) > LONGEST_IDEMPOTENCY_KEY:
        limit = f"An Idempotency-Key has at most {LONGEST_IDEMPOTENCY_KEY} characters."
        raise WishError("invalid_idempotency_key", limit, 400)
    # Two equal wishes at once wait for each other here: the second finds the first one's row.
    User.objects.select_for_update().get(pk=owner.pk)
    wish_hash = hashlib.sha256(f"{photo.pk} {wanted.digest()}".encode()).hexdigest()
    known = IdempotencyKey.objects.filter(owner=wisher, key=idempotency_key).first()
    if idempotency_key and known is not None:
        if known.wish_hash != wish_hash:
            raise WishError("idempotency_conflict", "This Idempotency-Key belongs to another wish.")
        return known.retouch, False
    retouch, created = _equal_wish(owner, photo, wanted), False
    if retouch is None:
        retouch, created = _new_wish(owner, photo, wanted, wisher), True
    if idempotency_key:
        IdempotencyKey.objects.create(
            owner=wisher, key=idempotency_key, wish_hash=wish_hash, retouch=retouch
        )
    return retouch, created


def _new_wish(owner: User, photo: Photo, recipe: Recipe, wisher: User) -> Retouch:
    checkpoint = promoted_checkpoint()
    retouch = Retouch.objects.create(
        owner=owner,
        requested_by=wisher,
        photo=photo,
        recipe=recipe.to_dict(),
        recipe_hash=recipe.digest(),
        checkpoint_name=checkpoint.name,
        checkpoint_sha256=checkpoint.sha256,
    )
    enqueue(RUN_JOB, str(retouch.pk), retouch.enqueue_number)
    retouch_announce(retouch)
    return retouch


def _equal_wish(owner: User, photo: Photo, recipe: Recipe) -> Retouch | None:
    return Retouch.objects.filter(
        owner=owner,
        photo=photo,
        recipe_hash=recipe.digest(),
        decisions={},
        status__in=(*UNFINISHED, Retouch.Status.SUCCEEDED),
    ).first()


def locked(retouch: Retouch) -> Retouch:
    """Read a row again and hold it until the transaction ends, so that wishes follow in order."""
    return Retouch.objects.select_for_update().get(pk=retouch.pk)


def requeue(retouch: Retouch, **changes: Any) -> Retouch:
    """Put a row back into the queue under the next number, which fences off any running job.

    Called inside a transaction, on a row that `locked` gave.
    """
    discarded = job_id(str(retouch.pk), retouch.enqueue_number)
    Retouch.objects.filter(pk=retouch.pk).update(
        status=Retouch.Status.QUEUED,
        progress=0.0,
        attempt=0,
        enqueue_number=F("enqueue_number") + 1,
        error_code="",
        error_detail="",
        queued_at=timezone.now(),
        started_at=None,
        finished_at=None,
        **changes,
    )
    retouch.refresh_from_db()
    transaction.on_commit(lambda: job_discard(discarded))
    enqueue(RUN_JOB, str(retouch.pk), retouch.enqueue_number)
    retouch_announce(retouch)
    return retouch


@transaction.atomic
def retouch_cancel(*, retouch: Retouch) -> Retouch:
    """Cancel an unfinished retouch; a finished one stays as it is. Earlier versions stay too."""
    cancelled = Retouch.objects.filter(pk=retouch.pk, status__in=UNFINISHED).update(
        status=Retouch.Status.CANCELLED, finished_at=timezone.now()
    )
    if cancelled:
        identifier = job_id(str(retouch.pk), retouch.enqueue_number)
        transaction.on_commit(lambda: job_discard(identifier))
        retouch_announce(retouch)
    retouch.refresh_from_db()
    return retouch


@transaction.atomic
def retouch_retry(*, retouch: Retouch) -> Retouch:
    """Run a failed or cancelled retouch again; raises WishError for any other state."""
    retouch = locked(retouch)
    if retouch.status not in (Retouch.Status.FAILED, Retouch.Status.CANCELLED):
        raise WishError(
            "not_retryable", f"Only failed or cancelled retouches, not {retouch.status}."
        )
    return requeue(retouch)


@transaction.atomic
def retouch_change(*, retouch: Retouch, recipe: Mapping[str, Any] | None, **others: Any) -> Retouch:
    """Make the next version with another recipe, on the same analysis; raises RecipeError.

    others: further fields that the next version gets with it.
    """
    wanted = Recipe.from_dict(recipe)
    retouch = locked(retouch)
    return requeue(
        retouch,
        recipe=wanted.to_dict(),
        recipe_hash=look_hash(wanted, retouch.look),
        version=F("version") + 1,
        **others,
    )


def look_hash(recipe: Recipe, look: Mapping[str, Any] | None) -> str:
    """Return the recipe's SHA-256, of recipe and look where a group agreed on one."""
    if look is None:
        return recipe.digest()
    canonical = json.dumps([recipe.to_dict(), dict(look)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def decisions_hash(decisions: Mapping[str, str]) -> str:
    """Return the SHA-256 of people's decisions in canonical JSON."""
    canonical = json.dumps(dict(decisions), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
