"""Quotas: checked in the upload's transaction, per person, with what to do about it."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from gallery import services, storage
from gallery.errors import WishError
from gallery.models import Photo, Retouch
from gallery.quotas import usage_of
from tests.support.people import api
from tests.support.portraits import encoded

pytestmark = pytest.mark.django_db(transaction=True)


def picture(number: int) -> bytes:
    return encoded(np.full((40, 60, 3), number, np.uint8), "PNG")


def upload(user: User, number: int):
    file = SimpleUploadedFile(f"{number}.png", picture(number))
    return api(user).post("/api/v1/photos/", {"file": file}, format="multipart")


def test_the_file_over_the_limit_is_refused_and_the_ones_before_it_stay(
    owner: User, stranger: User, settings: Any
) -> None:
    settings.QUOTA_PHOTOS = 3
    assert [upload(owner, number).status_code for number in range(5)] == [201, 201, 201, 413, 413]
    answer = upload(owner, 9).json()
    assert answer["code"] == "quota_exceeded"
    assert "empty the trash" in answer["detail"]
    assert Photo.objects.filter(owner=owner).count() == 3
    assert upload(stranger, 1).status_code == 201


def test_nothing_of_a_refused_upload_is_kept(
    owner: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUOTA_BYTES = 10
    stored: list[str] = []
    store = storage.store
    monkeypatch.setattr(storage, "store", lambda *a: stored.append(store(*a)) or stored[-1])
    album = services.album_create(owner=owner, title="June")
    with pytest.raises(WishError, match="trash"):
        services.photo_submit(owner=owner, album=album, file=io.BytesIO(picture(1)), name="1.png")
    assert (Photo.objects.count(), Retouch.objects.count()) == (0, 0)
    assert stored
    assert not any(storage.exists(name) for name in stored)


def test_bytes_that_are_here_already_cost_nothing(owner: User, settings: Any) -> None:
    settings.QUOTA_PHOTOS = 1
    assert upload(owner, 1).status_code == 201
    assert upload(owner, 1).status_code == 200


def test_a_persons_own_limit_wins_over_the_installations(owner: User, settings: Any) -> None:
    settings.QUOTA_PHOTOS = 1
    User.objects.filter(pk=owner.pk).update(quota_photos=2)
    assert [upload(owner, number).status_code for number in range(3)] == [201, 201, 413]
    User.objects.filter(pk=owner.pk).update(quota_photos=0)
    assert upload(owner, 4).status_code == 413


def test_the_trash_counts_and_what_is_deleted_for_ever_does_not(owner: User, settings: Any) -> None:
    settings.QUOTA_PHOTOS = 1
    photo_id = upload(owner, 1).json()["id"]
    api(owner).delete(f"/api/v1/photos/{photo_id}/")
    assert upload(owner, 2).status_code == 413
    api(owner).post(f"/photos/{photo_id}/erase/")
    assert upload(owner, 2).status_code == 201


def test_the_album_page_says_what_is_kept(owner: User) -> None:
    upload(owner, 1)
    album = services.album_create(owner=owner, title="June")
    page = api(owner).get(f"/albums/{album.pk}/").content.decode()
    assert "You keep 1 of 10000 photos" in page
    assert usage_of(owner).bytes == len(picture(1))
