"""The layers by which a page shows any recipe: made once by the worker, served to the owner."""

import json
import struct

import pytest
from django.core.files.storage import default_storage

from accounts.models import User
from gallery import runs, services
from gallery.analyses import page_layers_name
from gallery.models import Analysis, Photo, Retouch
from job_queue.queue import job_id
from tests.support.people import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def retouch(owner: User, photo: Photo) -> Retouch:
    return services.retouch_create(owner=owner, photo=photo)[0]


def run(retouch: Retouch) -> None:
    retouch.refresh_from_db()
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    retouch.refresh_from_db()


def test_the_layers_are_there_when_the_first_version_is(owner: User, retouch: Retouch) -> None:
    path = f"/api/v1/retouches/{retouch.pk}/layers/"
    assert api(owner).get(path).status_code == 404
    run(retouch)
    answer = api(owner).get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert "private" in answer["Cache-Control"]
    data = b"".join(answer.streaming_content)
    (length,) = struct.unpack("<I", data[:4])
    header = json.loads(data[4 : 4 + length])
    marks = api(owner).get(f"/api/v1/retouches/{retouch.pk}/marks/").json()
    assert {mark["id"] for mark in header["marks"]} == {mark["id"] for mark in marks}


def test_another_version_on_the_same_analysis_makes_them_no_second_time(retouch: Retouch) -> None:
    run(retouch)
    name = page_layers_name(Analysis.objects.get())
    made = default_storage.get_modified_time(name)
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.5})
    run(retouch)
    assert default_storage.get_modified_time(name) == made


def test_layers_that_were_lost_come_back_with_the_next_version(
    owner: User, retouch: Retouch
) -> None:
    run(retouch)
    default_storage.delete(page_layers_name(Analysis.objects.get()))
    path = f"/api/v1/retouches/{retouch.pk}/layers/"
    assert api(owner).get(path).status_code == 404
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.5})
    run(retouch)
    assert api(owner).get(path).status_code == 200


def test_strangers_and_staff_do_not_get_a_persons_layers(
    stranger: User, staff: User, retouch: Retouch
) -> None:
    run(retouch)
    path = f"/api/v1/retouches/{retouch.pk}/layers/"
    assert api(stranger).get(path).status_code == 404
    assert api(staff).get(path).status_code == 404
