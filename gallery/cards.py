"""What grids show: photos with their newest wish and picture, albums with their cover.

Each of these takes the same number of queries however many rows there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from gallery.models import Album, Photo, Retouch
from gallery.permissions import Action, Person, photos_allowed
from gallery.selectors import albums_for, retouches_of

ORIGINAL = "original"
ALBUM_ORDERS: dict[str, tuple[Any, ...]] = {
    "hand": ("position", "-created_at"),
    "name": (Lower("title"), "-created_at"),
    "newest": ("-created_at",),
}


@dataclass(frozen=True)
class PhotoCard:
    """A photo in a grid: its newest retouch, and of what its picture is made.

    source: the id of the newest finished rendition, ORIGINAL, or "" where only the older
    thumbnail is there (`photo.has_preview`) or nothing yet.
    """

    photo: Photo
    retouch: Retouch | None
    source: str


@dataclass(frozen=True)
class AlbumCard:
    """An album in a list: how many photos, when the newest came, and which one it shows."""

    album: Album
    photo_count: int
    newest: datetime | None
    cover: PhotoCard | None


def photo_cards(user: Person, photos: Iterable[Photo]) -> list[PhotoCard]:
    """Return cards of photos that the person may see, in their order."""
    shown = list(photos)
    newest: dict[UUID, Retouch] = {}
    results: dict[UUID, str] = {}
    for retouch in retouches_of(user, shown, has_thumbnails=True):
        newest[retouch.photo_id] = retouch
        if retouch.result_id is not None:  # type: ignore[attr-defined]
            results[retouch.photo_id] = str(retouch.result_id)  # type: ignore[attr-defined]
    return [
        PhotoCard(
            photo,
            newest.get(photo.pk),
            results.get(photo.pk, ORIGINAL if photo.has_thumbnails else ""),
        )
        for photo in shown
    ]


def albums_shown(user: Person, order: str) -> QuerySet[Album]:
    """Return the person's albums in an order of `ALBUM_ORDERS`, each with counts and its cover."""
    shown = Q(photos__deleted_at__isnull=True)
    inside = Photo.objects.filter(albums=OuterRef("pk"), deleted_at__isnull=True)
    return (
        albums_for(user)
        .annotate(
            photo_count=Count("photos", filter=shown, distinct=True),
            newest=Max("photos__created_at", filter=shown),
            chosen=Subquery(inside.filter(pk=OuterRef("cover")).values("pk")[:1]),
            newest_photo=Subquery(inside.order_by("-created_at").values("pk")[:1]),
        )
        .order_by(*ALBUM_ORDERS[order])
    )


def album_cards(user: Person, albums: Sequence[Album]) -> list[AlbumCard]:
    """Return cards of what `albums_shown` gave."""
    covers = [_cover(album) for album in albums]
    photos = photos_allowed(user, Action.VIEW).in_bulk([pk for pk in covers if pk is not None])
    cards = {card.photo.pk: card for card in photo_cards(user, photos.values())}
    return [
        AlbumCard(album, album.photo_count, album.newest, cards.get(cover) if cover else None)  # type: ignore[attr-defined]
        for album, cover in zip(albums, covers, strict=True)
    ]


def _cover(album: Album) -> UUID | None:
    chosen: UUID | None = album.chosen or album.newest_photo  # type: ignore[attr-defined]
    return chosen
