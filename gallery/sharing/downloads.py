"""What a share link's guests take with them: results without metadata, one or many in a zip."""

import io
from collections.abc import Callable, Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import Http404
from django.utils.translation import gettext as _

from gallery import selectors, storage
from gallery.archives import Entry
from gallery.models import Feedback, Photo, Rendition
from gallery.permissions import Action, Guest
from gallery.sharing.guests import Visit
from retouch_engine.retoucher import ImageError, without_metadata


def photos_approved(visit: Visit) -> set[UUID]:
    """Return the ids of the photos that this guest approved, of those that the link shows."""
    if visit.name is None:
        return set()
    said = Feedback.objects.filter(guest=visit.name, verdict=Feedback.Verdict.APPROVED)
    return set(
        said.filter(photo__in=selectors.photos_for(visit.guest)).values_list("photo", flat=True)
    )


def bare_file(rendition_file: str) -> bytes:
    """Return a stored result without anything personal; raises OSError, also for odd files."""
    try:
        return without_metadata(storage.read(rendition_file))
    except ImageError as error:
        raise OSError(error.detail) from error


def guest_entries(
    guest: Guest, numbered: Sequence[tuple[int, Photo]]
) -> tuple[list[Entry], list[str], Callable[[Entry], io.BytesIO]]:
    """Return the results of photos, by the numbers that the page gives them, for a zip.

    With them a note for each photo of which there is none yet, and what opens an entry: only as
    long as the guest may download its photo, which is asked again for every file.
    """
    versions = selectors.shown_versions(guest, [photo for _number, photo in numbered])
    entries, notes, photos = [], [], {}
    for number, photo in numbered:
        version = versions.get(photo.pk)
        if version is None:
            notes.append(_("Photo %(number)s: not ready yet") % {"number": number})
            continue
        rendition: Rendition = version.rendition
        name = f"portrait-{number:03}{rendition.extension}"
        entries.append(Entry(name, rendition.file, rendition.bytes, rendition.created_at))
        photos[name] = photo.pk

    def opened(entry: Entry) -> io.BytesIO:
        _check(guest, photos[entry.name])
        return io.BytesIO(bare_file(entry.stored))

    return entries, notes, opened


def _check(guest: Guest, photo_id: UUID) -> None:
    """Raise PermissionError where the guest may not download a photo now."""
    # This runs in the threads that send; no request cleans up after them.
    close_old_connections()
    try:
        selectors.photo_for(guest, photo_id, Action.DOWNLOAD)
    except (Http404, PermissionDenied) as error:
        raise PermissionError from error
    finally:
        close_old_connections()
