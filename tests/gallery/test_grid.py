"""Pages of many photos: cursor pages, orders, search, cards, and as few queries as before."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from gallery import presets, runs, services
from gallery.models import Album, Photo
from gallery.search import PhotoSearch
from gallery.sharing import roles
from job_queue.queue import job_id
from tests.support.albums import rows, uploaded
from tests.support.people import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


def names(page: str) -> list[str]:
    return re.findall(r'data-name="([^"]+)"', page)


def next_of(page: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return found.group(1).replace("&amp;", "&") if found else ""


def walk(client: Client, path: str, query: str = "") -> list[str]:
    seen: list[str] = []
    while True:
        page = client.get(f"{path}{query}").content.decode()
        seen += names(page)
        query = next_of(page)
        if not query:
            return seen


@pytest.mark.parametrize(
    ("order", "expected"), [("newest", -1), ("oldest", 1), ("name", 1), ("taken", -1), ("odd", -1)]
)
def test_every_photo_is_seen_once_in_every_order(
    owner: User, album: Album, order: str, expected: int
) -> None:
    rows(owner, 230, album)
    seen = walk(api(owner), f"/albums/{album.pk}/", f"?order={order}")
    assert seen == [f"{n:04}.jpg" for n in range(230)][::expected]


def test_five_thousand_photos_come_a_hundred_at_a_time_with_the_same_queries(
    owner: User, album: Album
) -> None:
    rows(owner, 5000, album)
    client, query, counts, seen = api(owner), "", [], []
    for _ in range(50):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"/albums/{album.pk}/{query and query + '&part=1'}")
        counts.append(len(captured))
        seen += names(page.content.decode())
        query = next_of(page.content.decode())
    assert not query
    assert len(set(seen)) == 5000
    assert len(set(counts[1:])) == 1
    assert max(counts) < 20


def test_a_part_holds_cards_alone_and_its_link_leads_to_a_whole_page(
    owner: User, album: Album
) -> None:
    rows(owner, 150, album)
    part = api(owner).get(f"/albums/{album.pk}/?part=1").content.decode()
    assert "<html" not in part
    assert len(names(part)) == 100
    assert "part" not in next_of(part)


def test_photos_of_one_name_and_one_moment_are_not_lost_between_pages(owner: User) -> None:
    photos = rows(owner, 120, name="IMG.jpg")
    Photo.objects.update(created_at=photos[0].created_at)
    for order in ("newest", "name", "taken"):
        ids, query = [], f"?order={order}"
        while query:
            page = api(owner).get(f"/photos/{query}").content.decode()
            ids += re.findall(r'data-photo="([^"]+)"', page)
            query = next_of(page)
        assert len(set(ids)) == len(ids) == 120


def test_a_cursor_that_is_none_is_not_found(owner: User) -> None:
    assert api(owner).get("/photos/?cursor=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=anna", ["Anna 1.jpg", "anna 2.jpg"]),
        ("q=ANNA+2", ["anna 2.jpg"]),
        ("q=2+anna", ["anna 2.jpg"]),
        ("q=100%25", ["100%.jpg"]),
        ("q=zoe", []),
        ("uploaded_from=2024-05-02&uploaded_to=2024-05-02", ["anna 2.jpg"]),
        ("uploaded_to=2024-05-01", ["Anna 1.jpg"]),
        ("taken_from=2020-01-01&taken_to=2020-12-31", ["100%.jpg"]),
        ("uploaded_to=9999-12-31&q=anna+1", ["Anna 1.jpg"]),
    ],
)
def test_photos_are_found_by_name_and_day(owner: User, query: str, found: list[str]) -> None:
    days = (datetime(2024, 5, day, 23, 59, tzinfo=UTC) for day in (1, 2, 3))
    for name, day in zip(("Anna 1.jpg", "anna 2.jpg", "100%.jpg"), days, strict=True):
        photo = rows(owner, 1, name=name)[0]
        Photo.objects.filter(pk=photo.pk).update(created_at=day)
    Photo.objects.filter(name="100%.jpg").update(taken_at=datetime(2020, 6, 1, tzinfo=UTC))
    page = api(owner).get(f"/photos/?order=oldest&{query}").content.decode()
    assert names(page) == found
    assert ("Nothing found" in page) == (not found)


def test_a_search_goes_on_over_pages_and_finds_nobody_elses(owner: User, stranger: User) -> None:
    rows(owner, 130, name="anna.jpg")
    rows(owner, 5, name="other.jpg")
    rows(stranger, 5, name="anna.jpg")
    assert walk(api(owner), "/photos/", "?q=anna") == ["anna.jpg"] * 130


def test_a_day_that_is_none_is_told_and_the_rest_still_found(owner: User) -> None:
    rows(owner, 2)
    page = api(owner).get("/photos/?uploaded_from=yesterday&q=0001").content.decode()
    assert 'role="alert"' in page
    assert "yesterday" in page
    assert names(page) == ["0001.jpg"]


def test_a_card_shows_the_result_as_soon_as_there_is_one(owner: User, photo: Photo) -> None:
    path = f"/photos/cards/?photo={photo.pk}"
    assert "placeholder" in api(owner).get(path).content.decode()
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    first = retouch.versions.get().rendition_id
    assert f"/pictures/{first}/256.avif" in api(owner).get(path).content.decode()
    # A newer wish that is not done yet does not take the result away.
    services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": 0.2})
    page = api(owner).get(path).content.decode()
    assert f"/pictures/{first}/256.avif" in page
    assert 'data-status="queued"' in page


def test_pictures_are_cached_by_who_may_see_them_alone(
    owner: User, stranger: User, staff: User, photo: Photo
) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    rendition = retouch.versions.get().rendition_id
    for source in ("original", str(rendition)):
        for name, kind in (("256.avif", "image/avif"), ("512.webp", "image/webp")):
            path = f"/photos/{photo.pk}/pictures/{source}/{name}"
            answer = api(owner).get(path)
            assert (answer.status_code, answer["Content-Type"]) == (200, kind)
            assert answer["Cache-Control"].startswith("private, max-age=")
            again = api(owner).get(path, headers={"If-None-Match": answer["ETag"]})
            assert again.status_code == 304
            assert api(stranger).get(path).status_code == api(staff).get(path).status_code == 404
            assert api(None).get(path).status_code == 302
    services.photo_trash(photo=photo)
    assert api(owner).get(path).status_code == 200


@pytest.mark.parametrize(
    "rest", ["original/257.avif", "original/..%2foriginal", "nonsense/256.avif", "original/x"]
)
def test_a_picture_that_is_none_is_not_found(owner: User, photo: Photo, rest: str) -> None:
    assert api(owner).get(f"/photos/{photo.pk}/pictures/{rest}").status_code == 404


def test_another_photos_result_is_not_shown_under_this_one(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    other = uploaded(owner, "other.jpg")
    rendition = retouch.versions.get().rendition_id
    path = f"/photos/{other.pk}/pictures/{rendition}/256.avif"
    assert api(owner).get(path).status_code == 404


def test_cards_of_photos_that_are_gone_or_foreign_are_left_out(owner: User, stranger: User) -> None:
    mine, gone = rows(owner, 2)
    foreign = rows(stranger, 1)[0]
    services.photo_trash(photo=gone)
    query = "&".join(f"photo={photo}" for photo in (gone.pk, foreign.pk, mine.pk, "nonsense"))
    page = api(owner).get(f"/photos/cards/?{query}").content.decode()
    assert re.findall(r'data-photo="([^"]+)"', page) == [str(mine.pk)]


def test_photos_from_before_the_small_pictures_show_their_older_one(owner: User) -> None:
    rows(owner, 1, has_preview=True)
    page = api(owner).get("/photos/").content.decode()
    assert "/thumbnail/" in page
    assert "<source" not in page


def test_the_trash_says_when_each_goes_and_pages_too(owner: User, settings: object) -> None:
    rows(owner, 101, deleted_at=timezone.now() - timedelta(days=1))
    page = api(owner).get("/trash/").content.decode()
    day = timezone.localdate() + timedelta(days=29)
    assert f"until {day:%m/%d/%Y}" in page
    assert len(names(page)) == 100
    assert len(walk(api(owner), "/trash/")) == 101
    settings.TRASH_DAYS = 0  # type: ignore[attr-defined]
    page = api(owner).get("/trash/").content.decode()
    assert set(re.findall(r'leaves">([^<]*)', page)) == {""}


EVERYTHING = {"retouch", "download", "share", "album", "remove", "cover", "consistent", "trash"}


@pytest.mark.parametrize(
    ("role", "may_download", "expected"),
    [
        ("", True, EVERYTHING),
        ("editor", True, {"retouch", "download", "cover", "consistent"}),
        ("viewer", True, {"download"}),
        ("viewer", False, set()),
    ],
)
def test_a_selection_offers_what_the_person_may_do(
    owner: User, stranger: User, album: Album, role: str, may_download: bool, expected: set[str]
) -> None:
    rows(owner, 1, album)
    if role:
        roles.role_give(album=album, email=stranger.email, role=role, may_download=may_download)
    page = api(stranger if role else owner).get(f"/albums/{album.pk}/").content.decode()
    assert set(re.findall(r'data-do="(\w+)"', page)) - {"clear", "everything"} == expected
    assert ("selection.js" in page) is bool(expected)
    assert (" data-looks" in page) is not bool(expected)


def test_a_retouch_offers_presets_laid_over_what_the_album_wants(owner: User, album: Album) -> None:
    Album.objects.filter(pk=album.pk).update(recipe={"format": "png"})
    presets.preset_create(owner=owner, name="Wedding", recipe={"blemishes": 0.7})
    page = api(owner).get(f"/albums/{album.pk}/").content.decode()
    offered = re.search(r'<select id="preset".*?</select>', page, re.S)
    assert offered is not None
    options = re.findall(r'value="([^"]*)">([^<]*)', offered.group())
    assert [name for _recipe, name in options] == [
        "As set for this album", "Natural", "Clean", "Studio", "Wedding",
    ]  # fmt: skip
    recipe = json.loads(html.unescape(options[-1][0]))
    assert (recipe["blemishes"], recipe["format"]) == (0.7, "png")


def test_more_photos_of_one_name_than_a_cursor_counts_are_all_reached(owner: User) -> None:
    rows(owner, 1250, name="image.jpg")
    client, query, seen = api(owner), "?order=name", []
    while query:
        page = client.get(f"/photos/{query}").content.decode()
        seen += re.findall(r'data-photo="([0-9a-f-]{36})"', page)
        query = next_of(page)
        assert len(seen) <= 1250
    assert len(set(seen)) == 1250


def test_a_cameras_day_is_the_one_that_its_clock_showed(owner: User) -> None:
    (photo,) = rows(owner, 1, taken_at=datetime(2027, 6, 10, 23, 30, tzinfo=UTC))
    with timezone.override("Asia/Tokyo"):
        day = PhotoSearch(taken_from=photo.taken_at.date(), taken_to=photo.taken_at.date())
        assert list(day.among(Photo.objects.all())) == [photo]
