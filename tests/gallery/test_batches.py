"""One action on many photos: by id, by album, by search; who may; what cannot be done is told."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from gallery import batches, services
from gallery.errors import WishError
from gallery.models import Album, Photo, Retouch
from retouch_engine.retoucher import CheckpointError
from tests.support.albums import put, rows, uploaded
from tests.support.people import api, program

pytestmark = pytest.mark.django_db

PATH = "/api/v1/photos/batch/"


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


def ids(photos: list[Photo]) -> list[str]:
    return [str(photo.pk) for photo in photos]


def ask(user: User, action: str, **wish: Any) -> Any:
    return api(user).post(PATH, {"action": action, **wish}, format="json")


def test_photos_go_to_the_trash_and_come_back(owner: User, album: Album) -> None:
    photos = rows(owner, 3, album)
    retouch, _ = services.retouch_create(owner=owner, photo=photos[0])
    answer = ask(owner, "trash", photos=ids(photos[:2]))
    assert answer.json() == {"action": "trash", "done": ids(photos[:2]), "failed": []}
    assert Photo.objects.filter(deleted_at=None).count() == 1
    retouch.refresh_from_db()
    assert retouch.status == "cancelled"
    assert ask(owner, "restore", photos=ids(photos[:2])).json()["done"] == ids(photos[:2])
    assert album.photos.filter(deleted_at=None).count() == 3


def test_photos_are_copied_moved_and_removed_and_lie_in_several_albums(
    owner: User, album: Album
) -> None:
    photos = rows(owner, 2, album)
    other = services.album_create(owner=owner, title="July")
    ask(owner, "copy", photos=ids(photos), target=str(other.pk))
    ask(owner, "copy", photos=ids(photos), target=str(other.pk))
    assert (album.photos.count(), other.photos.count()) == (2, 2)
    ask(owner, "remove", photos=ids(photos), album=str(other.pk))
    assert (album.photos.count(), other.photos.count()) == (2, 0)
    ask(owner, "move", photos=ids(photos[:1]), album=str(album.pk), target=str(other.pk))
    assert (album.photos.get(), other.photos.get()) == (photos[1], photos[0])
    # Into the album where they are: nothing is lost.
    ask(owner, "move", photos=ids(photos[:1]), album=str(other.pk), target=str(other.pk))
    assert other.photos.get() == photos[0]


def test_a_whole_album_is_retouched_by_one_recipe(owner: User, album: Album) -> None:
    rows(owner, 3, album)
    rows(owner, 1)
    answer = ask(owner, "retouch", album=str(album.pk), recipe={"blemishes": 0.5})
    assert len(answer.json()["done"]) == 3
    assert {row.recipe["blemishes"] for row in Retouch.objects.all()} == {0.5}
    assert Retouch.objects.count() == 3


def test_an_album_s_own_recipe_is_taken_where_none_is_sent(owner: User, album: Album) -> None:
    photos = rows(owner, 1, album)
    services.album_upload_settings(album=album, recipe={"blemishes": 0.25})
    ask(owner, "retouch", photos=ids(photos), album=str(album.pk))
    assert Retouch.objects.get().recipe["blemishes"] == 0.25


def test_a_search_chooses_among_ones_own(owner: User, stranger: User, album: Album) -> None:
    anna = rows(owner, 2, album, name="anna.jpg")
    rows(owner, 1, name="zoe.jpg")
    rows(stranger, 1, name="anna.jpg")
    done = ask(owner, "trash", search={"q": "anna"}).json()["done"]
    assert sorted(done) == sorted(ids(anna))
    assert len(ask(owner, "trash", search={}).json()["done"]) == 1
    assert Photo.objects.filter(owner=stranger, deleted_at=None).count() == 1


def test_one_photos_refusal_is_told_and_stops_no_other(
    owner: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, foreign = rows(owner, 3), rows(stranger, 1)[0]
    wish = batches.retouch_create

    def refuse_one(**options: Any) -> Any:
        if options["photo"] == photos[1]:
            raise WishError("busy", "Not now.")
        return wish(**options)

    monkeypatch.setattr(batches, "retouch_create", refuse_one)
    unknown = str(uuid4())
    answer = ask(owner, "retouch", photos=[*ids(photos), str(foreign.pk), unknown]).json()
    assert answer["done"] == [str(photos[0].pk), str(photos[2].pk)]
    told = {failure["photo"]: failure["code"] for failure in answer["failed"]}
    assert told == {
        str(foreign.pk): "not_found",
        unknown: "not_found",
        str(photos[1].pk): "busy",
    }
    assert all(failure["detail"] for failure in answer["failed"])


def test_others_find_nothing_to_do(owner: User, stranger: User, staff: User, album: Album) -> None:
    photos = rows(owner, 2, album)
    theirs = {user: services.album_create(owner=user, title="x") for user in (stranger, staff)}
    for user, target in theirs.items():
        for action in batches.BatchAction:
            wish = {"album": str(album.pk), "target": str(target.pk)}
            assert ask(user, action, photos=ids(photos), **wish).status_code == 404
            assert ask(user, action, **wish).status_code == 404
        assert ask(user, "copy", photos=ids(photos), target=str(target.pk)).status_code == 404
        assert ask(user, "trash", photos=ids(photos)).status_code == 404
        assert target.photos.count() == 0
    mine = rows(stranger, 1)
    wish = {"photos": ids(mine), "target": str(album.pk)}
    assert ask(stranger, "copy", **wish).status_code == 404
    assert Photo.objects.filter(deleted_at=None).count() == 3
    assert album.photos.count() == 2


def test_nobody_and_a_reading_key_are_refused(owner: User) -> None:
    wish = {"action": "trash", "photos": ids(rows(owner, 1))}
    assert api(None).post(PATH, wish, format="json").status_code == 401
    assert program(owner, ["read"]).post(PATH, wish, format="json").status_code == 403
    assert program(owner).post(PATH, wish, format="json").status_code == 200


@pytest.mark.parametrize(
    "wish",
    [
        {"action": "trash"},
        {"action": "trash", "photos": []},
        {"action": "trash", "photos": ["x"]},
        {"action": "explode", "search": {}},
        {"action": "copy", "search": {}},
        {"action": "move", "search": {}, "target": str(uuid4())},
        {"action": "remove", "photos": [str(uuid4())]},
        {"action": "trash", "photos": [str(uuid4())], "search": {}},
        {"action": "trash", "search": {"uploaded_from": "yesterday"}},
        {"action": "trash", "photos": [str(uuid4())] * 5001},
        {},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(owner: User, wish: dict[str, Any]) -> None:
    rows(owner, 1)
    answer = api(owner).post(PATH, wish, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert Photo.objects.filter(deleted_at=None).count() == 1


def test_too_many_at_once_are_refused_before_anything_is_done(
    owner: User, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(batches.LARGEST_OF, batches.BatchAction.RETOUCH, 2)
    photos = rows(owner, 3, album)
    for wish in ({"photos": ids(photos)}, {"album": str(album.pk)}):
        answer = ask(owner, "retouch", **wish)
        assert (answer.status_code, answer.json()["code"]) == (400, "batch_too_large")
        assert "2" in answer.json()["detail"]
    assert not Retouch.objects.exists()


def test_a_bad_recipe_and_missing_weights_are_refused_for_all(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = ids(rows(owner, 2))
    answer = ask(owner, "retouch", photos=photos, recipe={"nonsense": 1})
    assert answer.status_code == 400

    def missing() -> None:
        raise CheckpointError("checkpoint_missing", "there are no weights")

    monkeypatch.setattr(services, "promoted_checkpoint", missing)
    assert ask(owner, "retouch", photos=photos).status_code == 503
    assert not Retouch.objects.exists()


def test_only_what_lies_in_the_trash_is_restored_or_erased(owner: User) -> None:
    photos = rows(owner, 2)
    services.photo_trash(photo=photos[0])
    for action in ("restore", "erase"):
        assert ask(owner, action, photos=ids(photos[1:])).status_code == 404
    assert ask(owner, "trash", photos=ids(photos[:1])).status_code == 404
    assert ask(owner, "erase", photos=ids(photos[:1])).json()["done"] == ids(photos[:1])
    assert Photo.objects.get() == photos[1]


def test_five_thousand_photos_go_to_the_trash_at_once(owner: User, album: Album) -> None:
    photos = rows(owner, 5000)
    put(album, photos)
    answer = ask(owner, "trash", photos=ids(photos))
    assert len(answer.json()["done"]) == 5000
    assert len(ask(owner, "restore", search={}).json()["done"]) == 5000
    assert ask(owner, "remove", album=str(album.pk)).status_code == 200
    assert album.photos.count() == 0


def test_a_selections_retouch_is_the_next_version_and_keeps_decisions(
    owner: User, album: Album
) -> None:
    first, second = (uploaded(owner, f"{n}.jpg", 20 * n, album) for n in range(2))
    retouch, _ = services.retouch_create(owner=owner, photo=first)
    Retouch.objects.filter(pk=retouch.pk).update(
        status="succeeded", decisions={"1": "keep"}, recipe={**retouch.recipe, "quality": 80}
    )
    wish = {"photos": ids([first, second]), "recipe": {"blemishes": 0.5}}
    assert ask(owner, "retouch", **wish).json()["failed"] == []
    changed = first.retouches.get()
    assert (changed.pk, changed.version, changed.decisions) == (retouch.pk, 2, {"1": "keep"})
    assert (changed.recipe["blemishes"], changed.recipe["quality"]) == (0.5, 80)
    assert second.retouches.get().recipe["blemishes"] == 0.5
    # The same strengths once more make nothing new.
    Retouch.objects.update(status="succeeded")
    ask(owner, "retouch", **wish)
    assert first.retouches.get().version == 2
