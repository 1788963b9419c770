"""Writes of albums: cover, order by hand, the trash, and which photos lie in them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from gallery.models import Album, Photo

Membership = Photo.albums.through


def album_delete(*, album: Album) -> None:
    """Put an album into the trash; its photos stay with their owner."""
    Album.objects.filter(pk=album.pk).update(deleted_at=timezone.now())


def album_restore(*, album: Album) -> None:
    """Take an album out of the trash, with the photos that lay in it."""
    Album.with_trashed.filter(pk=album.pk).update(deleted_at=None)


def album_erase(*, album: Album) -> None:
    """Delete an album from the trash for ever; its photos stay."""
    album.delete()


def album_cover(*, album: Album, photo: Photo | None) -> None:
    """Show a photo of the album on its card; None shows the newest one again."""
    album.cover = photo
    album.save(update_fields=["cover"])


@transaction.atomic
def albums_order(*, albums: Sequence[Album]) -> None:
    """Give albums this order, before all others of the person that were not named."""
    for place, album in enumerate(albums, start=1):
        album.position = place
    Album.objects.bulk_update(albums, ["position"], batch_size=200)


def album_move(*, albums: Sequence[Album], album_id: UUID, step: int) -> None:
    """Move one of a person's albums `step` places down (negative: up) in their order by hand."""
    order = list(albums)
    place = [album.pk for album in order].index(album_id)
    order.insert(max(place + step, 0), order.pop(place))
    albums_order(albums=order)


@transaction.atomic
def album_add(*, album: Album, photos: Iterable[Photo]) -> None:
    """Put photos into an album; those that lie there already stay."""
    rows = [Membership(album_id=album.pk, photo_id=photo.pk) for photo in photos]
    Membership.objects.bulk_create(rows, ignore_conflicts=True, batch_size=400)


@transaction.atomic
def album_remove(*, album: Album, photos: Iterable[Photo]) -> None:
    """Take photos out of an album; they stay with their owner and in other albums."""
    chosen = [photo.pk for photo in photos]
    Membership.objects.filter(album_id=album.pk, photo_id__in=chosen).delete()
