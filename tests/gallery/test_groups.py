"""Groups: photos of one scene get one tone, each as a new version; one bad photo fails alone."""

import io
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from accounts.models import User
from gallery import groups, runs, services, storage
from gallery.models import Group, GroupPhoto, Photo, Retouch
from job_queue.queue import JobTimeoutError, job_id
from retouch_engine.retoucher import decode, tone_variance
from retouch_engine.synthesis.light import Light, with_light
from retouch_engine.tone import mean_chromaticity
from tests.support.albums import uploaded as small
from tests.support.people import api
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db(transaction=True)

LIGHTS = (
    Light(),
    Light(temperature=0.5),
    Light(exposure=-0.6),
    Light(temperature=-0.4, exposure=0.4),
)


def picture(light: Light) -> bytes:
    pixels = large_astronaut()
    return encoded(with_light(pixels, np.zeros(pixels.shape[:2], np.float32), light), quality=90)


def uploaded(owner: User, data: bytes, name: str) -> Photo:
    return services.photo_create(owner=owner, file=io.BytesIO(data), name=name)[0]


@pytest.fixture
def shoot(owner: User) -> list[Photo]:
    return [uploaded(owner, picture(light), f"{n}.jpg") for n, light in enumerate(LIGHTS)]


def run_everything() -> None:
    """Do what a worker does until nothing waits."""
    for _ in range(10):
        waiting = list(Retouch.objects.filter(status=Retouch.Status.QUEUED))
        for retouch in waiting:
            runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
        agreeing = Group.objects.filter(status=Group.Status.RUNNING, agreed_at=None)
        for group in agreeing:
            groups.group_run(job_id(str(group.pk), group.enqueue_number))
        if not waiting and not agreeing.exists():
            return


def wish(owner: User, photos: list[Photo], **more: Any) -> dict[str, Any]:
    body = {"photos": [str(photo.pk) for photo in photos], **more}
    answer = api(owner).post("/api/v1/groups/", body, format="json")
    assert answer.status_code == 202, answer.json()
    row: dict[str, Any] = answer.json()
    return row


def read(owner: User, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api(owner).get(f"/api/v1/groups/{row['id']}/").json()
    return found


def shown(photo: Photo) -> tuple[float, float]:
    retouch = photo.retouches.get()
    version = retouch.versions.first()
    assert version is not None
    return mean_chromaticity(decode(storage.read(version.rendition.preview)).pixels)


def test_a_shoot_gets_one_tone_and_every_photo_a_new_version(
    owner: User, shoot: list[Photo]
) -> None:
    row = wish(owner, shoot)
    assert (row["status"], row["glc_after"], row["reference"]) == ("queued", None, None)
    run_everything()
    row = read(owner, row)
    assert (row["status"], row["progress"], row["failed"]) == ("succeeded", 1.0, [])
    assert row["glc_after"] < 0.6 * row["glc_before"]
    # What pages show is what was measured.
    assert tone_variance([shown(photo) for photo in shoot]) < 0.8 * row["glc_before"]
    for photo in shoot:
        retouch = photo.retouches.get()
        assert [version.number for version in retouch.versions.all()] == [2, 1]
        assert retouch.recipe["light"] == 1.0
        assert retouch.look["group"] == row["id"]


def test_what_shows_the_light_is_the_owners_alone(
    owner: User, stranger: User, shoot: list[Photo]
) -> None:
    wish(owner, shoot[:2])
    path = f"/api/v1/retouches/{shoot[0].retouches.get().pk}/tone/"
    assert api(owner).get(path).status_code == 404
    run_everything()
    tone = api(owner).get(path).json()
    assert tone["size"] == 33
    assert tone["lut"].startswith("data:image/png;base64,")
    assert api(stranger).get(path).status_code == 404


def test_a_reference_keeps_its_look_and_the_others_match_it(
    owner: User, shoot: list[Photo]
) -> None:
    row = wish(owner, shoot[:3], reference=str(shoot[1].pk))
    run_everything()
    assert read(owner, row)["status"] == "succeeded"
    assert shoot[1].retouches.get().version == 1
    reference = np.array(shown(shoot[1]))
    for photo in (shoot[0], shoot[2]):
        assert np.linalg.norm(np.array(shown(photo)) - reference) < 4


def test_a_reference_may_come_from_another_album(owner: User, shoot: list[Photo]) -> None:
    row = wish(owner, shoot[:2], reference=str(shoot[3].pk))
    assert len(row["photos"]) == 3
    run_everything()
    assert read(owner, row)["status"] == "succeeded"
    assert shoot[3].retouches.get().version == 1


def test_the_look_stays_when_sliders_move_and_a_light_of_zero_takes_it_off(
    owner: User, shoot: list[Photo]
) -> None:
    wish(owner, shoot[:2])
    run_everything()
    retouch = shoot[0].retouches.get()
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0, "light": 1})
    run_everything()
    retouch.refresh_from_db()
    assert retouch.version == 3
    assert retouch.versions.get(number=3).look == retouch.look
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0, "light": 0})
    run_everything()
    file = retouch.versions.get(number=4).rendition.file
    assert storage.read(file) == storage.read(shoot[0].file)


