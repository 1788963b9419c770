"""Deleting for ever: every row and file of a photo goes, and nothing of anybody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts.jobs import erasure_sweep
from accounts.models import User
from accounts.services import account_close
from gallery import analyses, erasure, exports, runs, services, storage, tiles
from gallery.errors import SupersededError
from gallery.models import Analysis, FileRemoval, Photo, Rendition, Retouch
from job_queue.queue import job_id
from retouch_engine import retoucher
from tests.support.albums import uploaded
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


def test_a_photo_that_is_taken_back_while_the_trash_is_emptied_stays(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [uploaded(owner, f"{n}.jpg", 20 * n) for n in range(3)]
    for photo in photos:
        services.photo_trash(photo=photo)
    Photo.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    erase, kept = erasure.trashed_erase, photos[0]

    def slow(**names: Any) -> bool:
        api(owner).post(f"/photos/{kept.pk}/restore/")
        return erase(**names)

    monkeypatch.setattr(erasure, "trashed_erase", slow)
    erasure.trash_sweep()
    assert [photo.pk for photo in Photo.objects.all()] == [kept.pk]
    assert storage.exists(kept.file)
    assert erasure.photos_erase(photos=[kept]) == []


def erased_within(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, photo: Photo) -> None:
    """Erase the photo as soon as a function has done its work."""
    work = getattr(place, name)

    def slow(*arguments: Any, **names: Any) -> Any:
        result = work(*arguments, **names)
        erasure.photo_erase(photo=Photo.objects.get(pk=photo.pk))
        return result

    monkeypatch.setattr(place, name, slow)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (retoucher, "decode"),
        (retoucher.Retoucher, "analyse"),
        (retoucher.Retoucher, "render"),
        (retoucher, "page_layers"),
    ],
)
def test_a_photo_that_is_erased_while_it_is_retouched_leaves_no_file(
    owner: User, photo: Photo, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    before = files() - {photo.file}
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    erased_within(monkeypatch, place, name, photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    assert not Photo.objects.exists()
    assert files() == before


def test_a_photo_that_is_erased_while_its_damaged_analysis_is_replaced_leaves_no_file(
    owner: User, retouched: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files() - set(erasure.files_of(retouched))
    analysis = analyses.analysis_load(Analysis.objects.get())
    load = analyses.analysis_load
    storage.remove(f"{Analysis.objects.get().folder}/analysis.json")

    def slow(row: Analysis) -> retoucher.Analysis:
        erasure.photo_erase(photo=Photo.objects.get(pk=retouched.pk))
        return load(row)

    monkeypatch.setattr(analyses, "analysis_load", slow)
    with pytest.raises(SupersededError):
        analyses.analysis_save(retouched, analysis)
    assert files() == before


@pytest.mark.parametrize("name", ["exported", "tile_levels"])
def test_a_photo_that_is_erased_while_files_are_made_of_it_leaves_none(
    owner: User, photo: Photo, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = files() - {photo.file}
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    version = retouch.versions.get()
    errand: Any
    if name == "exported":
        errand, _ = exports.export_create(owner=owner, version=version, options={"format": "png"})
        run = exports.export_run
    else:
        errand, run = tiles.tiles_request(photo=photo), tiles.tiles_run
    erased_within(monkeypatch, retoucher, name, photo)
    run(job_id(str(errand.pk), errand.enqueue_number))
    assert files() == before


def test_a_file_that_cannot_be_removed_keeps_no_other_and_goes_later(
    retouched: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, stubborn = files() - set(erasure.files_of(retouched)), retouched.file
    remove = storage.remove

    def failing(name: str) -> None:
        if name == stubborn:
            raise OSError("the store does not answer")
        remove(name)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", failing)
        erasure.photo_erase(photo=retouched)
    assert files() == before | {stubborn}
    erasure.removals_sweep()
    assert stubborn in files()
    FileRemoval.objects.update(due_at=timezone.now())
    erasure.removals_sweep()
    assert files() == before
    assert not FileRemoval.objects.exists()


def test_what_an_erased_account_had_made_for_download_goes_with_it(
    owner: User, stranger: User, retouched: Photo
) -> None:
    version = retouched.retouches.get().versions.get()
    before = files()
    for person in (owner, stranger):
        row, _ = exports.export_create(owner=person, version=version, options={"format": "png"})
        exports.export_run(job_id(str(row.pk), row.enqueue_number))
    assert len(files() - before) == 2
    account_close(user=stranger)
    erasure_sweep(set())
    assert not User.objects.filter(pk=stranger.pk).exists()
    assert len(files() - before) == 1
