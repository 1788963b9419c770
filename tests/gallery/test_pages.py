"""Pages: a dropped photo is stored and queued at once, for its owner alone."""

import hashlib
import io

import numpy as np
import pytest
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from gallery import runs, services
from gallery.models import Album, Photo, Retouch
from job_queue.queue import job_id
from retouch_engine.retoucher import CheckpointError
from tests.support.people import api
from tests.support.portraits import encoded
from tests.support.uploads import send

pytestmark = pytest.mark.django_db


def drop(user: User | None, album: object, data: bytes):
    name = {"filename": "portrait.jpg", "album": str(album.pk), "retouch": "start"}
    return send(api(user), data, **name)


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


def test_a_dropped_photo_is_queued_at_once(
    owner: User, album: object, portrait_jpeg: bytes
) -> None:
    answer = drop(owner, album, portrait_jpeg)
    assert answer.status_code == 200
    assert answer.json()["photo"]["albums"] == [str(album.pk)]
    assert answer.json()["retouch"]["status"] == "queued"
    assert Retouch.objects.get().photo.albums.get() == album


def test_the_same_photo_dropped_twice_is_one_photo_and_one_retouch(
    owner: User, album: object, portrait_jpeg: bytes
) -> None:
    first, second = (drop(owner, album, portrait_jpeg).json() for _ in range(2))
    assert first["photo"] == second["photo"]
    assert first["retouch"]["id"] == second["retouch"]["id"]


def test_only_the_owner_can_drop_into_an_album(
    owner: User, stranger: User, staff: User, album: object, portrait_jpeg: bytes
) -> None:
    for person, status in ((stranger, 404), (staff, 404), (None, 401)):
        assert drop(person, album, portrait_jpeg).status_code == status
    assert not Photo.objects.exists()


def test_a_bad_file_is_refused_with_its_reason_and_leaves_nothing(
    owner: User, album: object
) -> None:
    answer = drop(owner, album, b"no picture at all")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_an_image")
    assert not Photo.objects.exists()
    assert not Retouch.objects.exists()


def test_without_weights_nothing_is_stored(
    owner: User, album: object, portrait_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise CheckpointError("checkpoint_missing", "there are no weights")

    monkeypatch.setattr(services, "promoted_checkpoint", missing)
    answer = drop(owner, album, portrait_jpeg)
    assert (answer.status_code, answer.json()["code"]) == (503, "checkpoint_missing")
    assert not Photo.objects.exists()


def test_a_finished_result_stays_shown_beside_a_newer_wish_that_failed(
    owner: User, photo: Photo
) -> None:
    done, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(done.pk), done.enqueue_number))
    newer, _ = services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": 0.5})
    Retouch.objects.filter(pk=newer.pk).update(status="failed", error_detail="It was too dark.")
    page = api(owner).get(f"/photos/{photo.pk}/").content.decode()
    assert f"/retouches/{done.pk}/result/" in page
    assert "It was too dark." in page
    assert "newer retouch" in page


def test_an_earlier_version_can_still_be_seen(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    path = f"/retouches/{retouch.pk}/preview/"
    statuses = [api(owner).get(f"{path}?version={n}").status_code for n in ("1", "2", "x")]
    assert statuses == [200, 404, 200]


def test_photos_without_an_album_and_trashed_ones_are_within_reach(
    owner: User, stranger: User, photo: Photo
) -> None:
    assert str(photo.pk) in api(owner).get("/photos/").content.decode()
    assert str(photo.pk) not in api(stranger).get("/photos/").content.decode()
    services.photo_trash(photo=photo)
    assert str(photo.pk) not in api(owner).get("/photos/").content.decode()
    assert f"/photos/{photo.pk}/restore/" in api(owner).get("/trash/").content.decode()
    assert str(photo.pk) not in api(stranger).get("/trash/").content.decode()
    for person, status in ((stranger, 404), (None, 302)):
        assert api(person).post(f"/photos/{photo.pk}/restore/").status_code == status
    photo.refresh_from_db()
    assert photo.deleted_at is not None
    api(owner).post(f"/photos/{photo.pk}/restore/")
    assert str(photo.pk) in api(owner).get("/photos/").content.decode()


def test_an_album_is_renamed_and_deleted_by_its_owner_alone_and_its_photos_stay(
    owner: User, stranger: User, staff: User, album: Album, photo: Photo
) -> None:
    photo.albums.add(album)
    for person in (stranger, staff):
        for action in ("rename", "delete"):
            answer = api(person).post(f"/albums/{album.pk}/{action}/", {"title": "x"})
            assert answer.status_code == 404
    form = {"title": "July"}
    api(owner).post(f"/albums/{album.pk}/rename/", form, format="multipart")
    album.refresh_from_db()
    assert album.title == "July"
    api(owner).post(f"/albums/{album.pk}/rename/", {"title": ""}, format="multipart")
    album.refresh_from_db()
    assert album.title == "July"
    api(owner).post(f"/albums/{album.pk}/delete/")
    assert not Album.objects.exists()
    assert str(photo.pk) in api(owner).get("/photos/").content.decode()


@pytest.mark.parametrize("path", ["/albums/", "/photos/", "/trash/", "album"])
def test_pages_take_the_same_number_of_queries_however_long(
    owner: User, album: Album, path: str
) -> None:
    address = f"/albums/{album.pk}/" if path == "album" else path
    counts = []
    for size in (1, 5):
        while Photo.objects.count() < size:
            number = Photo.objects.count()
            picture = encoded(np.full((20, 20, 3), number, np.uint8))
            new, _ = services.photo_create(
                owner=owner, file=io.BytesIO(picture), name="x.jpg", album=album
            )
            services.retouch_create(owner=owner, photo=new)
            services.album_create(owner=owner, title=f"{number}")
        with CaptureQueriesContext(connection) as captured:
            assert api(owner).get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_whoever_reads_none_of_the_languages_gets_english(owner: User) -> None:
    page = api(owner).get("/albums/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="en"' in page


@pytest.mark.django_db(transaction=True)
async def test_an_asgi_server_gets_a_file_piece_by_piece(owner: User, photo: Photo) -> None:
    client = AsyncClient()
    await client.aforce_login(owner)
    answer = await client.get(f"/photos/{photo.pk}/original/")
    pieces = [piece async for piece in answer]
    assert hashlib.sha256(b"".join(pieces)).hexdigest() == photo.sha256
    assert len(pieces) > 1


def test_an_album_offers_ones_own_photos_of_other_albums_as_a_look(
    owner: User, stranger: User, photo: Photo
) -> None:
    option = f'<option value="{photo.pk}">'
    mine = services.album_create(owner=owner, title="Another")
    assert option in api(owner).get(f"/albums/{mine.pk}/").content.decode()
    theirs = services.album_create(owner=stranger, title="Foreign")
    assert option not in api(stranger).get(f"/albums/{theirs.pk}/").content.decode()
    services.photo_trash(photo=photo)
    assert option not in api(owner).get(f"/albums/{mine.pk}/").content.decode()
