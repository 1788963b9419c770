"""Many photos at once, without files: rows as uploads leave them."""

import io
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import numpy as np
from django.utils import timezone

from accounts.models import User
from gallery import previews, services
from gallery.models import Album, Photo
from retouch_engine import retoucher
from tests.support.portraits import encoded


def rows(owner: User, count: int, album: Album | None = None, **fields: object) -> list[Photo]:
    """Create rows named 0000.jpg …, the last one newest; their files are nowhere."""
    start = timezone.now() - timedelta(days=10)
    photos = Photo.objects.bulk_create(
        Photo(
            **{
                "owner": owner, "sha256": uuid4().hex * 2, "name": f"{n:04}.jpg", "format": "jpeg",
                "width": 30, "height": 40, "bytes": 7, "file": f"photos/{n}/original", **fields,
            }
        )
        for n in range(count)
    )  # fmt: skip
    for n, photo in enumerate(photos):
        photo.created_at = start + timedelta(seconds=n)
    Photo.objects.bulk_update(photos, ["created_at"], batch_size=400)
    if album is not None:
        put(album, photos)
    return photos


def put(album: Album, photos: Sequence[Photo]) -> None:
    """Put photos into an album."""
    through = Photo.albums.through
    through.objects.bulk_create(
        [through(album_id=album.pk, photo_id=photo.pk) for photo in photos], batch_size=400
    )


def fill(email: str, title: str, count: int) -> str:
    """Give a person an album of small photos that have their pictures; returns its id.

    For a platform that runs: called in its own process, by `manage.py shell`.
    """
    owner = User.objects.get(email=email)
    album = services.album_create(owner=owner, title=title)
    for n in range(count):
        pixels = np.full((40, 60, 3), (n % 256, 80, 255 - n % 256), np.uint8)
        # What follows the end of a JPEG makes it another file, and the same picture.
        picture = encoded(pixels) + n.to_bytes(4, "big")
        name = f"{n:04}.jpg"
        photo, _ = services.photo_create(
            owner=owner, file=io.BytesIO(picture), name=name, album=album
        )
        previews.photo_make_previews(photo, retoucher.decode(picture))
    return str(album.pk)


def uploaded(owner: User, name: str, shade: int = 0, album: Album | None = None) -> Photo:
    """Upload a small picture, different for every shade."""
    picture = encoded(np.full((20, 30, 3), shade, np.uint8))
    return services.photo_create(owner=owner, file=io.BytesIO(picture), name=name, album=album)[0]
