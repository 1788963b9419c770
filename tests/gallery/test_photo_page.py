"""What the photo page says and offers, to those who may change a photo and to those who may not."""

from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import User
from gallery import runs, selectors, services
from gallery.models import Album, Photo, Retouch
from gallery.permissions import Action
from gallery.reports import report_notes, report_summary
from gallery.sharing import roles
from job_queue.queue import job_id
from tests.support.people import api

pytestmark = pytest.mark.django_db

REPORT: dict[str, Any] = {
    "faces": 1, "spots_removed": 42, "marks_kept": 3, "texture_kept": 0.968, "tone_shift": 0.31,
    "guard_strength": 1.0, "limits_broken": [], "light": 0.5, "notes": [],
}  # fmt: skip


def finished(photo: Photo) -> Retouch:
    retouch, _ = services.retouch_create(owner=photo.owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    return retouch


def test_the_report_is_in_plain_words() -> None:
    assert report_summary(REPORT) == (
        "42 spots removed, 3 moles and freckles kept, texture 97 %, tone shift 0.3 ΔE."
    )
    assert report_notes(REPORT) == []
    one = {**REPORT, "spots_removed": 1, "marks_kept": 1}
    assert report_summary(one).startswith("1 spot removed, 1 mole or freckle kept")
    assert report_summary({"faces": 0}) == "No face was found, so the skin is unchanged."


def test_what_the_guard_reduced_is_said_with_its_reason_and_once() -> None:
    raw = "every strength was reduced to 70% of it to keep: texture kept, noise"
    broken = {"limits_broken": ["texture_kept", "noise"], "notes": [raw]}
    (note,) = report_notes({**REPORT, **broken, "guard_strength": 0.7})
    assert note == (
        "Every strength was reduced to 70 % of it, so as to keep: the texture of the skin, "
        "skin without new grain."
    )
    (note,) = report_notes({**REPORT, **broken, "guard_strength": 0.0})
    assert note.startswith("Nothing was retouched on the skin")


def test_who_may_change_a_photo_finds_the_controls(owner: User, photo: Photo) -> None:
    finished(photo)
    page = api(owner).get(f"/photos/{photo.pk}/").content.decode()
    for part in ('id="editor"', 'id="copy"', 'id="export"', "/trash/", "Natural", 'id="again"'):
        assert part in page


@pytest.mark.parametrize(
    ("allowed", "shown", "hidden"),
    [
        ({Action.VIEW}, ['id="viewer"', 'id="versions"'], ['id="export"', 'id="download"']),
        ({Action.VIEW, Action.COMPARE, Action.DOWNLOAD}, ['id="viewer"', 'id="export"'], []),
    ],
)
def test_who_may_only_look_finds_none(
    owner: User, photo: Photo, monkeypatch: pytest.MonkeyPatch,
    allowed: set[Action], shown: list[str], hidden: list[str],
) -> None:  # fmt: skip
    # Stands for the roles of albums, whose own tests are elsewhere.
    monkeypatch.setattr(selectors, "actions_on_photo", lambda user, photo: allowed)
    finished(photo)
    page = api(owner).get(f"/photos/{photo.pk}/").content.decode()
    for part in shown:
        assert part in page
    trash = f"/photos/{photo.pk}/trash/"
    for part in ('id="editor"', 'id="copy"', 'id="presets"', trash, 'id="again"', *hidden):
        assert part not in page


def test_the_way_leads_through_the_album_in_its_order(
    owner: User, stranger: User, photo: Photo
) -> None:
    album = services.album_create(owner=owner, title="Shoot")
    others = [
        Photo.objects.create(owner=owner, sha256=str(n) * 64, width=1, height=1, bytes=1)
        for n in range(3)
    ]
    for one in (photo, *others[:2]):
        one.albums.add(album)
    order = [one.pk for one in selectors.photos_for(owner).filter(albums=album)]
    ways = [selectors.neighbours(owner, Photo.objects.get(pk=pk), album) for pk in order]
    assert ways == [(None, order[1]), (order[0], order[2]), (order[1], None)]
    # Photos of no album: all of them.
    assert sum(bool(way) for way in selectors.neighbours(owner, others[2], None)) == 1
    assert selectors.neighbours(stranger, photo, None) == (None, None)
    page = api(owner).get(f"/photos/{order[1]}/").content.decode()
    assert f'rel="prev" href="/photos/{order[0]}/"' in page
    assert f'rel="next" href="/photos/{order[2]}/"' in page


def test_the_page_takes_the_same_number_of_queries_however_many_versions(
    owner: User, photo: Photo, django_assert_max_num_queries: Any
) -> None:
    retouch = finished(photo)
    client = api(owner)
    client.get(f"/photos/{photo.pk}/")
    for strength in (0.2, 0.4, 0.6):
        services.retouch_change(retouch=retouch, recipe={"blemishes": strength})
        retouch.refresh_from_db()
        runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    with django_assert_max_num_queries(20):
        assert "(4)" in client.get(f"/photos/{photo.pk}/").content.decode()


def test_a_photo_that_waits_is_retouched_from_its_page_by_its_albums_recipe(
    owner: User, stranger: User, photo: Photo
) -> None:
    album = services.album_create(owner=owner, title="June")
    photo.albums.add(album)
    Album.objects.filter(pk=album.pk).update(recipe={"blemishes": 0.3})
    roles.role_give(album=album, email=stranger.email, role="viewer")
    wish = f"/photos/{photo.pk}/retouch/"
    for person, offered in ((owner, True), (stranger, False)):
        page = api(person).get(f"/photos/{photo.pk}/").content.decode()
        assert "not retouched yet" in page
        assert (f'action="{wish}"' in page) is offered
        assert ("Move to the trash" in page) is offered
    for _double_click in range(2):
        assert api(owner).post(wish).url == f"/photos/{photo.pk}/"
    assert photo.retouches.get().recipe["blemishes"] == 0.3


def test_states_and_reasons_are_told_in_the_readers_language(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    german = {"accept-language": "de"}
    page = api(owner).get(f"/photos/{photo.pk}/", headers=german).content.decode()
    assert '<span class="status">Wartet</span>' in page
    reason = "A stored file is gone: retouch this photo again."
    Retouch.objects.filter(pk=retouch.pk).update(status="failed", error_detail=reason)
    with translation.override("de"):
        said = gettext(reason)
    assert said != reason
    for path in (f"/photos/{photo.pk}/", "/photos/"):
        page = api(owner).get(path, headers=german).content.decode()
        assert said in page
        assert reason not in page
