"""Sitters: what was agreed is written down, and everything of one goes when it must."""

import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts.models import User
from gallery import erasure, runs, services
from gallery.errors import WishError
from gallery.forms import LinkForm
from gallery.models import Album, Analysis, Feedback, Group, Photo, Rendition, Retouch, ShareLink
from gallery.sharing import links, proofs, roles, sitters
from job_queue.queue import job_id
from tests.support.people import api
from tests.support.portraits import encoded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


def small(album: Album, seed: int = 1) -> Photo:
    file = io.BytesIO(encoded(np.full((20, 20, 3), seed, np.uint8)))
    return services.photo_create(owner=album.owner, file=file, name="a.jpg", album=album)[0]


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def files() -> set[str]:
    root = Path(configured.MEDIA_ROOT)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_everything_of_a_sitter_goes_and_nothing_of_others(
    owner: User, album: Album, photo: Photo
) -> None:
    before = files() - {photo.file}
    photo.albums.add(album)
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    trashed, other = small(album, 2), small(album, 3)
    group = sitters.sitter_create(photos=[photo, trashed], sitter_name="Anna")
    services.photo_trash(photo=trashed)
    chosen, _ = links.link_create(owner=owner, photos=[photo])
    whole, _ = links.link_create(owner=owner, album=album)
    for link in (chosen, whole):
        guest = proofs.guest_create(link=link, name="Anna")
        proofs.feedback_give(guest=guest, photo=photo, verdict="approved")
    answer = api(owner).post(f"/sitters/{group.pk}/erase/", follow=True)
    assert "2 photos of Anna" in answer.content.decode()
    assert list(Photo.objects.all()) == [other]
    for model in (Retouch, Analysis, Rendition, Feedback, Group):
        assert not model.objects.exists()
    assert list(ShareLink.objects.all()) == [whole]
    assert files() == before | {other.file}


def test_the_day_erases_and_a_week_before_it_is_told(owner: User, album: Album) -> None:
    soon, later, never = (small(album, seed) for seed in (1, 2, 3))
    for picture, name, days in ((soon, "Anna", 6), (later, "Bea", 30)):
        sitters.sitter_create(photos=[picture], sitter_name=name, delete_by=in_days(days))
    sitters.sitter_create(photos=[never], sitter_name="Cid")
    page = api(owner).get(f"/albums/{album.pk}/").content.decode()
    assert "The photos of Anna" in page
    assert "The photos of Bea" not in page
    sitters.sitters_sweep()
    assert Photo.objects.count() == 3
    Group.objects.filter(sitter_name="Anna").update(delete_by=timezone.localdate())
    sitters.sitters_sweep()
    sitters.sitters_sweep()
    assert set(Photo.objects.all()) == {later, never}


def test_the_page_writes_changes_and_adds(owner: User, album: Album) -> None:
    small(album, 1)
    client, path = api(owner), f"/albums/{album.pk}/sitters/"
    form = {"sitter_name": "Anna", "consent_note": "web only", "delete_by": in_days(9).isoformat()}
    client.post(path, form, format="multipart")
    group = Group.objects.get()
    assert (group.status, group.photos.count(), group.delete_by) == ("kept", 1, in_days(9))
    small(album, 2)
    change = {"album": str(album.pk), "sitter_name": "Anna B.", "add_album": "on"}
    client.post(f"/sitters/{group.pk}/", change, format="multipart")
    group.refresh_from_db()
    assert (group.sitter_name, group.photos.count(), group.delete_by) == ("Anna B.", 2, None)
    assert "Anna B." in client.get(path).content.decode()
    refused = client.post(path, {"sitter_name": "Z", "delete_by": "2020-01-01"}, format="multipart")
    assert "lies in the future" in refused.content.decode()
    assert Group.objects.count() == 1


def test_bad_wishes_are_refused(album: Album, stranger: User) -> None:
    picture = small(album)
    theirs = small(services.album_create(owner=stranger, title="x"), 2)
    for fields, code in (
        ({"photos": [picture], "sitter_name": " "}, "sitter_missing"),
        ({"photos": [picture], "sitter_name": "A", "delete_by": in_days(0)}, "delete_by_in_past"),
        ({"photos": [], "sitter_name": "A"}, "several_owners"),
        ({"photos": [picture, theirs], "sitter_name": "A"}, "several_owners"),
    ):
        with pytest.raises(WishError) as refused:
            sitters.sitter_create(**fields)
        assert refused.value.code == code
    assert not Group.objects.exists()


