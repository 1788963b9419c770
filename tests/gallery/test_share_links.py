"""Share links: what their guests get, and that it ends at once where the owner ends it."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import AsyncClient
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from gallery import albums, runs, services
from gallery.archives import NOTE
from gallery.errors import WishError
from gallery.models import AccessRecord, Album, Feedback, Photo, ShareGuest, ShareLink
from gallery.permissions import Action, Guest, albums_allowed, groups_allowed, photos_allowed
from gallery.sharing import links, proofs
from job_queue.queue import job_id
from tests.support.people import api
from tests.support.portraits import encoded, painted_astronaut

pytestmark = pytest.mark.django_db

PASSWORD = "open sesame"


@pytest.fixture(autouse=True)
def no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="Anna, June")


def gps_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "ACME Camera", "Anna's photographer"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.2, 0.0, 0.0)})
    return encoded(painted_astronaut()[0], quality=92, exif=exif.tobytes())


def retouched(owner: User, album: Album, data: bytes, name: str = "IMG_1.jpg") -> Photo:
    photo, _ = services.photo_create(owner=owner, file=io.BytesIO(data), name=name, album=album)
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    return photo


@pytest.fixture
def photo(owner: User, album: Album) -> Photo:
    return retouched(owner, album, gps_jpeg())


def small_photo(owner: User, album: Album | None, seed: int) -> Photo:
    pixels = np.full((20, 20, 3), seed, np.uint8)
    file = io.BytesIO(encoded(pixels))
    return services.photo_create(owner=owner, file=file, name=f"{seed}.jpg", album=album)[0]


class Visitor:
    """A guest's browser at one link."""

    def __init__(self, token: str) -> None:
        self.at, self.client = f"/s/{token}/", APIClient()

    def get(self, path: str = "") -> Any:
        return self.client.get(self.at + path)

    def post(self, path: str, **fields: str) -> Any:
        return self.client.post(self.at + path, fields, format="multipart")

    def of(self, photo: Photo, what: str) -> Any:
        return self.get(f"photos/{photo.pk}/{what}/")

    def say(self, photo: Photo, **fields: str) -> Any:
        return self.post(f"photos/{photo.pk}/feedback/", **fields)


BYTES = ("before", "after", "download")


def codes(visitor: Visitor, photo: Photo) -> list[int]:
    return [visitor.of(photo, what).status_code for what in BYTES]


def test_a_guest_sees_what_is_shared_and_no_names(owner: User, album: Album, photo: Photo) -> None:
    _, token = links.link_create(owner=owner, album=album, may_download=True)
    visitor = Visitor(token)
    page = visitor.get()
    text = page.content.decode()
    assert page.status_code == 200
    assert "Anna, June" in text
    assert "IMG_1" not in text
    assert owner.email not in text
    assert codes(visitor, photo) == [200, 200, 200]
    assert page["X-Robots-Tag"].startswith("noindex")
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]


def test_what_a_guest_gets_tells_nothing_but_the_picture(
    owner: User, album: Album, photo: Photo
) -> None:
    _, token = links.link_create(owner=owner, album=album, may_download=True)
    visitor = Visitor(token)
    answers = {what: visitor.of(photo, what) for what in BYTES}
    for what, answer in answers.items():
        data = b"".join(answer.streaming_content) if answer.streaming else answer.content
        with Image.open(io.BytesIO(data)) as image:
            assert dict(image.getexif()) == {}, what
            assert not image.getexif().get_ifd(0x8825)
        assert b"ACME" not in data
        assert b"Anna" not in data
        assert "IMG_1" not in answer["Content-Disposition"]
        assert answer["X-Robots-Tag"].startswith("noindex")
    owners = api(owner).get(f"/photos/{photo.pk}/original/")
    assert b"ACME" in b"".join(owners.streaming_content)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"shows_originals": False, "may_download": True}, [403, 200, 200]),
        ({"shows_originals": True, "may_download": False}, [200, 200, 403]),
    ],
)
def test_what_the_owner_switched_off_is_refused(
    owner: User, album: Album, photo: Photo, settings: dict[str, bool], expected: list[int]
) -> None:
    _, token = links.link_create(owner=owner, album=album, **settings)
    visitor = Visitor(token)
    page = visitor.get().content.decode()
    assert codes(visitor, photo) == expected
    assert ("/before/" in page) == settings["shows_originals"]
    assert ("/download/" in page) == settings["may_download"]


