"""Quotas: checked in the upload's transaction, per person, with what to do about it."""

import io
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from gallery import services, storage
from gallery.errors import WishError
from gallery.models import Analysis, Photo, Rendition, Retouch
from gallery.quotas import usage_of
from tests.support.people import api
from tests.support.portraits import encoded

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.mark.parametrize("limit", [{"QUOTA_PHOTOS": "7"}, {"QUOTA_BYTES": str(7 * 150)}])
def test_twenty_uploads_at_once_from_four_processes_never_exceed_the_limit(
    tmp_path: Path, limit: dict[str, str]
) -> None:
    environment = {
        **os.environ, **limit, "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
    }  # fmt: skip

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    assert start("manage.py", "migrate", "--verbosity", "0").wait(120) == 0
    email = "owner@example.org"
    start("manage.py", "create_api_key", email, "--create").communicate(timeout=60)
    moment = str(time.time() + 8)
    racers = [
        start("-m", "tests.support.quota_racer", email, str(5 * n), "5", moment) for n in range(4)
    ]
    counts = [[int(n) for n in racer.communicate(timeout=120)[0].split()] for racer in racers]
    taken, refused = map(sum, zip(*counts, strict=True))
    assert taken + refused == 20
    with sqlite3.connect(tmp_path / "database.sqlite3") as database:
        sizes = [row[0] for row in database.execute("SELECT bytes FROM gallery_photo")]
    assert len(sizes) == taken
    if "QUOTA_PHOTOS" in limit:
        assert taken == 7
    else:
        # No more than the limit, and no room is left for another picture.
        assert sum(sizes) <= int(limit["QUOTA_BYTES"]) < sum(sizes) + max(sizes) + 20
    originals = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert len(originals) == taken


def test_analyses_count_and_renditions_do_not(owner: User, photo: Photo) -> None:
    before = usage_of(owner).bytes
    analysis = Analysis.objects.create(photo=photo, bytes=1000, engine_version="1", folder="x")
    Rendition.objects.create(
        analysis=analysis, recipe_hash="1", decisions_hash="1", file="x", preview="x", bytes=5000
    )
    assert usage_of(owner).bytes == before + 1000
