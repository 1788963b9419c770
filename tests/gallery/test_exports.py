"""Files for download: wished, made by a worker, fetched by who wished them, swept in time."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from accounts.models import User
from gallery import erasure, exports, jobs, marks, runs, services
from gallery.models import Errand, Export, Photo, Retouch
from job_queue.queue import job_id
from tests.support.people import api, program

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def retouch(owner: User, photo: Photo) -> Retouch:
    made, _ = services.retouch_create(owner=owner, photo=photo)
    retouch_run(made)
    return made


def retouch_run(retouch: Retouch) -> None:
    retouch.refresh_from_db()
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    retouch.refresh_from_db()


def run(identifier: str) -> Export:
    row = Export.objects.get(pk=identifier)
    jobs.export_run(job_id(str(row.pk), row.enqueue_number))
    row.refresh_from_db()
    return row


def wish(person: User, retouch: Retouch, options: dict[str, Any], query: str = "") -> Any:
    return api(person).post(f"/api/v1/retouches/{retouch.pk}/exports/{query}", options)


def test_a_file_is_wished_made_and_fetched(owner: User, retouch: Retouch) -> None:
    answer = wish(owner, retouch, {"format": "webp", "long_side": 300})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    identifier = answer.json()["id"]
    client = program(owner)
    assert client.get(f"/api/v1/exports/{identifier}/file/").status_code == 404
    run(identifier)
    row = client.get(f"/api/v1/exports/{identifier}/").json()
    assert (row["status"], row["progress"], row["version"]) == ("succeeded", 1.0, 1)
    file = client.get(f"/api/v1/exports/{identifier}/file/")
    assert "portrait-retouched.webp" in file["Content-Disposition"]
    image = Image.open(io.BytesIO(b"".join(file.streaming_content)))
    assert (image.format, image.size) == ("WEBP", (300, 300))
    again = wish(owner, retouch, {"long_side": 300, "format": "webp"})
    assert (again.status_code, again.json()["id"]) == (200, identifier)


def test_the_plain_file_is_the_version_with_its_decisions(owner: User, retouch: Retouch) -> None:
    first = marks.marks_list(retouch)[0]
    marks.marks_decide(retouch=retouch, decisions=[{"id": first["id"], "decision": "keep"}])
    retouch_run(retouch)
    for number in (1, 2):
        row = run(wish(owner, retouch, {}, f"?version={number}").json()["id"])
        rendition = retouch.versions.get(number=number).rendition
        assert row.sha256 == rendition.sha256


def test_what_cannot_be_written_is_refused(owner: User, retouch: Retouch) -> None:
    for options in ({"format": "gif"}, {"quality": 0}, {"nonsense": 1}, {"layers": "psd"}):
        answer = wish(owner, retouch, options)
        assert answer.status_code == 400, options
        assert answer.json()["code"] in ("invalid", "invalid_export")
    assert wish(owner, retouch, {}, "?version=9").status_code == 404
    assert wish(owner, retouch, {}, "?version=x").status_code == 404
    assert not Export.objects.exists()


def test_nobody_else_wishes_or_fetches(
    owner: User, stranger: User, staff: User, retouch: Retouch
) -> None:
    identifier = wish(owner, retouch, {}).json()["id"]
    run(identifier)
    for person in (stranger, staff):
        assert wish(person, retouch, {}).status_code == 404
        assert api(person).get(f"/api/v1/exports/{identifier}/").status_code == 404
        assert api(person).get(f"/api/v1/exports/{identifier}/file/").status_code == 404
    read_only = program(owner, ["read"])
    path = f"/api/v1/retouches/{retouch.pk}/exports/"
    assert read_only.post(path, {}).status_code == 403
    services.photo_trash(photo=retouch.photo)
    assert api(owner).get(f"/api/v1/exports/{identifier}/file/").status_code == 404


def test_too_many_at_once_are_refused(owner: User, retouch: Retouch) -> None:
    for side in range(exports.MOST_UNFINISHED):
        assert wish(owner, retouch, {"long_side": 100 + side}).status_code == 202
    refused = wish(owner, retouch, {"long_side": 99})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_exports")


def test_a_file_goes_after_its_hours(owner: User, retouch: Retouch, settings: Any) -> None:
    row = run(wish(owner, retouch, {}).json()["id"])
    exports.exports_sweep()
    assert default_storage.exists(row.file)
    old = timezone.now() - timedelta(hours=settings.EXPORT_HOURS, minutes=1)
    Export.objects.update(finished_at=old)
    jobs.errand_sweep(set())
    assert not Export.objects.exists()
    assert not default_storage.exists(row.file)


def test_a_file_is_erased_with_its_photo(owner: User, retouch: Retouch) -> None:
    row = run(wish(owner, retouch, {"layers": "openraster"}).json()["id"])
    assert row.file_name.endswith(".ora")
    erasure.photo_erase(photo=retouch.photo)
    assert not Export.objects.exists()
    assert not default_storage.exists(row.file)


def test_an_original_that_is_gone_says_so(owner: User, retouch: Retouch) -> None:
    default_storage.delete(retouch.photo.file)
    row = run(wish(owner, retouch, {}).json()["id"])
    assert (row.status, row.error_code) == (Errand.Status.FAILED, "file_missing")
    # A wish that failed may be made again.
    assert wish(owner, retouch, {}).status_code == 202
