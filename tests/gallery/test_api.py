"""The REST contract, for owner, stranger and staff."""

import io
import json
import re
import uuid
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from gallery import runs, services, storage
from gallery.models import Photo, Retouch
from job_queue.queue import job_id
from retouch_engine.retoucher import analysis_marks
from tests.support.people import api
from tests.support.portraits import encoded

pytestmark = pytest.mark.django_db


def file(data: bytes, name: str = "portrait.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def upload(user: User, data: bytes, **extra: object):
    form = {"file": file(data), **extra}
    return api(user).post("/api/v1/photos/", form, format="multipart")


def wish(user: User, photo: Photo, **extra: object):
    return api(user).post("/api/v1/retouches/", {"photo": str(photo.pk), **extra})


def test_an_upload_answers_201_and_the_same_bytes_200(owner: User, portrait_jpeg: bytes) -> None:
    album = api(owner).post("/api/v1/albums/", {"title": "June"}).json()
    first = upload(owner, portrait_jpeg)
    assert first.status_code == 201
    assert (first.json()["width"], first.json()["format"]) == (1024, "jpeg")
    again = upload(owner, portrait_jpeg, album=album["id"])
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["albums"] == [album["id"]]


def test_the_same_bytes_of_another_person_are_another_photo(
    owner: User, stranger: User, portrait_jpeg: bytes
) -> None:
    upload(owner, portrait_jpeg)
    assert upload(stranger, portrait_jpeg).status_code == 201


def test_a_photo_comes_out_of_the_trash_when_it_is_uploaded_again(
    owner: User, photo: Photo, portrait_jpeg: bytes
) -> None:
    assert api(owner).delete(f"/api/v1/photos/{photo.pk}/").status_code == 204
    assert api(owner).get(f"/api/v1/photos/{photo.pk}/").status_code == 404
    assert upload(owner, portrait_jpeg).status_code == 200
    assert api(owner).get(f"/api/v1/photos/{photo.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "empty_file"),
        (b"no picture at all", 400, "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_format"),
    ],
)
def test_bad_uploads_are_problems_with_codes(
    owner: User, data: bytes, status: int, code: str
) -> None:
    answer = upload(owner, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Photo.objects.exists()


def test_uploads_over_a_limit_are_refused(owner: User, settings: object) -> None:
    settings.UPLOAD_MAX_PIXELS = 1000
    answer = upload(owner, encoded(np.zeros((50, 50, 3), np.uint8)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_pixels")


def test_a_wish_is_queued_with_the_whole_recipe(owner: User, photo: Photo) -> None:
    answer = wish(owner, photo, recipe={"blemishes": 0.8})
    row = answer.json()
    assert answer.status_code == 202
    assert row["recipe"]["blemishes"] == 0.8
    assert row["recipe"]["keep_marks"] is True
    assert (row["status"], row["version"], row["progress"]) == ("queued", 1, 0.0)
    assert row["error"] is None
    assert row["created_at"].endswith("Z")


def test_an_equal_wish_is_the_same_row_and_another_recipe_a_new_one(
    owner: User, photo: Photo
) -> None:
    first = wish(owner, photo)
    equal = wish(owner, photo, recipe={"blemishes": 1})
    other = wish(owner, photo, recipe={"blemishes": 0.5})
    assert (equal.status_code, equal.json()["id"]) == (200, first.json()["id"])
    assert (other.status_code, other.json()["id"] != first.json()["id"]) == (202, True)


def test_an_idempotency_key_names_one_wish(owner: User, photo: Photo) -> None:
    client = api(owner)
    body = {"photo": str(photo.pk), "recipe": {"blemishes": 0.3}}
    headers = {"Idempotency-Key": "k1"}
    first = client.post("/api/v1/retouches/", body, headers=headers)
    again = client.post("/api/v1/retouches/", body, headers=headers)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    other = client.post("/api/v1/retouches/", {"photo": str(photo.pk)}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_a_replayed_key_gives_the_row_whatever_became_of_it(owner: User, photo: Photo) -> None:
    client, headers = api(owner), {"Idempotency-Key": "k1"}
    body = {"photo": str(photo.pk)}
    first = client.post("/api/v1/retouches/", body, headers=headers).json()["id"]
    client.patch(f"/api/v1/retouches/{first}/", {"recipe": {"blemishes": 0.2}})
    replayed = client.post("/api/v1/retouches/", body, headers=headers)
    assert (replayed.status_code, replayed.json()["id"]) == (200, first)


def test_a_key_sent_with_an_equal_wish_is_kept_too(owner: User, photo: Photo) -> None:
    client, body = api(owner), {"photo": str(photo.pk)}
    client.post("/api/v1/retouches/", body)
    equal = client.post("/api/v1/retouches/", body, headers={"Idempotency-Key": "k2"})
    assert equal.status_code == 200
    other = {**body, "recipe": {"blemishes": 0.2}}
    refused = client.post("/api/v1/retouches/", other, headers={"Idempotency-Key": "k2"})
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/nothing/", None, 404),
        ("/api/v1/albums/nonsense/", None, 404),
        ("/api/v1/albums/", b"[" * 100_000, 400),
        ("/api/v1/albums/", b'{"title": "' + b"x" * 3_000_000 + b'"}', 400),
    ],
)
def test_every_refusal_of_the_api_is_a_problem(
    owner: User, path: str, body: bytes | None, status: int
) -> None:
    client = api(owner)
    client.raise_request_exception = False
    if body is None:
        answer = client.get(path)
    else:
        answer = client.generic("POST", path, body, content_type="application/json")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.status_code == status
    assert answer.json()["code"]


def test_ids_may_be_written_in_capitals(owner: User, photo: Photo) -> None:
    assert api(owner).get(f"/api/v1/photos/{str(photo.pk).upper()}/").status_code == 200


def test_an_endless_idempotency_key_is_refused(owner: User, photo: Photo) -> None:
    answer = api(owner).post(
        "/api/v1/retouches/", {"photo": str(photo.pk)}, headers={"Idempotency-Key": "k" * 256}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ({"smooth": 1}, "unknown_recipe_key"),
        ({"version": True}, "invalid_recipe"),
        ({"version": 1.0}, "invalid_recipe"),
        ({"blemishes": 2}, "invalid_recipe"),
    ],
)
def test_bad_recipes_are_problems(owner: User, photo: Photo, recipe: dict, code: str) -> None:
    answer = wish(owner, photo, recipe=recipe)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Retouch.objects.exists()


@pytest.mark.parametrize(
    ("photo_id", "status", "code"),
    [("nonsense", 400, "invalid"), (str(uuid.UUID(int=1)), 404, "not_found")],
)
def test_a_wish_for_no_photo_is_refused(owner: User, photo_id: str, status: int, code: str) -> None:
    answer = api(owner).post("/api/v1/retouches/", {"photo": photo_id})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_states_allow_only_what_makes_sense(owner: User, photo: Photo) -> None:
    identifier = wish(owner, photo).json()["id"]
    path = f"/api/v1/retouches/{identifier}/"
    client = api(owner)
    assert client.post(f"{path}retry/").json()["code"] == "not_retryable"
    assert client.post(f"{path}cancel/").json()["status"] == "cancelled"
    assert client.post(f"{path}cancel/").json()["status"] == "cancelled"
    retried = client.post(f"{path}retry/")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    changed = client.patch(path, {"recipe": {"blemishes": 0.4}})
    assert (changed.status_code, changed.json()["version"]) == (202, 2)
    again = client.post(f"{path}again/")
    assert (again.status_code, again.json()["version"]) == (202, 3)
    assert client.get(f"{path}result/").status_code == 404
    assert client.get(f"{path}marks/").json() == []


def test_lists_take_the_same_number_of_queries_however_long(
    owner: User, photo: Photo, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = api(owner)
    counts = {"retouches": 4, "photos": 4, "albums": 3}
    for strength in range(1, 6):
        album = services.album_create(owner=owner, title=f"{strength}")
        services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": strength / 10})
        extra = encoded(np.full((20, 20, 3), strength, np.uint8))
        services.photo_create(owner=owner, file=io.BytesIO(extra), name="x.jpg", album=album)
        for path, count in counts.items():
            with django_assert_num_queries(count):
                rows = client.get(f"/api/v1/{path}/").json()["results"]
            assert len(rows) == strength + (path == "photos")


@pytest.mark.parametrize("count", [1, 5])
def test_marks_take_the_same_number_of_queries_however_many(
    owner: User,
    photo: Photo,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    monkeypatch.setattr("gallery.marks.analysis_marks", lambda file: analysis_marks(file)[:count])
    client = api(owner)
    with django_assert_num_queries(5):
        marks = client.get(f"/api/v1/retouches/{retouch.pk}/marks/").json()
    assert len(marks) == count


def test_the_schema_is_served(owner: User) -> None:
    assert b"/api/v1/retouches/" in api(owner).get("/api/v1/schema/").content


# Foreign keys are looked at when a transaction ends: these tests need real ones.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_photo_whose_album_is_erased_meanwhile_is_refused_and_nothing_is_lost(
    owner: User, portrait_jpeg: bytes, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    album = services.album_create(owner=owner, title="June")
    if is_known:
        upload(owner, portrait_jpeg)
    before, digest = originals(), services._digest

    def slow(file: BinaryIO) -> tuple[str, int]:
        album.delete()
        return digest(file)

    monkeypatch.setattr(services, "_digest", slow)
    answer = upload(owner, portrait_jpeg, album=str(album.pk))
    assert (answer.status_code, answer.json()["code"]) == (404, "album_not_found")
    assert [storage.exists(photo.file) for photo in Photo.objects.all()] == [True] * is_known
    assert originals() == before


def originals() -> set[Path]:
    return set(Path(settings.MEDIA_ROOT).rglob("original*"))


def test_times_are_in_utc_wherever_the_installation_is(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    client = api(owner)
    with timezone.override("Asia/Kolkata"):
        hook = {"url": "https://example.org/", "events": ["retouch.succeeded"]}
        link = {"photos": [str(photo.pk)], "expires_at": "2090-06-10T00:00:00"}
        shown = [
            client.post("/api/v1/presets/", {"name": "Mine", "recipe": {}}).json(),
            client.post("/api/v1/webhooks/", hook).json(),
            client.post("/api/v1/shares/", link).json(),
            client.get(f"/api/v1/retouches/{retouch.pk}/versions/").json(),
        ]
    times = re.findall(r'_at": "([^"]+)"', json.dumps(shown))
    assert len(times) == 5
    assert all(one.endswith("Z") for one in times), times
    assert "2090-06-10T00:00:00Z" in times


def test_a_recipe_and_decisions_together_make_one_version(
    owner: User, stranger: User, photo: Photo
) -> None:
    retouch = services.retouch_create(owner=owner, photo=photo)[0]
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    path, recipe = f"/api/v1/retouches/{retouch.pk}/", {"blemishes": 0.4}
    first = api(owner).get(f"{path}marks/").json()[0]
    other = {"keep": "remove", "remove": "keep"}[first["decision"]]
    edit = {"recipe": recipe, "decisions": [{"id": first["id"], "decision": other}]}
    assert api(stranger).patch(path, edit).status_code == 404
    wrong = {"recipe": recipe, "decisions": [{"id": 9999, "decision": other}]}
    answer = api(owner).patch(path, wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_mark")
    row = api(owner).patch(path, edit).json()
    assert (row["version"], row["recipe"]["blemishes"]) == (2, 0.4)
    assert api(owner).get(f"{path}marks/").json()[0]["decision"] == other


def test_numbers_of_thousands_of_digits_are_refused(owner: User, photo: Photo) -> None:
    retouch = services.retouch_create(owner=owner, photo=photo)[0]
    client, number = api(owner), "9" * 5000
    assert client.get(f"/api/v1/retouches/{retouch.pk}/result/?version={number}").status_code == 404
    assert client.get(f"/retouches/{retouch.pk}/preview/?version={number}").status_code == 404
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": number}
    assert client.post("/api/v1/uploads/", headers=headers).status_code == 400