def test_without_originals_an_unfinished_photo_shows_nothing(owner: User, album: Album) -> None:
    waiting = small_photo(owner, album, 1)
    Photo.objects.update(has_preview=True)
    _, token = links.link_create(owner=owner, album=album, shows_originals=False)
    visitor = Visitor(token)
    assert "still being worked on" in visitor.get().content.decode()
    assert visitor.of(waiting, "after").status_code == 404
    assert visitor.of(waiting, "before").status_code == 403


def test_photos_that_are_not_shared_stay_out_of_reach(owner: User, album: Album) -> None:
    shown, other = small_photo(owner, album, 1), small_photo(owner, album, 2)
    _, token = links.link_create(owner=owner, photos=[shown])
    visitor = Visitor(token)
    visitor.post("name/", name="Bea")
    assert visitor.say(shown, verdict="approved").status_code == 200
    assert visitor.say(other, verdict="approved").status_code == 404
    assert [visitor.of(other, what).status_code for what in BYTES] == [404] * 3
    for path in (f"/photos/{shown.pk}/", f"/albums/{album.pk}/", f"/api/v1/photos/{shown.pk}/"):
        assert visitor.client.get(path).status_code in (302, 401)


def test_photos_come_and_go_with_the_album_and_the_trash(owner: User, album: Album) -> None:
    _, token = links.link_create(owner=owner, album=album)
    visitor, photo = Visitor(token), small_photo(owner, album, 1)
    visitor.post("name/", name="Bea")
    assert visitor.say(photo, comment="first").status_code == 200
    services.photo_trash(photo=photo)
    assert visitor.say(photo, comment="second").status_code == 404
    assert str(photo.pk) not in visitor.get().content.decode()
    services.photo_restore(photo=photo)
    assert visitor.say(photo, comment="third").status_code == 200
    photo.albums.remove(album)
    assert visitor.say(photo, comment="fourth").status_code == 404
    assert Feedback.objects.get().comment == "third"


def revoke(link: ShareLink) -> None:
    links.link_revoke(link=link)


def expire(link: ShareLink) -> None:
    ShareLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())


def close_the_account(link: ShareLink) -> None:
    User.objects.filter(pk=link.owner_id).update(is_active=False)


def renew(link: ShareLink) -> None:
    links.link_renew(link=link)


def delete_the_album(link: ShareLink) -> None:
    albums.album_delete(album=link.album)


@pytest.mark.parametrize(
    ("end", "code"),
    [(revoke, 410), (expire, 410), (close_the_account, 410), (renew, 404), (delete_the_album, 410)],
)
def test_a_link_that_ended_gives_nothing_more(
    owner: User, album: Album, photo: Photo, end: Callable[[ShareLink], None], code: int
) -> None:
    link, token = links.link_create(owner=owner, album=album, may_download=True)
    visitor = Visitor(token)
    visitor.post("name/", name="Bea")
    assert codes(visitor, photo) == [200, 200, 200]
    end(link)
    assert codes(visitor, photo) == [code] * 3
    page = visitor.get()
    assert (page.status_code, "This link has ended" in page.content.decode()) == (code, True)
    answer = visitor.say(photo, verdict="approved")
    assert (answer.status_code, answer.json()["code"]) == (code, "link_ended")
    assert not Feedback.objects.exists()


