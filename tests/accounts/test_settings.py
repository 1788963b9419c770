"""A person's settings: keys for programs, the export, the end of an account."""

import io
import json
import re
from collections.abc import AsyncIterator
from zipfile import ZipFile

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import Client

from accounts.jobs import erasure_sweep
from accounts.models import ApiKey, User
from accounts.personal_data import zip_pieces
from accounts.services import api_key_create, api_key_verify
from gallery import services, storage
from gallery.models import Album, Photo

PASSWORD = "a-long-password"


def signed_in(user: User) -> Client:
    cache.clear()
    client = Client()
    client.force_login(user)
    return client


def ticket(client: Client) -> str:
    page = client.get("/accounts/settings/").content.decode()
    return re.search(r'name="ticket" value="([^"]+)"', page)[1]


def key_form(client: Client, **changes: str) -> dict[str, str]:
    form = {"name": "Lightroom", "rights": "read", "days": "30", "password": PASSWORD}
    return {**form, "ticket": ticket(client), **changes}


def test_settings_are_for_people_who_signed_in(client: Client, db: None) -> None:
    for address in ("", "export/", "delete/"):
        answer = client.get(f"/accounts/settings/{address}")
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_key_is_shown_once_and_works(owner: User) -> None:
    client = signed_in(owner)
    answer = client.post("/accounts/settings/keys/", key_form(client))
    plain = re.search(r"pp_\w+_[\w-]+", answer.content.decode())[0]
    key = api_key_verify(key=plain)
    assert (key.user, key.name, key.scopes) == (owner, "Lightroom", ["read"])
    assert key.expires_at is not None
    assert "no-store" in answer.headers["Cache-Control"]
    page = client.get("/accounts/settings/").content.decode()
    assert "Lightroom" in page
    assert plain not in page


def test_the_same_form_sent_again_makes_no_second_key(owner: User) -> None:
    client = signed_in(owner)
    form = key_form(client)
    client.post("/accounts/settings/keys/", form)
    again = client.post("/accounts/settings/keys/", form, follow=True)
    assert "sent already" in again.content.decode()
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"name": ""}, {"rights": "all"}, {"days": "9999"}]
)
def test_a_bad_wish_for_a_key_is_refused_beside_the_field(owner: User, wrong: dict) -> None:
    client = signed_in(owner)
    answer = client.post("/accounts/settings/keys/", key_form(client, **wrong))
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_guesses_at_the_password_are_counted(owner: User) -> None:
    client = signed_in(owner)
    for _ in range(12):
        answer = client.post("/accounts/settings/keys/", key_form(client, password="wrong"))
    assert "Too many tries" in answer.content.decode()
    right = client.post("/accounts/settings/keys/", key_form(client))
    assert right.status_code == 400
    cache.clear()


def test_a_key_is_withdrawn_by_its_owner_alone(owner: User, stranger: User) -> None:
    key, plain = api_key_create(user=owner, name="Lightroom")
    signed_in(stranger).post(f"/accounts/settings/keys/{key.pk}/withdraw/")
    assert api_key_verify(key=plain)
    client = signed_in(owner)
    client.post(f"/accounts/settings/keys/{key.pk}/withdraw/")
    assert api_key_verify(key=plain) is None
    assert "Lightroom" not in client.get("/accounts/settings/").content.decode()


def test_who_has_no_password_is_told_to_set_one(owner: User) -> None:
    owner.set_unusable_password()
    owner.save()
    client = signed_in(owner)
    assert "Set a password first" in client.get("/accounts/settings/").content.decode()
    assert "Set a password first" in client.get("/accounts/settings/delete/").content.decode()


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_the_export_holds_everything_of_one_person(
    owner: User, stranger: User, photo: Photo, portrait_jpeg: bytes
) -> None:
    services.album_create(owner=owner, title="June")
    services.album_create(owner=stranger, title="Not hers")
    answer = signed_in(owner).get("/accounts/settings/export/")
    archive = ZipFile(io.BytesIO(async_to_sync(whole)(answer.streaming_content)))
    assert archive.testzip() is None
    assert archive.read(f"originals/{photo.pk}/portrait.jpg") == portrait_jpeg
    account = json.loads(archive.read("account.json"))
    assert account["email"] == "owner@example.org"
    rows = json.loads(archive.read("gallery.json"))
    assert [row["name"] for row in rows["photos"]] == ["portrait.jpg"]
    assert [row["title"] for row in rows["albums"]] == ["June"]
    assert not [name for name in archive.namelist() if name.startswith(("/", ".."))]


def test_an_archive_is_never_whole_in_memory() -> None:
    def endless_pieces() -> object:
        for _ in range(100):
            yield b"x" * 1000

    pieces = list(zip_pieces([("a", endless_pieces()), ("b", [b"y"])]))
    assert max(map(len, pieces)) < 3000
    archive = ZipFile(io.BytesIO(b"".join(pieces)))
    assert len(archive.read("a")) == 100_000
    assert archive.read("b") == b"y"


def test_an_account_is_closed_at_once_and_erased_by_the_sweeper(
    owner: User, stranger: User, photo: Photo, django_capture_on_commit_callbacks: object
) -> None:
    _, plain = api_key_create(user=owner)
    services.album_create(owner=owner, title="June")
    kept = services.album_create(owner=stranger, title="Kept")
    client = signed_in(owner)
    form = {"password": PASSWORD, "sure": "on"}
    answer = client.post("/accounts/settings/delete/", form, follow=True)
    assert "Your account is closed" in answer.content.decode()
    assert api_key_verify(key=plain) is None
    assert client.get("/albums/").status_code == 302
    assert not Client().login(email=owner.email, password=PASSWORD)
    with django_capture_on_commit_callbacks(execute=True):
        erasure_sweep(set())
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not Photo.objects.exists()
    assert not storage.exists(photo.file)
    assert list(Album.objects.all()) == [kept]


@pytest.mark.parametrize("wrong", [{"password": "wrong", "sure": "on"}, {"password": PASSWORD}])
def test_an_account_goes_only_when_it_is_meant(owner: User, wrong: dict[str, str]) -> None:
    client = signed_in(owner)
    answer = client.post("/accounts/settings/delete/", wrong)
    assert answer.status_code == 200
    erasure_sweep(set())
    assert User.objects.filter(pk=owner.pk, is_active=True).exists()


def test_many_photos_are_erased_share_by_share(
    owner: User, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Photo.objects.create(
        owner=owner, sha256="0", name="b", format="jpeg", width=1, height=1, bytes=1, file="gone"
    )
    monkeypatch.setattr("gallery.personal_data.ERASED_AT_ONCE", 1)
    signed_in(owner).post("/accounts/settings/delete/", {"password": PASSWORD, "sure": "on"})
    erasure_sweep(set())
    assert Photo.objects.filter(pk__in=[photo.pk, second.pk]).count() == 1
    erasure_sweep(set())
    assert not User.objects.filter(pk=owner.pk).exists()
