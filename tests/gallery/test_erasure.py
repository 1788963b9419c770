"""Deleting for ever: every row and file of a photo goes, and nothing of anybody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts.models import User
from gallery import erasure, runs, services
from gallery.models import Analysis, Photo, Rendition, Retouch
from job_queue.queue import job_id
from tests.support.people import api

pytestmark = pytest.mark.django_db(transaction=True)


def files() -> set[str]:
    root = Path(configured.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def retouched(owner: User, photo: Photo) -> Photo:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    return photo


def test_every_file_and_row_of_a_photo_goes(owner: User, retouched: Photo) -> None:
    kept = {name for name in files() if str(retouched.pk) not in name}
    mine = set(erasure.files_of(retouched))
    assert mine <= files()
    assert any(name.endswith("page.bin") for name in mine)
    services.photo_trash(photo=retouched)
    answer = api(owner).post(f"/photos/{retouched.pk}/erase/", follow=True)
    assert "are gone" in answer.content.decode()
    for model in (Photo, Retouch, Analysis, Rendition):
        assert model.objects.count() == 0
    assert files() == kept - mine


def test_only_what_lies_in_ones_own_trash_can_be_erased(
    owner: User, stranger: User, staff: User, photo: Photo
) -> None:
    path = f"/photos/{photo.pk}/erase/"
    assert api(owner).post(path).status_code == 404
    services.photo_trash(photo=photo)
    assert api(stranger).post(path).status_code == 404
    assert api(staff).post(path).status_code == 404
    assert api(owner).get(path).status_code == 405
    assert api(owner).post(path).status_code == 302


def test_emptying_the_trash_leaves_other_photos_and_other_people(
    owner: User, stranger: User, photo: Photo
) -> None:
    services.photo_trash(photo=photo)
    api(stranger).post("/trash/empty/")
    assert Photo.objects.filter(pk=photo.pk).exists()
    api(owner).post("/trash/empty/")
    assert not Photo.objects.filter(pk=photo.pk).exists()


@pytest.mark.parametrize(("days", "age", "left"), [(30, 31, 0), (30, 29, 1), (0, 400, 1)])
def test_the_trash_empties_itself_in_time(
    photo: Photo, settings: Any, days: int, age: int, left: int
) -> None:
    settings.TRASH_DAYS = days
    Photo.objects.update(deleted_at=timezone.now() - timedelta(days=age))
    erasure.trash_sweep()
    assert Photo.objects.count() == left


def test_photos_outside_the_trash_are_never_swept(photo: Photo) -> None:
    erasure.trash_sweep()
    assert Photo.objects.filter(pk=photo.pk).exists()