def test_another_password_ends_what_the_old_one_opened(
    owner: User, album: Album, photo: Photo
) -> None:
    link, token = links.link_create(owner=owner, album=album, password=PASSWORD, may_download=True)
    visitor = Visitor(token)
    page = visitor.get()
    assert "password" in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin"
    assert codes(visitor, photo) == [404] * 3
    assert visitor.post("name/", name="Bea").status_code == 404
    assert visitor.post("unlock/", password="wrong").status_code == 403
    assert codes(visitor, photo) == [404] * 3
    assert visitor.post("unlock/", password=PASSWORD).status_code == 302
    assert codes(visitor, photo) == [200] * 3
    links.link_change(link=link, password="another one")
    assert codes(visitor, photo) == [404] * 3
    assert visitor.post("unlock/", password=PASSWORD).status_code == 403
    links.link_change(link=link, password="")
    assert codes(visitor, photo) == [200] * 3


def test_one_links_cookie_opens_no_other(owner: User, album: Album, photo: Photo) -> None:
    first, token = links.link_create(owner=owner, album=album, password=PASSWORD)
    second, other = links.link_create(owner=owner, album=album, password="a different one")
    visitor, thief = Visitor(token), Visitor(other)
    visitor.post("unlock/", password=PASSWORD)
    names = [f"share-{link.pk.hex[:16]}" for link in (first, second)]
    thief.client.cookies[names[1]] = visitor.client.cookies[names[0]].value
    assert thief.of(photo, "after").status_code == 404
    thief.client.cookies[names[1]] = visitor.client.cookies[names[0]].value[:-1] + "x"
    assert thief.of(photo, "after").status_code == 404


def test_only_the_digests_of_token_and_password_are_stored(owner: User, album: Album) -> None:
    link, token = links.link_create(owner=owner, album=album, password=PASSWORD)
    row = str(ShareLink.objects.filter(pk=link.pk).values().get())
    assert token not in row
    assert PASSWORD not in row
    assert len(token) >= 43


def test_the_selectors_trust_no_guest_of_another_version(owner: User, album: Album) -> None:
    small_photo(owner, album, 1)
    link, _ = links.link_create(owner=owner, album=album)
    guest = Guest(link.pk, link.version)
    assert photos_allowed(guest, Action.VIEW).count() == 1
    assert albums_allowed(guest, Action.VIEW).get() == album
    for action in (Action.EDIT, Action.MANAGE):
        assert not photos_allowed(guest, action).exists()
        assert not groups_allowed(guest, action).exists()
    assert not photos_allowed(Guest(link.pk, link.version + 1), Action.VIEW).exists()
    links.link_revoke(link=link)
    assert not photos_allowed(guest, Action.VIEW).exists()


def test_a_guest_decides_and_changes_their_mind(owner: User, album: Album) -> None:
    photo = small_photo(owner, album, 1)
    _, token = links.link_create(owner=owner, album=album)
    visitor = Visitor(token)
    answer = visitor.say(photo, verdict="approved")
    assert (answer.status_code, answer.json()["code"]) == (409, "name_missing")
    assert visitor.post("name/", name="  ").json()["code"] == "name_missing"
    assert visitor.post("name/", name=" Bea   Muster ").json() == {"name": "Bea Muster"}
    for verdict in ("approved", "rejected", "rejected", "open"):
        answer = visitor.say(photo, verdict=verdict)
        assert answer.json()["verdict"] == verdict
    visitor.say(photo, comment="softer light")
    row = Feedback.objects.get()
    assert (row.verdict, row.comment, row.guest.name) == ("open", "softer light", "Bea Muster")
    assert visitor.say(photo, verdict="splendid").status_code == 400
    assert visitor.say(photo, comment="x" * 1001).status_code == 400
    assert visitor.say(photo, comment="").status_code == 200
    assert Feedback.objects.get().comment == ""


def test_comments_are_text_wherever_they_are_shown(owner: User, album: Album) -> None:
    photo = small_photo(owner, album, 1)
    _, token = links.link_create(owner=owner, album=album, title="<b>June</b>")
    visitor = Visitor(token)
    visitor.post("name/", name="<script>alert(1)</script>")
    visitor.say(photo, verdict="rejected", comment="<img src=x onerror=alert(1)>")
    pages = [visitor.get()]
    pages += [
        api(owner).get(path)
        for path in (
            f"/albums/{album.pk}/proofs/",
            f"/photos/{photo.pk}/",
            f"/photos/{photo.pk}/proofs/",
            f"/albums/{album.pk}/access/",
        )
    ]
    for page in pages:
        assert page.status_code == 200
        for raw in ("<script>alert", "<img src=x", "<b>June"):
            assert raw not in page.content.decode()


