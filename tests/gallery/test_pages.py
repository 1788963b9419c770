"""Pages: a dropped photo is stored and queued at once, for its owner alone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from gallery import services
from gallery.models import Photo, Retouch
from retouch_engine.retoucher import CheckpointError
from tests.support.people import api

pytestmark = pytest.mark.django_db


def drop(user: User | None, album: object, data: bytes):
    form = {"file": SimpleUploadedFile("portrait.jpg", data)}
    return api(user).post(f"/albums/{album.pk}/upload/", form, format="multipart")


@pytest.fixture
def album(owner: User) -> object:
    return services.album_create(owner=owner, title="June")


def test_a_dropped_photo_is_queued_at_once(
    owner: User, album: object, portrait_jpeg: bytes
) -> None:
    answer = drop(owner, album, portrait_jpeg)
    assert answer.status_code == 201
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
    for person, status in ((stranger, 404), (staff, 404), (None, 403)):
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


def test_a_page_needs_the_form_token(owner: User, album: object) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    form = {"file": SimpleUploadedFile("a.jpg", b"x")}
    assert client.post(f"/albums/{album.pk}/upload/", form).status_code == 403
