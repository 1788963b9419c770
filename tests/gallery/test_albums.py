"""Albums: cover, order by hand, the trash with undo, and its time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from gallery import albums, erasure, services
from gallery.cards import album_cards, albums_shown
from gallery.models import Album
from tests.support.albums import rows
from tests.support.people import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(owner: User) -> list[Album]:
    """Return three albums, the newest last."""
    return [services.album_create(owner=owner, title=title) for title in ("b", "C", "a")]


def shown(owner: User, order: str = "hand") -> list[str]:
    return [album.title for album in albums_shown(owner, order)]


def post(user: User, path: str, **body: Any) -> Any:
    return api(user).post(f"/api/v1/albums/{path}", body, format="json")


def test_albums_stand_by_hand_by_name_or_by_date(owner: User, three: list[Album]) -> None:
    b, c, _a = three
    assert shown(owner) == ["a", "C", "b"]
    assert post(owner, "order/", albums=[str(c.pk), str(b.pk)]).status_code == 204
    assert shown(owner) == ["C", "b", "a"]
    assert shown(owner, "name") == ["a", "b", "C"]
    assert shown(owner, "newest") == ["a", "C", "b"]
    services.album_create(owner=owner, title="new")
    assert shown(owner)[0] == "new"


def test_buttons_move_an_album_up_and_down(owner: User, three: list[Album]) -> None:
    _b, c, a = three
    client = api(owner)
    client.post(f"/albums/{c.pk}/move/", {"to": "up"}, format="multipart")
    assert shown(owner) == ["C", "a", "b"]
    client.post(f"/albums/{c.pk}/move/", {"to": "up"}, format="multipart")
    client.post(f"/albums/{a.pk}/move/", {"to": "down"}, format="multipart")
    client.post(f"/albums/{a.pk}/move/", {"to": "down"}, format="multipart")
    assert shown(owner) == ["C", "b", "a"]


def test_the_chosen_order_is_remembered(owner: User, three: list[Album]) -> None:
    client = api(owner)
    client.get("/albums/?order=name")
    page = client.get("/albums/").content.decode()
    assert page.index(">a<") < page.index(">b<") < page.index(">C<")
    assert '<option value="name" selected>' in page


def test_nobody_else_orders_or_covers_albums(
    owner: User, stranger: User, staff: User, three: list[Album]
) -> None:
    photo = rows(owner, 1, three[0])[0]
    for person in (stranger, staff):
        assert post(person, "order/", albums=[str(three[0].pk)]).status_code == 404
        assert post(person, f"{three[0].pk}/cover/", photo=str(photo.pk)).status_code == 404
        assert post(person, f"{three[0].pk}/restore/").status_code == 404
        for action in ("move", "cover", "restore", "erase"):
            assert api(person).post(f"/albums/{three[0].pk}/{action}/").status_code == 404
    assert shown(owner) == ["a", "C", "b"]


@pytest.mark.parametrize("body", [{}, {"albums": []}, {"albums": ["x"]}, {"albums": "x"}])
def test_an_order_that_is_none_is_refused(owner: User, body: dict[str, Any]) -> None:
    assert post(owner, "order/", **body).json()["code"] == "invalid"


def test_the_cover_is_the_newest_photo_until_one_is_chosen(owner: User, three: list[Album]) -> None:
    album = three[0]
    old, new = rows(owner, 2, album)

    def cover() -> Any:
        cards = album_cards(owner, list(albums_shown(owner, "hand")))
        return next(card.cover.photo.pk for card in cards if card.album == album and card.cover)

    assert cover() == new.pk
    path = f"{album.pk}/cover/"
    assert post(owner, path, photo=str(old.pk)).json()["cover"] == str(old.pk)
    assert cover() == old.pk
    albums.album_remove(album=album, photos=[old])
    assert cover() == new.pk
    albums.album_add(album=album, photos=[old])
    services.photo_trash(photo=old)
    assert cover() == new.pk
    assert post(owner, path, photo=str(old.pk)).status_code == 404
    assert post(owner, path, photo=None).json()["cover"] is None
    assert post(owner, path).status_code == 400


def test_cards_tell_count_and_newest_day(owner: User, three: list[Album]) -> None:
    photos = rows(owner, 3, three[0])
    services.photo_trash(photo=photos[2])
    cards = {
        card.album.title: card for card in album_cards(owner, list(albums_shown(owner, "hand")))
    }
    assert (cards["b"].photo_count, cards["b"].newest) == (2, photos[1].created_at)
    assert (cards["a"].photo_count, cards["a"].newest, cards["a"].cover) == (0, None, None)


def test_the_list_takes_the_same_queries_however_many_albums(owner: User) -> None:
    counts = []
    for _ in range(2):
        for n in range(4):
            rows(owner, 2, services.album_create(owner=owner, title=f"{n}"))
        with CaptureQueriesContext(connection) as captured:
            assert api(owner).get("/albums/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_deleted_album_is_nowhere_but_in_the_trash_and_comes_back_with_its_photos(
    owner: User, three: list[Album]
) -> None:
    album, photo = three[0], rows(owner, 1, three[0])[0]
    client = api(owner)
    page = client.post(f"/albums/{album.pk}/delete/", follow=True).content.decode()
    assert f"/albums/{album.pk}/restore/" in page
    assert client.get(f"/albums/{album.pk}/").status_code == 404
    row = client.get(f"/api/v1/photos/{photo.pk}/").json()
    assert row["albums"] == []
    assert client.get(f"/photos/{photo.pk}/").status_code == 200
    assert album.title in client.get("/trash/").content.decode()
    wish = {"action": "copy", "photos": [str(photo.pk)], "target": str(album.pk)}
    assert client.post("/api/v1/photos/batch/", wish, format="json").status_code == 404
    assert client.post(f"/albums/{album.pk}/restore/").status_code == 302
    assert client.get(f"/api/v1/photos/{photo.pk}/").json()["albums"] == [str(album.pk)]


def test_programs_delete_and_restore_albums_too(owner: User, three: list[Album]) -> None:
    path = f"/api/v1/albums/{three[0].pk}/"
    assert api(owner).delete(path).status_code == 204
    assert api(owner).get(path).status_code == 404
    assert api(owner).post(f"{path}restore/").json()["title"] == "b"
    assert api(owner).post(f"{path}restore/").status_code == 404


def test_an_album_is_erased_by_hand_from_the_trash_alone(owner: User, three: list[Album]) -> None:
    album, photo = three[0], rows(owner, 1, three[0])[0]
    assert api(owner).post(f"/albums/{album.pk}/erase/").status_code == 404
    albums.album_delete(album=album)
    assert api(owner).post(f"/albums/{album.pk}/erase/").status_code == 302
    assert not Album.with_trashed.filter(pk=album.pk).exists()
    photo.refresh_from_db()
    assert photo.deleted_at is None


@pytest.mark.parametrize(("days", "age", "left"), [(30, 31, 2), (30, 29, 3), (0, 400, 3)])
def test_albums_leave_the_trash_in_time(
    owner: User, three: list[Album], settings: Any, days: int, age: int, left: int
) -> None:
    settings.TRASH_DAYS = days
    Album.objects.filter(pk=three[0].pk).update(deleted_at=timezone.now() - timedelta(days=age))
    erasure.trash_sweep()
    assert Album.with_trashed.count() == left


def test_everything_in_the_trash_is_taken_back_or_erased_at_once(
    owner: User, stranger: User, three: list[Album]
) -> None:
    photos, foreign = rows(owner, 3), rows(stranger, 1)[0]
    services.photo_trash(photo=foreign)
    for photo in photos:
        services.photo_trash(photo=photo)
    albums.album_delete(album=three[0])
    api(owner).post("/trash/restore/")
    assert photos[0].owner.photos.filter(deleted_at=None).count() == 3
    assert len(shown(owner)) == 3
    foreign.refresh_from_db()
    assert foreign.deleted_at is not None
    services.photo_trash(photo=photos[0])
    albums.album_delete(album=three[0])
    page = api(owner).post("/trash/empty/", follow=True).content.decode()
    assert "The trash is empty." in page
    assert Album.with_trashed.count() == 2


def test_emptying_a_long_trash_says_what_is_left(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for photo in rows(owner, 3):
        services.photo_trash(photo=photo)
    monkeypatch.setattr(erasure, "EMPTYING_SECONDS", 0.0)
    page = api(owner).post("/trash/empty/", follow=True).content.decode()
    assert "2 photos are still there" in page