def test_one_bad_photo_fails_alone(owner: User, shoot: list[Photo]) -> None:
    row = wish(owner, shoot[:3])
    storage.remove(shoot[2].file)
    run_everything()
    row = read(owner, row)
    assert row["status"] == "succeeded"
    assert [failed["photo"] for failed in row["failed"]] == [str(shoot[2].pk)]
    assert row["failed"][0]["code"] == "file_missing"


def test_a_photo_in_the_trash_leaves_its_group(owner: User, shoot: list[Photo]) -> None:
    row = wish(owner, shoot[:3])
    services.photo_trash(photo=shoot[2])
    groups.group_sweep(set())
    run_everything()
    row = read(owner, row)
    assert row["status"] == "succeeded"
    assert shoot[2].retouches.get().status == "cancelled"


def test_photos_without_a_face_and_grey_ones_agree_too(owner: User) -> None:
    rng = np.random.default_rng(1)
    wall = rng.integers(90, 130, (300, 400, 3)).astype(np.uint8)
    grey = np.repeat(rng.integers(60, 90, (400, 300, 1)).astype(np.uint8), 3, axis=2)
    photos = [
        uploaded(owner, encoded(wall, "PNG"), "wall.png"),
        uploaded(owner, encoded(grey, "PNG"), "grey.png"),
    ]
    row = wish(owner, photos)
    run_everything()
    assert read(owner, row)["status"] == "succeeded"


def test_turned_small_and_large_photos_form_a_group(owner: User, shoot: list[Photo]) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    pixels = np.rot90(large_astronaut()[::2, ::2])[:, 40:]
    data = encoded(np.ascontiguousarray(pixels), quality=90, exif=turned.tobytes())
    photos = [*shoot[1:3], uploaded(owner, data, "turned.jpg")]
    assert (photos[2].width, photos[2].height) == (512, 472)
    row = wish(owner, photos)
    run_everything()
    row = read(owner, row)
    assert (row["status"], row["failed"]) == ("succeeded", [])
    assert row["glc_after"] < row["glc_before"]
    for photo in photos:
        result = photo.retouches.get().versions.first()
        assert result is not None
        upright = decode(storage.read(result.rendition.file)).pixels.shape
        assert upright == (photo.height, photo.width, 3)


def test_a_night_shot_drags_nobody_and_is_not_blown_up(owner: User, shoot: list[Photo]) -> None:
    dark = with_light(
        large_astronaut(), np.zeros(large_astronaut().shape[:2], np.float32), Light(exposure=-4.0)
    )
    noise = np.random.default_rng(2).normal(0, 6, dark.shape)
    night = np.clip(dark + noise, 0, 255).astype(np.uint8)
    night_photo = uploaded(owner, encoded(night, quality=90), "night.jpg")
    row = wish(owner, [*shoot[:3], night_photo])
    run_everything()
    assert read(owner, row)["status"] == "succeeded"
    # The others agree as they do without it: well within what their own lights differ by.
    assert tone_variance([shown(photo) for photo in shoot[:3]]) < 0.5 * untouched_variance(
        shoot[:3]
    )
    version = night_photo.retouches.get().versions.first()
    assert version is not None
    result = decode(storage.read(version.rendition.file)).pixels
    assert (result == 255).mean() <= (night == 255).mean() + 0.01
    # Brighter perhaps, but a night shot's noise does not become its subject.
    assert result.mean() < 4 * night.mean() + 8


def untouched_variance(photos: list[Photo]) -> float:
    """Return how far the untouched photos differ in tone."""
    originals = [decode(storage.read(photo.file)).pixels for photo in photos]
    return float(tone_variance([mean_chromaticity(pixels) for pixels in originals]))