def test_who_says_too_much_at_once_has_to_wait(owner: User, album: Album, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"share_feedback": "3/m/key", "share_name": "2/m/ip"}
    photo = small_photo(owner, album, 1)
    _, token = links.link_create(owner=owner, album=album)
    visitor = Visitor(token)
    assert [visitor.post("name/", name="Bea").status_code for _ in range(3)] == [200, 200, 429]
    said = [visitor.say(photo, verdict="approved").status_code for _ in range(4)]
    assert said == [200, 200, 200, 429]


def test_verdicts_are_counted_and_one_rejection_outweighs(owner: User, album: Album) -> None:
    photos = [small_photo(owner, album, seed) for seed in (1, 2, 3)]
    _, token = links.link_create(owner=owner, album=album)
    first, second = Visitor(token), Visitor(token)
    for visitor, name in ((first, "Bea"), (second, "Cid")):
        visitor.post("name/", name=name)
    first.say(photos[0], verdict="approved")
    first.say(photos[1], verdict="approved")
    second.say(photos[1], verdict="rejected", comment="eyes closed")
    assert proofs.counts_of(owner, album) == {"open": 1, "approved": 1, "rejected": 1}
    page = api(owner).get(f"/albums/{album.pk}/proofs/?verdict=rejected").content.decode()
    assert "eyes closed" in page
    assert str(photos[1].pk) in page
    assert str(photos[0].pk) not in page
    assert "1 rejected" in api(owner).get(f"/albums/{album.pk}/").content.decode()
    assert "eyes closed" in api(owner).get(f"/photos/{photos[1].pk}/").content.decode()


def test_many_photos_come_page_by_page(owner: User, album: Album) -> None:
    for seed in range(26):
        small_photo(owner, album, seed)
    _, token = links.link_create(owner=owner, album=album)
    visitor = Visitor(token)
    assert visitor.get().content.decode().count('class="proof"') == 24
    last = visitor.get("?page=2").content.decode()
    assert last.count('class="proof"') == 2
    assert "Photo 26" in last


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "nothing_to_share"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expiry_in_past"),
        ({"password": "short"}, "weak_password"),
        ({"password": "x" * 129}, "weak_password"),
    ],
)
def test_a_bad_wish_makes_no_link(
    owner: User, album: Album, settings: dict[str, Any], code: str
) -> None:
    with pytest.raises(WishError) as refused:
        links.link_create(owner=owner, **({"album": album, **settings} if settings else {}))
    assert refused.value.code == code
    assert not ShareLink.objects.exists()


def test_the_page_shows_a_new_link_once(owner: User, album: Album) -> None:
    client = api(owner)
    fields = {"album": str(album.pk), "title": "For Anna", "shows_originals": "on"}
    answer = client.post("/shares/new/", fields, format="multipart", follow=True)
    page = answer.content.decode()
    address = page.split('readonly value="')[1].split('"')[0]
    assert APIClient().get(address.removeprefix("http://testserver")).status_code == 200
    again = client.get(answer.redirect_chain[-1][0]).content.decode()
    assert address not in again
    fields["expires_on"] = "2020-01-01"
    refused = client.post("/shares/new/", fields, format="multipart")
    assert "lies in the future" in refused.content.decode()
    assert ShareLink.objects.count() == 1


def test_the_last_day_counts_whole(owner: User, album: Album) -> None:
    day = timezone.localdate() + timedelta(days=3)
    fields = {"album": str(album.pk), "expires_on": day.isoformat()}
    api(owner).post("/shares/new/", fields, format="multipart")
    link = ShareLink.objects.get()
    assert timezone.localdate(link.expires_at - timedelta(seconds=1)) == day
    page = api(owner).get(f"/shares/{link.pk}/").content.decode()
    assert f'value="{day.isoformat()}"' in page


