"""Going back to a version, and taking settings to other photos."""

import io
from typing import Any

import pytest
from PIL import Image

from accounts.models import User
from gallery import batches, marks, runs, services
from gallery.api import rows as api_rows
from gallery.models import Photo, Rendition, Retouch
from job_queue.queue import job_id
from tests.support.albums import rows
from tests.support.people import api
from tests.support.portraits import encoded, painted_astronaut

pytestmark = pytest.mark.django_db


def run(retouch: Retouch) -> Retouch:
    retouch.refresh_from_db()
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    retouch.refresh_from_db()
    return retouch


@pytest.fixture
def retouch(owner: User, photo: Photo) -> Retouch:
    return run(services.retouch_create(owner=owner, photo=photo)[0])


def other_photo(owner: User, seed: int) -> Photo:
    pixels = painted_astronaut()[0].copy()
    pixels[:2, :2] = seed
    file = io.BytesIO(encoded(pixels, quality=90))
    return services.photo_create(owner=owner, file=file, name=f"{seed}.jpg")[0]


def test_going_back_makes_a_new_version_with_recipe_and_decisions_of_then(
    owner: User, retouch: Retouch
) -> None:
    first = marks.marks_list(retouch)[0]
    marks.marks_decide(retouch=retouch, decisions=[{"id": first["id"], "decision": "keep"}])
    run(retouch)
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.2})
    run(retouch)
    made = Rendition.objects.count()
    path = f"/api/v1/retouches/{retouch.pk}/"
    answer = api(owner).post(path + "restore/", {"version": 1})
    assert (answer.status_code, answer.json()["version"]) == (202, 4)
    run(retouch)
    versions = {one.number: one for one in retouch.versions.all()}
    assert versions[4].rendition_id == versions[1].rendition_id
    assert (retouch.recipe, retouch.decisions) == (versions[1].recipe, {})
    # The file was there already.
    assert Rendition.objects.count() == made
    listed = api(owner).get(path + "versions/").json()
    assert [one["version"] for one in listed] == [4, 3, 2, 1]
    api(owner).post(path + "restore/", {"version": 2})
    assert run(retouch).decisions == {str(first["id"]): "keep"}


def test_a_version_that_is_not_there_is_refused(
    owner: User, stranger: User, staff: User, retouch: Retouch
) -> None:
    path = f"/api/v1/retouches/{retouch.pk}/restore/"
    answer = api(owner).post(path, {"version": 2})
    assert (answer.status_code, answer.json()["code"]) == (404, "version_missing")
    assert api(owner).post(path, {"version": "x"}).status_code == 400
    for person in (stranger, staff):
        assert api(person).post(path, {"version": 1}).status_code == 404
        assert api(person).get(path.replace("restore", "versions")).status_code == 404
    retouch.refresh_from_db()
    assert retouch.version == 1


def test_settings_are_taken_to_other_photos_as_their_next_or_first_version(
    owner: User, retouch: Retouch
) -> None:
    done, fresh, same = (other_photo(owner, seed) for seed in (1, 2, 3))
    earlier = services.retouch_create(owner=owner, photo=done, recipe={"format": "png"})[0]
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.4, "light": 0.1})
    retouch.refresh_from_db()
    services.retouch_create(owner=owner, photo=same, recipe=retouch.recipe)
    chosen = [str(one.pk) for one in (done, fresh, same, retouch.photo)]
    answer = api(owner).post(f"/api/v1/retouches/{retouch.pk}/copy/", {"photos": chosen})
    assert answer.status_code == 202
    rows = {one["retouch"]["photo"]: one for one in answer.json()}
    assert set(rows) == {str(done.pk), str(fresh.pk)}
    changed = rows[str(done.pk)]["retouch"]
    assert (changed["id"], changed["version"]) == (str(earlier.pk), 2)
    assert changed["recipe"]["blemishes"] == 0.4
    # How a photo is written stays its own.
    assert changed["recipe"]["format"] == "png"
    assert rows[str(fresh.pk)]["retouch"]["version"] == 1


def test_settings_are_taken_to_a_whole_album_and_can_be_taken_back(
    owner: User, retouch: Retouch
) -> None:
    album = services.album_create(owner=owner, title="Shoot")
    other = other_photo(owner, 5)
    for photo in (other, retouch.photo):
        photo.albums.add(album)
    theirs = run(services.retouch_create(owner=owner, photo=other)[0])
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.3})
    wish = {"album": str(album.pk)}
    (copied,) = api(owner).post(f"/api/v1/retouches/{retouch.pk}/copy/", wish).json()
    assert copied["restorable"] == 1
    run(theirs)
    assert theirs.recipe["blemishes"] == 0.3
    api(owner).post(f"/api/v1/retouches/{theirs.pk}/restore/", {"version": 1})
    assert run(theirs).recipe["blemishes"] == 1.0


def test_settings_go_to_no_larger_album_than_a_batch_may_have(
    owner: User, stranger: User, staff: User, retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = services.album_create(owner=owner, title="Shoot")
    rows(owner, 3, album)
    monkeypatch.setitem(batches.LARGEST_OF, batches.BatchAction.RETOUCH, 2)
    path, wish = f"/api/v1/retouches/{retouch.pk}/copy/", {"album": str(album.pk)}
    answer = api(owner).post(path, wish)
    assert (answer.status_code, answer.json()["code"]) == (400, "batch_too_large")
    for person in (stranger, staff):
        assert api(person).post(path, wish).status_code == 404
    assert list(Retouch.objects.all()) == [retouch]


def test_the_queue_is_asked_once_for_all_photos_that_settings_are_taken_to(
    owner: User, retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    album = services.album_create(owner=owner, title="Shoot")
    rows(owner, 3, album)
    asked: list[int] = []
    monkeypatch.setattr(api_rows, "queue_positions", lambda: asked.append(1) or {})
    wish = {"album": str(album.pk)}
    answer = api(owner).post(f"/api/v1/retouches/{retouch.pk}/copy/", wish)
    assert (len(answer.json()), len(asked)) == (3, 1)


def test_settings_go_only_to_ones_own_photos(
    owner: User, stranger: User, staff: User, retouch: Retouch
) -> None:
    theirs = other_photo(stranger, 7)
    path = f"/api/v1/retouches/{retouch.pk}/copy/"
    mixed: dict[str, Any] = {"photos": [str(theirs.pk), str(retouch.photo_id)]}
    assert api(owner).post(path, mixed).status_code == 404
    assert not theirs.retouches.exists()
    for person in (stranger, staff):
        assert api(person).post(path, {"photos": [str(theirs.pk)]}).status_code == 404
    assert api(owner).post(path, {}).status_code == 400


def test_the_file_of_a_version_that_was_gone_back_to_is_the_same(
    owner: User, retouch: Retouch
) -> None:
    client, path = api(owner), f"/api/v1/retouches/{retouch.pk}/result/"
    before = b"".join(client.get(path).streaming_content)
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.0})
    run(retouch)
    client.post(f"/api/v1/retouches/{retouch.pk}/restore/", {"version": 1})
    run(retouch)
    assert b"".join(client.get(path).streaming_content) == before
    assert Image.open(io.BytesIO(before)).size == (1024, 1024)