@pytest.mark.parametrize("count", [0, 1])
def test_a_group_of_fewer_than_two_is_refused(owner: User, shoot: list[Photo], count: int) -> None:
    body = {"photos": [str(photo.pk) for photo in shoot[:count]]}
    answer = api(owner).post("/api/v1/groups/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "group_too_small")
    assert not Group.objects.exists()


def test_a_group_that_lost_its_photos_fails_with_the_reason(
    owner: User, shoot: list[Photo]
) -> None:
    row = wish(owner, shoot[:2])
    for photo in shoot[:2]:
        storage.remove(photo.file)
    run_everything()
    row = read(owner, row)
    assert row["status"] == "failed"
    assert row["error"]["code"] == "group_too_small"


def test_an_agreement_that_its_worker_lost_is_made_again(
    owner: User, shoot: list[Photo], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = wish(owner, shoot[:2])
    for retouch in Retouch.objects.filter(status="queued"):
        runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    group = Group.objects.get(pk=row["id"])
    assert group.status == "running"
    monkeypatch.setattr(groups, "GRACE", groups.GRACE * 0)
    groups.group_sweep({job_id(str(group.pk), group.enqueue_number)})
    group.refresh_from_db()
    assert group.enqueue_number == 1
    groups.group_sweep(set())
    groups.group_run(job_id(str(group.pk), 1))
    group.refresh_from_db()
    assert (group.enqueue_number, group.agreed_at) == (2, None)
    run_everything()
    assert read(owner, row)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("error", "code"),
    [(JobTimeoutError(), "timed_out"), (RuntimeError("a bug"), "internal_error")],
)
def test_an_agreement_that_fails_says_so_and_is_not_tried_for_ever(
    owner: User,
    shoot: list[Photo],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    row = wish(owner, shoot[:2])
    monkeypatch.setattr(groups, "_agree", fail)
    run_everything()
    row = read(owner, row)
    assert (row["status"], row["error"]["code"]) == ("failed", code)


def test_a_stranger_neither_sees_a_group_nor_makes_one_of_foreign_photos(
    owner: User, stranger: User, staff: User, shoot: list[Photo]
) -> None:
    row = wish(owner, shoot[:2])
    for other in (stranger, staff):
        assert api(other).get(f"/api/v1/groups/{row['id']}/").status_code == 404
        body = {"photos": [str(photo.pk) for photo in shoot[:2]]}
        assert api(other).post("/api/v1/groups/", body, format="json").status_code == 404
        assert api(other).get("/api/v1/groups/").json()["results"] == []
    assert api(None).get(f"/api/v1/groups/{row['id']}/").status_code == 401


def test_an_album_or_photos_are_needed_and_not_both(owner: User, shoot: list[Photo]) -> None:
    album = services.album_create(owner=owner, title="Shoot")
    both = {"album": str(album.pk), "photos": [str(shoot[0].pk)]}
    for body in ({}, both):
        answer = api(owner).post("/api/v1/groups/", body, format="json")
        assert answer.status_code == 400
    for photo in shoot[:2]:
        photo.albums.add(album)
    answer = api(owner).post("/api/v1/groups/", {"album": str(album.pk)}, format="json")
    assert answer.status_code == 202
    assert len(answer.json()["photos"]) == 2


def test_what_a_person_decided_on_marks_wins_over_the_group(
    owner: User, shoot: list[Photo]
) -> None:
    wish(owner, shoot[:3])
    run_everything()
    retouch = shoot[0].retouches.get()
    path = f"/api/v1/retouches/{retouch.pk}/marks/"
    listed = api(owner).get(path).json()
    assert {mark["decided_by"] for mark in listed} <= {"group", "default"}
    mark = listed[0]
    other = "keep" if mark["decision"] == "remove" else "remove"
    api(owner).patch(path, [{"id": mark["id"], "decision": other}], format="json")
    found = next(m for m in api(owner).get(path).json() if m["id"] == mark["id"])
    assert (found["decision"], found["decided_by"]) == (other, "person")


def test_photos_added_for_a_sitter_count_in_no_tone(owner: User) -> None:
    album = services.album_create(owner=owner, title="June")
    photos = [small(owner, f"{n}.jpg", 20 * n, album) for n in range(3)]
    group = Group.objects.create(owner=owner, status="succeeded", agreed_at=timezone.now())
    for photo in photos[:2]:
        retouch = services.retouch_create(owner=owner, photo=photo)[0]
        GroupPhoto.objects.create(group=group, photo=photo, retouch=retouch, judged=True)
    client, path = api(owner), f"/api/v1/groups/{group.pk}/"
    assert client.patch(path, {"sitter_name": "Anna"}).status_code == 200
    wish = {"sitter_name": "Anna", "album": str(album.pk), "add_album": "on"}
    client.post(f"/sitters/{group.pk}/", wish, format="multipart")
    assert group.members.count() == 3
    assert client.get(path).json()["failed"] == []
    assert client.get("/api/v1/groups/").status_code == 200
    group.status = "running"
    assert groups.group_progress(group) < 1