def test_visits_and_changes_are_written_down_without_addresses(owner: User, album: Album) -> None:
    link, token = links.link_create(owner=owner, album=album, title="For Anna")
    visitor = Visitor(token)
    for _ in range(3):
        visitor.get()
    visitor.post("name/", name="Bea")
    links.link_change(link=link, may_download=True)
    links.link_revoke(link=link)
    links.link_revoke(link=link)
    events = list(AccessRecord.objects.order_by("pk").values_list("event", "subject"))
    assert events == [
        ("link_created", "For Anna"),
        ("visit", "For Anna"),
        ("guest_named", "Bea"),
        ("link_changed", "For Anna"),
        ("link_revoked", "For Anna"),
    ]
    assert "127.0.0.1" not in str(list(AccessRecord.objects.values()))
    page = api(owner).get(f"/albums/{album.pk}/access/").content.decode()
    assert "A guest looked" in page
    with pytest.raises(WishError, match="revoked"):
        links.link_renew(link=link)


def test_programs_share_read_and_revoke(
    owner: User, stranger: User, staff: User, album: Album
) -> None:
    photo = small_photo(owner, album, 1)
    wish = {"photos": [str(photo.pk)], "password": PASSWORD, "title": "For Anna"}
    for other in (stranger, staff):
        assert api(other).post("/api/v1/shares/", wish).status_code == 404
    made = api(owner).post("/api/v1/shares/", wish)
    assert made.status_code == 201
    row = made.json()
    assert (row["has_password"], row["is_open"], row["photos"]) == (True, True, [str(photo.pk)])
    assert "password" not in row
    visitor = Visitor(row["url"].rstrip("/").rpartition("/")[2])
    visitor.post("unlock/", password=PASSWORD)
    visitor.post("name/", name="Bea")
    visitor.say(photo, verdict="approved", comment="yes")
    path = f"/api/v1/shares/{row['id']}/"
    said = api(owner).get(f"{path}feedback/").json()["results"]
    assert [(s["guest"], s["verdict"], s["comment"]) for s in said] == [("Bea", "approved", "yes")]
    for other in (stranger, staff):
        for call in (api(other).get, api(other).delete):
            assert call(path).status_code == 404
        assert api(other).get(f"{path}feedback/").status_code == 404
    assert "url" not in api(owner).get(path).json()
    assert api(owner).patch(path, {"password": "no"}).json()["code"] == "weak_password"
    assert api(owner).delete(path).status_code == 204
    assert api(owner).get(path).json()["is_open"] is False
    assert visitor.of(photo, "after").status_code == 410
    for bad in ({}, {"album": str(album.pk), "photos": []}):
        assert api(owner).post("/api/v1/shares/", bad).json()["code"] == "invalid"


def test_a_guest_who_signs_in_elsewhere_is_still_nobody_here(
    stranger: User, owner: User, album: Album
) -> None:
    photo = small_photo(owner, album, 1)
    _, token = links.link_create(owner=owner, album=album)
    visitor = Visitor(token)
    visitor.client.force_login(stranger)
    assert visitor.get().status_code == 200
    assert visitor.client.get(f"/photos/{photo.pk}/").status_code == 404


async def test_an_unknown_token_is_a_kind_page_too() -> None:
    answer = await AsyncClient().get("/s/nobody-knows/")
    assert answer.status_code == 404
    assert "Ask the person who sent it" in answer.content.decode()
    assert not await ShareGuest.objects.aexists()


def zip_of(answer: Any) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return archive


