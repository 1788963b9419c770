"""Tiles to zoom into: cut by a worker on request, private, bounded, and gone with the photo."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from PIL import Image

from accounts.models import User
from gallery import erasure, errands, jobs, runs, services, tiles
from gallery.models import Errand, Photo, Retouch, TileSet
from job_queue.queue import job_id, queue
from tests.support.people import api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def retouch(owner: User, photo: Photo) -> Retouch:
    made, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(made.pk), made.enqueue_number))
    return made


def run(row: TileSet) -> TileSet:
    row.refresh_from_db()
    jobs.tiles_run(job_id(str(row.pk), row.enqueue_number))
    row.refresh_from_db()
    return row


def put_together(client: Any, row: TileSet) -> np.ndarray:
    """Ask for every tile of the full size, as a page does."""
    level = row.levels[0]
    picture = np.zeros((level["height"], level["width"], 3), np.uint8)
    for y in range(level["rows"]):
        for x in range(level["columns"]):
            answer = client.get(f"/api/v1/tiles/{row.pk}/0/{x}/{y}/")
            assert answer.status_code == 200
            assert "private" in answer["Cache-Control"]
            values = np.asarray(Image.open(io.BytesIO(answer.content)))
            picture[y * 512 : y * 512 + 512, x * 512 : x * 512 + 512] = values
    return picture


def test_tiles_are_the_pixels_of_original_and_rendition(
    owner: User, photo: Photo, retouch: Retouch
) -> None:
    client = api(owner)
    for path in (f"photos/{photo.pk}", f"retouches/{retouch.pk}"):
        answer = client.post(f"/api/v1/{path}/tiles/")
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")
        row = run(TileSet.objects.get(pk=answer.json()["id"]))
        shown = client.get(f"/api/v1/tiles/{row.pk}/").json()
        assert shown["levels"] == [{"width": 1024, "height": 1024, "columns": 2, "rows": 2}]
        name = photo.file if row.rendition is None else row.rendition.file
        with default_storage.open(name) as file:
            expected = np.asarray(Image.open(file).convert("RGB")).astype(int)
        difference = np.abs(put_together(client, row) - expected)
        assert difference.mean() < 0.5
        assert difference.max() <= 6


def test_who_asks_again_gets_the_same_tiles(owner: User, photo: Photo) -> None:
    path = f"/api/v1/photos/{photo.pk}/tiles/"
    first = api(owner).post(path).json()
    assert api(owner).post(path).json()["id"] == first["id"]
    row = run(TileSet.objects.get())
    number = row.enqueue_number
    assert api(owner).post(path).json()["status"] == "succeeded"
    default_storage.delete(row.file)
    assert api(owner).get(f"/api/v1/tiles/{row.pk}/0/0/0/").status_code == 404
    assert api(owner).post(path).json()["status"] == "queued"
    assert run(row).enqueue_number == number + 1


def test_tiles_come_before_what_waits(redis_server: str, owner: User, photo: Photo) -> None:
    waiting, _ = services.retouch_create(owner=owner, photo=photo)
    row = tiles.tiles_request(photo=photo)
    ids = [str(row.pk), str(waiting.pk)]
    assert [job.rpartition("-")[0] for job in queue().get_job_ids()] == ids


def test_a_tile_that_is_not_there_is_not_found(owner: User, photo: Photo) -> None:
    row = run(tiles.tiles_request(photo=photo))
    for place in ("1/0/0", "0/2/0", "0/0/2", "99/0/0"):
        assert api(owner).get(f"/api/v1/tiles/{row.pk}/{place}/").status_code == 404


def test_only_who_may_see_the_photo_gets_its_tiles(
    owner: User, stranger: User, staff: User, photo: Photo, retouch: Retouch
) -> None:
    row = run(tiles.tiles_request(photo=photo))
    for person in (stranger, staff):
        client = api(person)
        assert client.post(f"/api/v1/photos/{photo.pk}/tiles/").status_code == 404
        assert client.post(f"/api/v1/retouches/{retouch.pk}/tiles/").status_code == 404
        assert client.get(f"/api/v1/tiles/{row.pk}/").status_code == 404
        assert client.get(f"/api/v1/tiles/{row.pk}/0/0/0/").status_code == 404
    assert api(None).get(f"/api/v1/tiles/{row.pk}/0/0/0/").status_code in (401, 403)
    services.photo_trash(photo=photo)
    assert api(owner).get(f"/api/v1/tiles/{row.pk}/0/0/0/").status_code == 404


def test_a_picture_that_is_gone_says_so_and_is_tried_again(owner: User, photo: Photo) -> None:
    with default_storage.open(photo.file) as file:
        data = file.read()
    default_storage.delete(photo.file)
    row = run(tiles.tiles_request(photo=photo))
    shown = api(owner).get(f"/api/v1/tiles/{row.pk}/").json()
    assert (shown["status"], shown["error"]["code"]) == ("failed", "file_missing")
    photo.file = default_storage.save("again", io.BytesIO(data))
    photo.save()
    tiles.tiles_request(photo=photo)
    assert run(row).status == Errand.Status.SUCCEEDED


def test_what_nobody_asked_for_longest_makes_room(
    owner: User, photo: Photo, retouch: Retouch, settings: Any
) -> None:
    version = retouch.versions.get()
    old = run(tiles.tiles_request(photo=photo))
    settings.TILES_BYTES = old.bytes + 10
    new = run(tiles.tiles_request(photo=photo, rendition=version.rendition))
    assert list(TileSet.objects.all()) == [new]
    assert not default_storage.exists(old.file)
    assert default_storage.exists(new.file)


def test_tiles_are_erased_with_their_photo(photo: Photo, retouch: Retouch) -> None:
    rendition = retouch.versions.get().rendition
    rows = [
        run(tiles.tiles_request(photo=photo)),
        run(tiles.tiles_request(photo=photo, rendition=rendition)),
    ]
    erasure.photo_erase(photo=photo)
    assert not TileSet.objects.exists()
    assert not any(default_storage.exists(row.file) for row in rows)


def test_a_lost_job_is_given_back_and_given_up_in_the_end(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = tiles.tiles_request(photo=photo)
    monkeypatch.setattr(errands, "SWEEP_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(errands, "SWEEP_GRACE", errands.timedelta(seconds=-60))
    row.refresh_from_db()
    errands.errands_sweep({job_id(str(row.pk), row.enqueue_number)})
    assert TileSet.objects.get().enqueue_number == row.enqueue_number
    for attempt in (1, 2, 3):
        TileSet.objects.update(
            status=Errand.Status.RUNNING, attempt=attempt, started_at="2026-01-01T00:00Z"
        )
        errands.errands_sweep(set())
    row.refresh_from_db()
    assert (row.status, row.error_code) == ("failed", "worker_lost")


def test_an_old_number_has_no_say(photo: Photo) -> None:
    row = tiles.tiles_request(photo=photo)
    row.refresh_from_db()
    jobs.tiles_run(job_id(str(row.pk), row.enqueue_number - 1))
    row.refresh_from_db()
    assert row.status == Errand.Status.QUEUED
