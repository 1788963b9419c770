"""The gallery's part of a person's data: what the export holds, and what erasure takes away."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.personal_data import Entry, json_entry
from gallery import storage
from gallery.erasure import ERASED_AT_ONCE, photo_erase
from gallery.exports import export_erase
from gallery.models import Export, Photo, Retouch, RetouchVersion
from gallery.models.webhooks import Webhook
from gallery.sharing.personal_data import sharing_rows
from gallery.uploads.services import upload_end

PIECE = 1024 * 1024


def export(user: User) -> list[Entry]:
    """Return the originals, every finished version, and what was wished and decided as JSON."""
    photos = list(Photo.objects.filter(owner=user).prefetch_related("albums"))
    retouches = list(
        Retouch.objects.filter(owner=user).prefetch_related("versions__rendition", "photo")
    )
    rows = {
        "albums": list(user.albums.values("id", "title", "created_at")),
        "photos": [_photo(photo) for photo in photos],
        "webhooks": list(Webhook.objects.filter(owner=user).values("url", "events", "created_at")),
        "retouches": [_retouch(retouch) for retouch in retouches],
        **sharing_rows(user),
    }
    files = [(_original_name(photo), _pieces(photo.file)) for photo in photos]
    for retouch in retouches:
        for version in retouch.versions.all():
            files.append((_version_name(retouch, version), _pieces(version.rendition.file)))
    return [json_entry("gallery.json", rows), *files]


def erase(user: User) -> bool:
    """Erase some of a person's photos, exports and uploads; returns whether none is left."""
    exports = Export.objects.filter(owner=user)
    for row in exports[:ERASED_AT_ONCE]:
        export_erase(row=row)
    for upload in user.uploads.all()[:ERASED_AT_ONCE]:
        upload_end(upload=upload)
    for photo in Photo.objects.filter(owner=user)[:ERASED_AT_ONCE]:
        photo_erase(photo=photo)
    photos = Photo.objects.filter(owner=user)
    return not (photos.exists() or exports.exists() or user.uploads.exists())


def _photo(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.pk,
        "name": photo.name,
        "file": _original_name(photo),
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "albums": [album.pk for album in photo.albums.all()],
        "created_at": photo.created_at,
        "deleted_at": photo.deleted_at,
    }


def _retouch(retouch: Retouch) -> dict[str, Any]:
    versions = [
        {
            "number": version.number,
            "file": _version_name(retouch, version),
            "recipe": version.recipe,
            "report": version.report,
        }
        for version in retouch.versions.all()
    ]
    return {
        "id": retouch.pk,
        "photo": retouch.photo_id,
        "recipe": retouch.recipe,
        "decisions": retouch.decisions,
        "status": retouch.status,
        "created_at": retouch.created_at,
        "versions": versions,
    }


def _original_name(photo: Photo) -> str:
    return f"originals/{photo.pk}/{_plain(photo.name)}"


def _version_name(retouch: Retouch, version: RetouchVersion) -> str:
    stem = f"retouched/{retouch.photo_id}/{retouch.pk}-version-{version.number}"
    return f"{stem}{storage.suffix(version.rendition.file)}"


def _plain(name: str) -> str:
    """Return a name that makes no folder where the archive is unpacked."""
    return name.replace("/", "_").replace("\\", "_").lstrip(".") or "photo"


def _pieces(name: str) -> Iterator[bytes]:
    """Yield a stored file; nothing where it is gone, so that the rest still comes."""
    try:
        file = storage.open_file(name)
    except OSError:
        return
    with file:
        while piece := file.read(PIECE):
            yield piece