def test_a_guest_takes_all_results_or_the_approved_ones_without_anything_personal(
    owner: User, album: Album, photo: Photo
) -> None:
    second = retouched(owner, album, encoded(painted_astronaut()[0], quality=91), "IMG_2.jpg")
    small_photo(owner, album, 1)
    _, token = links.link_create(owner=owner, album=album, may_download=True)
    visitor = Visitor(token)
    answer = visitor.get("zip/")
    assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == (
        "private, no-store", "nosniff",
    )  # fmt: skip
    assert answer["X-Robots-Tag"].startswith("noindex")
    archive = zip_of(answer)
    assert archive.namelist() == ["portrait-001.jpg", "portrait-002.jpg", NOTE]
    assert "Photo 3" in archive.read(NOTE).decode()
    assert archive.read("portrait-001.jpg") == visitor.of(photo, "download").content
    for name in archive.namelist():
        data = archive.read(name)
        assert not [word for word in (b"ACME", b"Anna", b"IMG_") if word in data], name
    assert visitor.get("zip/?approved=1").status_code == 400
    visitor.post("name/", name="Bea")
    visitor.say(photo, verdict="rejected")
    assert visitor.say(second, verdict="approved").json()["approved"] == 1
    assert zip_of(visitor.get("zip/?approved=1")).namelist() == ["portrait-002.jpg"]
    other = Visitor(token)
    other.post("name/", name="Zoe")
    assert other.get("zip/?approved=1").status_code == 400


def test_without_downloads_there_is_no_zip(owner: User, album: Album, photo: Photo) -> None:
    _, token = links.link_create(owner=owner, album=album)
    assert Visitor(token).get("zip/").status_code == 403
    assert "/zip/" not in Visitor(token).get().content.decode()


def change_the_password(link: ShareLink) -> None:
    links.link_change(link=link, password="another one")


def switch_downloads_off(link: ShareLink) -> None:
    links.link_change(link=link, may_download=False)


def trash_the_photos(link: ShareLink) -> None:
    for photo in link.album.photos.all():
        services.photo_trash(photo=photo)


@pytest.mark.parametrize(
    "end",
    [
        revoke, expire, close_the_account, renew, delete_the_album, change_the_password,
        switch_downloads_off, trash_the_photos,
    ],
)  # fmt: skip
def test_a_zip_that_is_under_way_gets_nothing_more_when_the_link_ends(
    owner: User, album: Album, photo: Photo, end: Callable[[ShareLink], None]
) -> None:
    retouched(owner, album, encoded(painted_astronaut()[0], quality=91), "IMG_2.jpg")
    link, token = links.link_create(owner=owner, album=album, may_download=True)
    answer = Visitor(token).get("zip/")
    pieces = iter(answer.streaming_content)
    begun = next(pieces)
    end(link)
    archive = zipfile.ZipFile(io.BytesIO(begun + b"".join(pieces)))
    assert archive.namelist() == ["portrait-001.jpg", NOTE]
    assert "portrait-002.jpg: not shared any more" in archive.read(NOTE).decode()


@pytest.mark.django_db(transaction=True)
async def test_an_asgi_server_sends_the_zip_and_asks_for_every_file(
    owner: User, album: Album, photo: Photo
) -> None:
    _, token = await sync_to_async(links.link_create)(owner=owner, album=album, may_download=True)
    answer = await AsyncClient().get(f"/s/{token}/zip/")
    data = b"".join([piece async for piece in answer])
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == ["portrait-001.jpg"]


@pytest.mark.parametrize("path", ["/shares/new/", "/shares/{link}/"])
def test_a_last_day_that_no_calendar_goes_on_after_is_refused_in_the_form(
    owner: User, album: Album, path: str
) -> None:
    link, _ = links.link_create(owner=owner, album=album)
    wish = {"album": str(album.pk), "title": "Anna", "expires_on": "9999-12-31"}
    answer = api(owner).post(path.format(link=link.pk), wish, format="multipart")
    assert (answer.status_code, "8999" in answer.content.decode()) == (200, True)
    assert not ShareLink.objects.exclude(expires_at=None).exists()


def test_an_end_that_no_calendar_goes_on_after_is_refused(owner: User, album: Album) -> None:
    wish = {"album": str(album.pk), "expires_at": "9999-12-31T23:59:59Z"}
    answer = api(owner).post("/api/v1/shares/", wish)
    assert (answer.status_code, answer.json()["code"]) == (400, "expiry_too_late")
    assert not ShareLink.objects.exists()
