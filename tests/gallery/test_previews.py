"""Small pictures: alone for photos whose retouch waits, later for old photos, never by the web."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import ExifTags, Image

from accounts.models import User
from gallery import erasure, jobs, previews, runs, services, storage
from gallery.models import Photo, Rendition
from job_queue.queue import job_id, live_job_ids
from retouch_engine import retoucher
from retouch_engine.retoucher import GRID_PICTURES
from tests.support.people import api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    previews._asked.clear()


def run(photo: Photo) -> Photo:
    jobs.photo_preview_run(job_id(str(photo.pk), photo.preview_number))
    photo.refresh_from_db()
    return photo


def grid_files(folder: str) -> set[str]:
    path = Path(default_storage.path(folder))
    return {file.name for file in path.iterdir()} if path.exists() else set()


def test_a_photo_that_waits_gets_its_pictures_by_a_job_of_its_own(
    owner: User, photo: Photo
) -> None:
    assert not grid_files(f"photos/{photo.pk}/grid")
    services.photo_preview_wish(photo=photo)
    assert run(photo).has_preview
    assert grid_files(f"photos/{photo.pk}/grid") == set(GRID_PICTURES)
    assert not photo.retouches.exists()
    path = f"/photos/{photo.pk}/pictures/original/512.avif"
    assert api(owner).get(path).status_code == 200


def test_an_upload_whose_retouch_waits_gets_its_pictures(owner: User, portrait_jpeg: bytes) -> None:
    photo, retouch = services.photo_submit(
        owner=owner, file=io.BytesIO(portrait_jpeg), name="a.jpg", starts_retouch=False
    )
    assert retouch is None
    assert photo.preview_number == 1
    assert run(photo).has_thumbnails


def test_a_job_with_an_old_number_or_for_nobody_does_nothing(photo: Photo) -> None:
    services.photo_preview_wish(photo=photo)
    services.photo_preview_wish(photo=photo)
    assert photo.preview_number == 2
    jobs.photo_preview_run(job_id(str(photo.pk), 1))
    photo.refresh_from_db()
    assert not photo.has_thumbnails
    run(photo)
    services.photo_preview_wish(photo=photo)
    assert photo.preview_number == 2


@pytest.mark.django_db(transaction=True)
def test_the_sweep_asks_once_for_what_no_retouch_will_make(
    owner: User, photo: Photo, redis_server: str
) -> None:
    def number() -> int:
        photo.refresh_from_db()
        return photo.preview_number

    jobs.photo_preview_sweep(set())
    assert number() == 0
    Photo.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    jobs.photo_preview_sweep({str(n) for n in range(21)})
    assert number() == 0
    jobs.photo_preview_sweep(set())
    jobs.photo_preview_sweep(set())
    assert number() == 1
    assert job_id(str(photo.pk), 1) in live_job_ids()
    previews._asked.clear()
    jobs.photo_preview_sweep(live_job_ids())
    assert number() == 1
    jobs.photo_preview_sweep(set())
    assert number() == 2


def test_the_sweep_leaves_photos_to_their_retouch_to_the_trash_and_after_three_tries(
    owner: User, photo: Photo
) -> None:
    Photo.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    jobs.photo_preview_sweep(set())
    services.retouch_cancel(retouch=retouch)
    services.photo_trash(photo=photo)
    jobs.photo_preview_sweep(set())
    photo.refresh_from_db()
    assert photo.preview_number == 0
    Photo.objects.update(deleted_at=None, preview_number=previews.MOST_TRIES)
    jobs.photo_preview_sweep(set())
    photo.refresh_from_db()
    assert photo.preview_number == previews.MOST_TRIES


def test_a_photo_that_cannot_be_read_is_not_tried_again(photo: Photo) -> None:
    storage.replace(photo.file, storage.read(photo.file)[:5000])
    services.photo_preview_wish(photo=photo)
    assert not run(photo).has_thumbnails
    assert photo.preview_number == previews.MOST_TRIES


def test_photos_and_results_from_before_get_their_pictures(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    rendition = retouch.versions.get().rendition
    assert rendition.has_thumbnails
    for folder in (f"photos/{photo.pk}/grid", f"renditions/{rendition.pk}/grid"):
        storage.remove_folder(folder, list(GRID_PICTURES))
    Photo.objects.update(has_thumbnails=False)
    Rendition.objects.update(has_thumbnails=False)
    photo.refresh_from_db()
    page = f"/photos/cards/?photo={photo.pk}"
    assert f"/photos/{photo.pk}/thumbnail/" in api(owner).get(page).content.decode()
    services.photo_preview_wish(photo=photo)
    run(photo)
    assert grid_files(f"renditions/{rendition.pk}/grid") == set(GRID_PICTURES)
    assert f"/pictures/{rendition.pk}/" in api(owner).get(page).content.decode()


def test_a_photo_that_is_erased_while_its_results_get_small_pictures_leaves_none(
    owner: User, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    rendition = Rendition.objects.get()
    Rendition.objects.update(has_thumbnails=False)
    make = retoucher.grid_pictures

    def slow(pixels: retoucher.Pixels) -> dict[str, bytes]:
        erasure.photo_erase(photo=Photo.objects.get(pk=photo.pk))
        return make(pixels)

    monkeypatch.setattr(retoucher, "grid_pictures", slow)
    previews.results_make_thumbnails(photo)
    assert not Photo.objects.exists()
    assert grid_files(f"renditions/{rendition.pk}/grid") == set()


def test_when_a_photo_was_taken_is_read_with_its_pixels(owner: User) -> None:
    exif, buffer = Image.Exif(), io.BytesIO()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:06:01 12:00:00"
    Image.fromarray(np.zeros((30, 20, 3), np.uint8)).save(buffer, "JPEG", exif=exif.tobytes())
    buffer.seek(0)
    photo, _ = services.photo_create(owner=owner, file=buffer, name="june.jpg")
    assert photo.taken_at is None
    services.photo_preview_wish(photo=photo)
    assert run(photo).taken_at == datetime(2024, 6, 1, 12, tzinfo=UTC)
    row = api(owner).get(f"/api/v1/photos/{photo.pk}/").json()
    assert row["taken_at"] == "2024-06-01T12:00:00Z"