def test_programs_write_down_and_erase(
    owner: User, stranger: User, staff: User, album: Album
) -> None:
    picture = small(album)
    wish = {"photos": [str(picture.pk)], "sitter_name": "Anna", "consent_note": "web"}
    for other in (stranger, staff):
        assert api(other).post("/api/v1/groups/sitter/", wish).status_code == 404
    row = api(owner).post("/api/v1/groups/sitter/", wish).json()
    assert (row["status"], row["progress"], row["sitter_name"]) == ("kept", 1.0, "Anna")
    path = f"/api/v1/groups/{row['id']}/"
    changed = api(owner).patch(path, {"sitter_name": "Anna", "delete_by": in_days(3).isoformat()})
    assert changed.json()["consent_note"] == "web"
    assert changed.json()["delete_by"] == in_days(3).isoformat()
    past = api(owner).patch(path, {"sitter_name": "Anna", "delete_by": "2020-01-01"})
    assert past.json()["code"] == "delete_by_in_past"
    for other in (stranger, staff):
        assert api(other).patch(path, {"sitter_name": "x"}).status_code == 404
        assert api(other).post(f"{path}erase/").status_code == 404
    assert api(owner).post(f"{path}erase/").status_code == 204
    assert not Photo.objects.exists()


def test_an_editor_reads_the_group_and_nothing_of_the_sitter(
    owner: User, stranger: User, album: Album
) -> None:
    group = sitters.sitter_create(
        photos=[small(album)], sitter_name="Anna", consent_note="web", delete_by=in_days(9)
    )
    roles.role_give(album=album, email=stranger.email, role="editor")
    for path in (f"/api/v1/groups/{group.pk}/", "/api/v1/groups/"):
        seen = api(stranger).get(path).content.decode()
        assert str(group.pk) in seen
        for personal in ("Anna", "web", in_days(9).isoformat()):
            assert personal not in seen
        assert "Anna" in api(owner).get(path).content.decode()


def test_the_last_photo_takes_what_is_written_down_along(owner: User, album: Album) -> None:
    picture = small(album)
    sitters.sitter_create(photos=[picture], sitter_name="Anna")
    services.photo_trash(photo=picture)
    api(owner).post("/trash/empty/")
    assert not Group.objects.exists()


def test_erasing_twice_is_harmless(owner: User, album: Album) -> None:
    group = sitters.sitter_create(photos=[small(album)], sitter_name="Anna")
    assert erasure.group_erase(group=Group.objects.get(pk=group.pk)) == 0
    assert api(owner).post(f"/sitters/{group.pk}/erase/").status_code == 404


def test_an_account_that_goes_takes_its_shares_along(owner: User, album: Album) -> None:
    picture = small(album)
    link, _ = links.link_create(owner=owner, album=album)
    guest = proofs.guest_create(link=link, name="Bea")
    proofs.feedback_give(guest=guest, photo=picture, verdict="approved")
    owner.delete()
    for model in (Album, Photo, ShareLink, Feedback, Group):
        assert not model.objects.exists()


def test_many_photos_are_erased_in_turns_and_the_group_goes_with_the_last(
    owner: User, album: Album
) -> None:
    photos = [small(album, seed) for seed in range(3)]
    group = sitters.sitter_create(photos=photos, sitter_name="Anna")
    assert erasure.group_erase(group=group, seconds=0) == 2
    assert Group.objects.get().delete_by == timezone.localdate()
    sitters.sitters_sweep()
    assert not Group.objects.exists()
    assert not Photo.objects.exists()


def test_an_erasure_that_takes_longer_than_a_request_says_so(
    owner: User, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure.group_erase, "__kwdefaults__", {"seconds": 0})
    group = sitters.sitter_create(photos=[small(album, n) for n in range(4)], sitter_name="Anna")
    answer = api(owner).post(f"/sitters/{group.pk}/erase/", follow=True)
    assert "3 of 4 photos of Anna are still there" in answer.content.decode()
    assert api(owner).post(f"/api/v1/groups/{group.pk}/erase/").status_code == 202


def test_a_day_ends_where_the_installation_is(
    owner: User, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, day = ZoneInfo("America/Los_Angeles"), date(2027, 6, 10)
    sitters.sitter_create(photos=[small(album)], sitter_name="Anna", delete_by=day)
    with timezone.override(zone):
        form = LinkForm({"expires_on": day.isoformat()})
        assert form.is_valid()
        assert form.settings()["expires_at"] == datetime(2027, 6, 11, tzinfo=zone)
        for now, left in (
            (datetime(2027, 6, 9, 23, 59, tzinfo=zone), 1),
            (datetime(2027, 6, 10, 0, 1, tzinfo=zone), 0),
        ):
            monkeypatch.setattr(timezone, "now", lambda now=now: now.astimezone(UTC))
            sitters.sitters_sweep()
            assert Photo.objects.count() == left


def test_a_group_takes_no_more_photos_than_it_may_have(
    owner: User, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitters, "LARGEST", 2)
    group = sitters.sitter_create(photos=[small(album)], sitter_name="Anna")
    more = [small(album, seed) for seed in (2, 3)]
    with pytest.raises(WishError, match="at most 2 photos"):
        sitters.sitter_add(group=group, photos=more)
    wish = {"sitter_name": "Anna", "album": str(album.pk), "add_album": "on"}
    page = api(owner).post(f"/sitters/{group.pk}/", wish, format="multipart", follow=True)
    assert "at most 2 photos" in page.content.decode()
    assert group.members.count() == 1
