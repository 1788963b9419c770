"""Who may see and change what: owner, stranger and staff, by session and by key."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import User
from gallery import runs, services
from gallery.models import Album, Photo, Retouch
from job_queue.queue import job_id
from tests.support.people import api, program

pytestmark = pytest.mark.django_db

API = "/api/v1"
READS = [
    "albums/{album}/",
    "photos/{photo}/",
    "photos/?album={album}",
    "retouches/{retouch}/",
    "retouches/{retouch}/result/",
    "retouches/{retouch}/result/?version=1",
    "retouches/{retouch}/marks/",
]
RECIPE = {"recipe": {"blemishes": 0.1}}
WRITES: list[tuple[str, str, Any]] = [
    ("patch", "albums/{album}/", {"title": "theirs"}),
    ("post", "albums/{album}/cover/", {"photo": "{photo}"}),
    ("post", "photos/batch/", {"action": "retouch", "album": "{album}"}),
    ("post", "photos/batch/", {"action": "trash", "album": "{album}"}),
    ("delete", "albums/{album}/", None),
    ("delete", "photos/{photo}/", None),
    ("post", "retouches/", {"photo": "{photo}", **RECIPE}),
    ("patch", "retouches/{retouch}/", RECIPE),
    ("patch", "retouches/{retouch}/marks/", [{"id": 1, "decision": "keep"}]),
    ("post", "retouches/{retouch}/again/", None),
    ("post", "retouches/{waiting}/cancel/", None),
    ("post", "retouches/{cancelled}/retry/", None),
]
PAGES = [
    "/albums/{album}/",
    "/photos/{photo}/",
    "/photos/{photo}/original/",
    "/photos/{photo}/preview/",
    "/photos/{photo}/thumbnail/",
    "/photos/{photo}/pictures/original/256.avif",
    "/retouches/{retouch}/result/",
    "/retouches/{retouch}/preview/",
]
FORMS = [
    "/albums/{album}/rename/",
    "/albums/{album}/cover/",
    "/albums/{album}/move/",
    "/albums/{album}/delete/",
    "/albums/{album}/restore/",
    "/photos/{photo}/trash/",
    "/photos/{trashed}/restore/",
]
LISTS = ["/albums/", "/photos/", "/trash/"]
DOORS = {"session": api, "key": program}


@pytest.fixture
def things(owner: User, photo: Photo) -> dict[str, str]:
    """Return the ids of what the owner has: finished, waiting, cancelled and in the trash."""
    album = services.album_create(owner=owner, title="mine")
    photo.albums.add(album)
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    waiting, _ = services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": 0.5})
    cancelled, _ = services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": 0.6})
    services.retouch_cancel(retouch=cancelled)
    trashed = Photo.objects.create(owner=owner, sha256="0" * 64, width=1, height=1, bytes=1)
    services.photo_trash(photo=trashed)
    found = {
        "album": album, "photo": photo, "retouch": retouch, "waiting": waiting,
        "cancelled": cancelled, "trashed": trashed,
    }  # fmt: skip
    return {name: str(thing.pk) for name, thing in found.items()}


def everything() -> list[Any]:
    """Return every row's content, to see that nothing changed."""
    models = (Album, Photo, Photo.albums.through, Retouch)
    return [list(model.objects.order_by("pk").values()) for model in models]


def filled(body: Any, things: dict[str, str]) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        key: value.format(**things) if isinstance(value, str) else value
        for key, value in body.items()
    }


@pytest.fixture
def others(stranger: User, staff: User) -> list[APIClient]:
    """Return whoever is not the owner, by every door."""
    return [enter(person) for person in (stranger, staff) for enter in DOORS.values()]


def test_others_find_nothing_by_the_api(others: list[APIClient], things: dict[str, str]) -> None:
    for other in others:
        for path in READS:
            answer = other.get(f"{API}/{path.format(**things)}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        for path in ("albums", "photos", "retouches"):
            assert other.get(f"{API}/{path}/").json()["results"] == []


def test_others_change_nothing_by_the_api(
    others: list[APIClient], things: dict[str, str], portrait_jpeg: bytes
) -> None:
    before = everything()
    for other in others:
        for method, path, body in WRITES:
            call = getattr(other, method)
            answer = call(f"{API}/{path.format(**things)}", filled(body, things))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        form = {"file": SimpleUploadedFile("a.jpg", portrait_jpeg), "album": things["album"]}
        answer = other.post(f"{API}/photos/", form, format="multipart")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert everything() == before


def test_others_find_and_change_nothing_on_pages(
    stranger: User, staff: User, things: dict[str, str]
) -> None:
    before = everything()
    for client in (api(stranger), api(staff)):
        for path in PAGES:
            assert client.get(path.format(**things)).status_code == 404, path
        for path in FORMS:
            assert client.post(path.format(**things), {"title": "theirs"}).status_code == 404, path
        for path in LISTS:
            page = client.get(path).content.decode()
            assert not [name for name, identifier in things.items() if identifier in page]
    assert everything() == before


def test_the_owner_reaches_all_of_it(owner: User, things: dict[str, str]) -> None:
    paths = [f"{API}/{path.format(**things)}" for path in READS]
    for client in (api(owner), program(owner)):
        assert [client.get(path).status_code for path in paths] == [200] * len(paths)
        for path, count in (("albums", 1), ("photos", 1), ("retouches", 3)):
            assert len(client.get(f"{API}/{path}/").json()["results"]) == count


def test_the_owner_reaches_every_page_and_form(owner: User, things: dict[str, str]) -> None:
    client = api(owner)
    assert [client.get(path.format(**things)).status_code for path in PAGES] == [200] * len(PAGES)
    for path in FORMS:
        form = {"title": "still mine"}
        assert client.post(path.format(**things), form, format="multipart").status_code == 302


def test_nobody_signed_in_is_asked_to_sign_in(things: dict[str, str]) -> None:
    for path in [*PAGES, *LISTS]:
        answer = api(None).get(path.format(**things))
        assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/")


def test_a_key_opens_no_page(owner: User, photo: Photo) -> None:
    answer = program(owner).get(f"/photos/{photo.pk}/original/")
    assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/")


def test_a_reading_key_changes_nothing(owner: User, things: dict[str, str]) -> None:
    client, before = program(owner, ["read"]), everything()
    for method, path, body in WRITES:
        call = getattr(client, method)
        answer = call(f"{API}/{path.format(**things)}", filled(body, things))
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), path
    assert everything() == before


def test_a_writing_key_reads_nothing(owner: User, things: dict[str, str]) -> None:
    client = program(owner, ["write"])
    for path in [*READS, "albums/", "photos/", "retouches/"]:
        answer = client.get(f"{API}/{path.format(**things)}")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), path
