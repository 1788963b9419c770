"""Roles on albums: what viewers and editors may do, whose it is then, and that it ends at once."""

import io
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.services import api_key_create, user_create
from gallery import groups, services
from gallery.errors import WishError
from gallery.models import AccessRecord, Album, AlbumRole, Feedback, Group, Photo, Retouch
from gallery.permissions import Action, people_allowed
from gallery.selectors import photos_elsewhere
from gallery.sharing import links, proofs, roles
from portrait_platform import asgi
from tests.support.people import api
from tests.support.portraits import encoded
from tests.support.uploads import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


@pytest.fixture
def viewer(album: Album) -> User:
    return with_role(album, "viewer")


@pytest.fixture
def editor(album: Album) -> User:
    return with_role(album, "editor")


def with_role(album: Album, role: str) -> User:
    person = user_create(email=f"{role}@example.org")
    roles.role_give(album=album, email=person.email, role=role)
    return person


def small(seed: int = 1) -> bytes:
    return encoded(np.full((20, 20, 3), seed, np.uint8))


def photo_in(album: Album, seed: int = 1) -> Photo:
    file = io.BytesIO(small(seed))
    return services.photo_create(owner=album.owner, file=file, name="a.jpg", album=album)[0]


def test_what_an_editor_uploads_belongs_to_the_albums_owner(
    owner: User, editor: User, album: Album, settings: Any
) -> None:
    form = {"file": SimpleUploadedFile("a.jpg", small()), "album": str(album.pk)}
    answer = api(editor).post("/api/v1/photos/", form, format="multipart")
    assert answer.status_code == 201
    answer = send(api(editor), small(2), album=str(album.pk), retouch="start")
    assert answer.status_code == 200
    assert {photo.owner for photo in Photo.objects.all()} == {owner}
    retouch = Retouch.objects.get()
    assert (retouch.owner, retouch.requested_by) == (owner, editor)
    settings.QUOTA_PHOTOS = 2
    answer = send(api(editor), small(3), album=str(album.pk))
    assert answer.json()["code"] == "quota_exceeded"


def test_a_digest_alone_gives_an_editor_nothing_of_the_owners(
    owner: User, editor: User, album: Album
) -> None:
    private = photo_in(services.album_create(owner=owner, title="Private"))
    inside = photo_in(album, 2)
    wish = {"sha256": [private.sha256, inside.sha256], "album": str(album.pk), "retouch": "wait"}
    taken = api(editor).post("/api/v1/uploads/known/", wish).json()
    assert [row["photo"]["id"] for row in taken] == [str(inside.pk)]
    assert not album.photos.filter(pk=private.pk).exists()
    assert len(api(owner).post("/api/v1/uploads/known/", wish).json()) == 2


