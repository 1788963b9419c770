"""Writes of uploads: begin, append, finish as a photo, end; and of files that are here already."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery import selectors, services, storage
from gallery.errors import WishError
from gallery.models import Album, Photo, Retouch, Upload
from gallery.permissions import Action, photos_allowed
from gallery.quotas import quota_check
from gallery.uploads import partial_files
from gallery.uploads.partial_files import Body
from gallery.uploads.protocol import CHECKSUM_MISMATCH, Checksum, Metadata
from retouch_engine.retoucher import ImageError

# After these nothing of the file is of use.
HOPELESS = ("gone", "file_changed")


@transaction.atomic
def upload_create(*, owner: User, length: int, wish: Metadata) -> Upload:
    """Begin an upload of `length` bytes.

    Raises ImageError for a length that no photo has, WishError `other_person`, `album_not_found`,
    and `quota_exceeded` where it would not fit beside the unfinished ones.
    """
    if wish.person and wish.person != str(owner.pk):
        # A page that was left open while somebody else signed in must not send into their account.
        raise WishError("other_person", _("Somebody else has signed in here meanwhile."), 403)
    # In the engine's words, which are said in a person's language where they are answered.
    if length == 0:
        raise ImageError("empty_file", "The file is empty.")
    if length > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 2**20
        raise ImageError("too_large", f"The file is larger than {limit} MB.")
    album = _album(owner, wish.album)
    quota_check(photos_owner(owner, album), length, with_unfinished=True)
    return Upload.objects.create(
        owner=owner,
        album=album,
        name=services.shortened(wish.name),
        sha256=wish.sha256,
        starts_retouch=wish.starts_retouch,
        length=length,
        expires_at=_expiry(),
    )


def photos_owner(sender: User, album: Album | None) -> User:
    """Return to whom a photo belongs that somebody sends into an album, or into none."""
    return album.owner if album is not None else sender


def _album(owner: User, album_id: object) -> Album | None:
    if album_id is None:
        return None
    try:
        return selectors.album_for(owner, str(album_id), Action.EDIT)
    except Http404 as error:
        raise services.album_gone() from error


def _expiry() -> datetime:
    return timezone.now() + timedelta(hours=settings.UPLOAD_HOURS)


def upload_append(
    *, upload: Upload, offset: int, body: Body, checksum: Checksum | None = None
) -> Upload:
    """Write a piece; the last one makes the photo. An empty piece tries that once more.

    Raises WishError `offset_conflict`, `busy`, `gone`, `too_large`, `checksum_mismatch`; what
    makes no photo raises as `photo_submit` does. A file that is no photo is forgotten; one that
    has no room or no album now is kept, to be tried again.
    """
    with partial_files.locked(upload.pk) as file:
        upload = _current(upload)
        if offset != upload.offset:
            text = f"{upload.offset} bytes are here: go on from there."
            raise WishError("offset_conflict", text, 409)
        if upload.photo_id is not None:
            partial_files.remove(upload.pk)
            return upload
        try:
            most = upload.length - offset
            offset += partial_files.append(file, offset, body, most, checksum)
            _note(upload, offset=offset, expires_at=_expiry())
            if offset == upload.length:
                _finish(upload, file)
        except ImageError:
            upload_end(upload=upload)
            raise
        except WishError as error:
            if error.code in HOPELESS:
                upload_end(upload=upload)
            raise
    return upload


def _current(upload: Upload) -> Upload:
    """Read the row again, now that nobody else writes; raises WishError `gone`."""
    found = selectors.uploads_for(upload.owner).filter(pk=upload.pk).first()
    if found is None or found.expires_at < timezone.now():
        partial_files.remove(upload.pk)
        raise expired()
    return found


def expired() -> WishError:
    """Return the refusal of an upload that is not continued any more."""
    return WishError("gone", _("This upload has expired: send the file again."), 410)


def _note(upload: Upload, **values: Any) -> None:
    """Write fields of a row that may have been deleted meanwhile; raises WishError `gone`."""
    if not Upload.objects.filter(pk=upload.pk).update(**values):
        raise expired()
    for name, value in values.items():
        setattr(upload, name, value)


def _finish(upload: Upload, file: BinaryIO) -> None:
    album = _album(upload.owner, upload.album_id)

    def note(photo: Photo, retouch: Retouch | None, created: bool) -> None:
        if upload.sha256 and upload.sha256 != photo.sha256:
            text = _("The file arrived changed: send it again.")
            raise WishError("file_changed", text, CHECKSUM_MISMATCH)
        _note(upload, photo=photo, retouch=retouch, known=not created)

    services.photo_submit(
        owner=photos_owner(upload.owner, album),
        album=album,
        file=file,
        name=upload.name,
        starts_retouch=upload.starts_retouch,
        then=note,
        requested_by=upload.owner,
    )
    partial_files.remove(upload.pk)


def upload_end(*, upload: Upload) -> None:
    """Forget an upload and what arrived of it; its photo stays where there is one."""
    Upload.objects.filter(pk=upload.pk).delete()
    partial_files.remove(upload.pk)


def known_take(
    *, sender: User, digests: Sequence[str], album_id: UUID | None, starts_retouch: bool
) -> list[tuple[Photo, Retouch | None]]:
    """Treat files, known by their SHA-256, as if they had been sent once more.

    Returns the photos that are here; the other files have to be sent. Knowing a SHA-256 is not
    having the file: in another's album only photos count that the sender may edit already.
    Raises WishError `album_not_found`, CheckpointError.
    """
    album = _album(sender, album_id)
    owner = photos_owner(sender, album)
    found = photos_allowed(sender, Action.EDIT).filter(owner=owner, sha256__in=digests)
    return [
        _take(photo, album, starts_retouch)
        for photo in found.select_related("owner")
        # A file that was lost on disk has to come back.
        if storage.exists(photo.file)
    ]


@transaction.atomic
def _take(photo: Photo, album: Album | None, starts: bool) -> tuple[Photo, Retouch | None]:
    services.photo_keep_known(photo=photo, album=album)
    return photo, services.photo_begin(photo=photo, album=album) if starts else None


@transaction.atomic
def waiting_begin(*, photos: Iterable[Photo], album: Album | None) -> list[Retouch]:
    """Wish the retouch of photos that waited, by the album's recipe; raises CheckpointError."""
    return [services.photo_begin(photo=photo, album=album) for photo in photos]