def test_an_editors_wish_belongs_to_the_photos_owner_and_their_key_to_them(
    owner: User, editor: User, album: Album
) -> None:
    photo = photo_in(album)
    wish = {"photo": str(photo.pk)}
    first = api(editor).post("/api/v1/retouches/", wish, headers={"Idempotency-Key": "1"})
    assert first.status_code == 202
    again = api(editor).post("/api/v1/retouches/", wish, headers={"Idempotency-Key": "1"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert api(owner).get(f"/api/v1/retouches/{first.json()['id']}/").status_code == 200
    assert Retouch.objects.get().owner == owner


def test_members_see_the_album_in_their_list_and_no_other(
    owner: User, viewer: User, stranger: User, album: Album
) -> None:
    private = services.album_create(owner=owner, title="Private")
    photo = photo_in(album)
    photo.albums.add(private)
    listed = api(viewer).get("/albums/").content.decode()
    assert "shared by owner@example.org" in listed
    assert "Private" not in listed
    assert "shared by" not in api(stranger).get("/albums/").content.decode()
    row = api(viewer).get(f"/api/v1/photos/{photo.pk}/").json()
    assert row["albums"] == [str(album.pk)]
    assert api(viewer).get("/api/v1/photos/").json()["results"] == []
    in_album = api(viewer).get(f"/api/v1/photos/?album={album.pk}").json()["results"]
    assert [r["id"] for r in in_album] == [str(photo.pk)]


def test_a_viewers_page_offers_nothing_that_is_refused(viewer: User, album: Album) -> None:
    photo = photo_in(album)
    page = api(viewer).get(f"/albums/{album.pk}/").content.decode()
    for offered in ("/rename/", "/delete/", "/access/", "/sitters/", 'id="usage"'):
        assert offered not in page
    assert "/leave/" in page
    assert f"{photo.pk}/trash/" not in api(viewer).get(f"/photos/{photo.pk}/").content.decode()


def test_a_photo_in_the_trash_is_its_owners_alone(
    owner: User, viewer: User, editor: User, album: Album
) -> None:
    photo = photo_in(album)
    services.photo_trash(photo=photo)
    for member in (viewer, editor):
        assert api(member).get(f"/photos/{photo.pk}/").status_code == 404
        assert str(photo.pk) not in api(member).get(f"/albums/{album.pk}/").content.decode()
        assert str(photo.pk) not in api(member).get("/trash/").content.decode()
        assert api(member).post(f"/photos/{photo.pk}/restore/").status_code == 404
        api(member).post("/trash/empty/")
    assert Photo.objects.filter(pk=photo.pk).exists()


def test_a_role_ends_with_the_next_request(viewer: User, album: Album) -> None:
    photo = photo_in(album)
    client = api(viewer)
    assert client.get(f"/photos/{photo.pk}/").status_code == 200
    roles.role_remove(role=album.roles.get())
    for path in (f"/photos/{photo.pk}/", f"/albums/{album.pk}/", f"/photos/{photo.pk}/original/"):
        assert client.get(path).status_code == 404


def test_a_member_leaves(owner: User, viewer: User, album: Album) -> None:
    assert (
        "You have left"
        in api(viewer).post(f"/albums/{album.pk}/leave/", follow=True).content.decode()
    )
    assert not album.roles.exists()
    assert api(owner).post(f"/albums/{album.pk}/leave/").status_code == 302
    assert Album.objects.filter(pk=album.pk).exists()
    events = list(AccessRecord.objects.order_by("pk").values_list("event", flat=True))
    assert events == ["role_given", "role_left"]


def test_invitations_tell_nobody_who_has_an_account(owner: User, album: Album) -> None:
    user_create(email="known@example.org")
    answers = [
        api(owner).post(f"/api/v1/albums/{album.pk}/roles/", {"email": email}).json()
        for email in ("known@example.org", "unknown@example.org")
    ]
    assert [set(row) for row in answers] == [set(answers[0])] * 2
    assert [row["role"] for row in answers] == ["viewer", "viewer"]
    page = api(owner).get(f"/albums/{album.pk}/access/").content.decode()
    known, unknown = (
        page.split(f'<span class="email">{name}@example.org')[1].split("</li>")[0]
        for name in ("known", "unknown")
    )
    ids = [row["id"] for row in answers]
    assert known.replace(ids[0], "X").count("X") == unknown.replace(ids[1], "X").count("X")
    assert len(known.replace("known@", "")) == len(unknown.replace("unknown@", ""))


def test_an_invitation_waits_for_the_sign_up(
    owner: User, album: Album, client: Any, settings: Any
) -> None:
    photo = photo_in(album)
    roles.role_give(album=album, email="New@Example.org", role="editor")
    assert people_allowed(photo.pk, Action.VIEW) == [owner.pk]
    form = {
        "email": "new@example.org",
        "password1": "a-long-pass-word",
        "password2": "a-long-pass-word",
    }
    assert client.post("/accounts/signup/", form).status_code == 302
    assert "June" in client.get("/albums/").content.decode()
    person = User.objects.get(email="new@example.org")
    assert people_allowed(photo.pk, Action.EDIT) == [owner.pk, person.pk]
    assert client.get(f"/photos/{photo.pk}/").status_code == 200


def test_an_invitation_that_missed_the_sign_up_holds_from_the_next_sign_in(
    album: Album, stranger: User
) -> None:
    AlbumRole.objects.create(album=album, email=stranger.email)
    assert api(stranger).get(f"/albums/{album.pk}/").status_code == 200


def test_nobody_is_nobody_whoever_is_invited(album: Album) -> None:
    photo = photo_in(album)
    roles.role_give(album=album, email="waiting@example.org", role="editor")
    assert api(None).get(f"/photos/{photo.pk}/").status_code == 302
    assert api(None).get(f"/api/v1/photos/{photo.pk}/").status_code == 401


@pytest.mark.parametrize(
    ("email", "code"),
    [("nobody", "invalid_email"), ("OWNER@example.org", "own_album"), ("", "invalid_email")],
)
def test_a_bad_address_gets_no_role(album: Album, email: str, code: str) -> None:
    with pytest.raises(WishError) as refused:
        roles.role_give(album=album, email=email)
    assert refused.value.code == code
    assert not AlbumRole.objects.exists()


def test_an_address_has_one_role(album: Album, viewer: User) -> None:
    role, created = roles.role_give(album=album, email="VIEWER@example.org", role="editor")
    assert (created, role.role, album.roles.count()) == (False, "editor", 1)


def test_the_access_page_gives_changes_and_removes(owner: User, album: Album) -> None:
    client, path = api(owner), f"/albums/{album.pk}"
    form = {"email": "a@example.org", "role": "viewer", "may_download": "on"}
    client.post(f"{path}/access/", form, format="multipart")
    role = album.roles.get()
    client.post(f"{path}/roles/{role.pk}/", {"role": "editor"}, format="multipart")
    role.refresh_from_db()
    assert (role.role, role.may_download) == ("editor", False)
    bad = client.post(f"{path}/access/", {"email": "x", "role": "viewer"}, format="multipart")
    assert "This is no e-mail address" in bad.content.decode()
    client.post(f"{path}/roles/{role.pk}/remove/")
    assert not album.roles.exists()
    page = client.get(f"{path}/access/").content.decode()
    assert "a@example.org: Editor, without downloads" in page


def test_one_albums_role_is_not_reached_through_another(owner: User, album: Album) -> None:
    other = services.album_create(owner=owner, title="Other")
    role, _ = roles.role_give(album=album, email="a@example.org")
    path = f"/api/v1/albums/{other.pk}/roles/{role.pk}/"
    assert api(owner).delete(path).status_code == 404


def test_groups_hold_the_photos_of_one_owner(
    owner: User, editor: User, album: Album, stranger: User
) -> None:
    first, second = photo_in(album, 1), photo_in(album, 2)
    mine = services.album_create(owner=editor, title="Mine")
    own = photo_in(mine, 3)
    mixed = api(editor).post("/api/v1/groups/", {"photos": [str(first.pk), str(own.pk)]})
    assert (mixed.status_code, mixed.json()["code"]) == (400, "several_owners")
    made = api(editor).post("/api/v1/groups/", {"album": str(album.pk)})
    assert made.status_code == 202
    group = Group.objects.get()
    assert group.owner == owner
    assert {retouch.owner for retouch in Retouch.objects.all()} == {owner}
    path = f"/api/v1/groups/{group.pk}/"
    assert api(editor).get(path).status_code == 200
    assert api(stranger).get(path).status_code == 404
    second.albums.remove(album)
    assert api(editor).get(path).status_code == 404
    assert photos_elsewhere(editor, album, 10) == []
    assert photos_elsewhere(owner, album, 10) == [second]
    with pytest.raises(WishError):
        groups.photos_owner([first, own])


def test_editors_read_what_guests_say_and_viewers_do_not(
    owner: User, viewer: User, editor: User, album: Album
) -> None:
    photo = photo_in(album)
    link, _ = links.link_create(owner=owner, album=album)
    guest = proofs.guest_create(link=link, name="Bea")
    proofs.feedback_give(guest=guest, photo=photo, verdict="rejected", comment="too dark")
    page = f"/photos/{photo.pk}/"
    assert "too dark" in api(editor).get(page).content.decode()
    assert "too dark" not in api(viewer).get(page).content.decode()
    assert api(viewer).get(f"/albums/{album.pk}/proofs/").status_code == 403


class Listener:
    """A socket of a person's program."""

    def __init__(self, person: User) -> None:
        self.person = person

    async def __aenter__(self) -> WebsocketCommunicator:
        _, key = await sync_to_async(api_key_create)(user=self.person)
        headers = [(b"origin", b"http://testserver"), (b"authorization", f"Bearer {key}".encode())]
        self.socket = WebsocketCommunicator(asgi.application, "/ws/retouches/", headers=headers)
        assert (await self.socket.connect())[0]
        self.snapshot = await self.socket.receive_json_from(timeout=5)
        return self.socket

    async def __aexit__(self, *error: object) -> None:
        await self.socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_people_with_a_role_hear_until_it_ends(
    redis_server: str, owner: User, viewer: User, stranger: User, album: Album
) -> None:
    photo = await sync_to_async(photo_in)(album)
    listeners = [Listener(person) for person in (owner, viewer, stranger)]
    async with listeners[0] as mine, listeners[1] as theirs, listeners[2] as nobodys:
        wish = sync_to_async(services.retouch_create)
        retouch, _ = await wish(owner=owner, photo=photo)
        for socket in (mine, theirs):
            message = await socket.receive_json_from(timeout=5)
            assert (message["type"], message["id"]) == ("retouch", str(retouch.pk))
        await sync_to_async(lambda: roles.role_remove(role=album.roles.get()))()
        await sync_to_async(services.retouch_cancel)(retouch=retouch)
        assert (await mine.receive_json_from(timeout=5))["status"] == "cancelled"
        assert await theirs.receive_nothing(timeout=1)
        assert await nobodys.receive_nothing(timeout=0.2)


@pytest.mark.django_db(transaction=True)
async def test_owner_and_editor_hear_what_a_guest_says_and_nobody_else(
    redis_server: str, owner: User, viewer: User, editor: User, stranger: User, album: Album
) -> None:
    def say(words: str) -> Feedback:
        guest = proofs.guest_create(link=link, name="Bea")
        return proofs.feedback_give(guest=guest, photo=photo, verdict="approved", comment=words)

    photo = await sync_to_async(photo_in)(album)
    link, _ = await sync_to_async(links.link_create)(owner=owner, album=album)
    people = [Listener(person) for person in (owner, editor, viewer, stranger)]
    async with people[0] as first, people[1] as second, people[2] as third, people[3] as fourth:
        said = await sync_to_async(say)("lovely")
        for socket in (first, second):
            message = await socket.receive_json_from(timeout=5)
            assert (message["type"], message["id"]) == ("feedback", str(said.pk))
            assert (message["guest"], message["comment"]) == ("Bea", "lovely")
        assert await third.receive_nothing(timeout=0.5)
        assert await fourth.receive_nothing(timeout=0.2)


def test_a_role_given_to_somebodys_new_address_changes_the_one_that_they_have(
    owner: User, viewer: User, album: Album
) -> None:
    viewer.email = "new@example.org"
    viewer.save(update_fields=["email"])
    wish = {"email": viewer.email, "role": "editor"}
    answer = api(owner).post(f"/api/v1/albums/{album.pk}/roles/", wish)
    assert answer.status_code == 200
    (role,) = album.roles.all()
    assert (role.email, role.role, role.person) == (viewer.email, "editor", viewer)
