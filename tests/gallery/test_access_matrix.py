"""Every address of the site, and what each kind of person gets there.

An address without a line here fails: whoever adds one says who may use it.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import user_create
from gallery import albums, exports, jobs, presets, runs, services, tiles
from gallery.models import Photo, Upload, Webhook
from gallery.sharing import links, proofs, roles, sitters
from job_queue.queue import job_id
from tests.support.people import api

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "guest", "stranger", "viewer", "editor", "owner", "staff")
SIGN_IN, UNAUTHENTICATED, FORBIDDEN, MISSING = 302, 401, 403, 404
# From which role on an action is allowed.
VIEW, EDIT, MANAGE, OWN, GUEST = "view", "edit", "manage", "own", "guest"
ALLOWED = {
    VIEW: ("viewer", "editor", "owner"),
    EDIT: ("editor", "owner"),
    MANAGE: ("owner",),
    OWN: ("stranger", "viewer", "editor", "owner", "staff"),
}
# Who may see a thing without being allowed this is refused; nobody else learns that it exists.
SEES = ("viewer", "editor", "owner")
# Addresses that hold nothing of anybody: signing in, staff's pages, health.
OTHERS = (
    "accounts/", "admin/", "health/", "metrics", "api/v1/schema/", "static/", "offline/",
    "manifest.webmanifest", "sw.js", "jsi18n/",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What an address needs, how it is called, and what it answers to those who may."""

    needs: str
    method: str = "get"
    code: int = 200
    body: Any = None
    # What somebody who sees the thing but may not do this gets; things that only their owner sees
    # are not found by anybody else.
    refused: int = FORBIDDEN
    unseen: int = MISSING
    kwargs: dict[str, str] = field(default_factory=dict)


def form(needs: str, code: int = 302, body: Any = None, **kwargs: Any) -> Line:
    return Line(needs, "post", code, body or {}, **kwargs)


LINES = {
    "gallery:album_list": Line(OWN),
    "gallery:album_detail": Line(VIEW),
    "gallery:album_rename": form(EDIT, body={"title": "new"}),
    "gallery:album_delete": form(MANAGE),
    "gallery:album_cover": form(EDIT),
    "gallery:album_erase": form(MANAGE, kwargs={"album_id": "gone"}, refused=MISSING),
    "gallery:album_move": form(MANAGE, body={"to": "up"}, refused=MISSING),
    "gallery:album_recipe": form(EDIT, body={"blemishes": 50}),
    "gallery:album_restore": form(MANAGE, kwargs={"album_id": "gone"}, refused=MISSING),
    "gallery:card_list": Line(OWN),
    "gallery:photo_picture": Line(VIEW, kwargs={"source": "original", "name": "256.avif"}),
    "gallery:photos_zip": form(VIEW, 200, {"album": "ALBUM"}),
    "gallery:trash_restore": form(OWN),
    "gallery:upload_signed_in": Line(OWN),
    "gallery:webhooks": Line(OWN),
    # What is not there is deleted already: a second click is harmless.
    "gallery:webhook_delete": form(
        MANAGE, kwargs={"webhook_id": "webhook"}, refused=302, unseen=302
    ),
    "gallery:webhook_enable": form(MANAGE, kwargs={"webhook_id": "webhook"}, refused=MISSING),
    "gallery:webhook_test": form(MANAGE, kwargs={"webhook_id": "webhook"}, refused=MISSING),
    "gallery:photo_list": Line(OWN),
    "gallery:trash": Line(OWN),
    "gallery:photo_detail": Line(VIEW),
    "gallery:photo_original": Line(VIEW),
    "gallery:photo_preview": Line(VIEW),
    "gallery:photo_thumbnail": Line(VIEW),
    "gallery:photo_retouch": form(EDIT),
    "gallery:photo_trash": form(MANAGE),
    "gallery:photo_erase": form(MANAGE, kwargs={"photo_id": "trashed"}, refused=MISSING),
    "gallery:photo_restore": form(MANAGE, kwargs={"photo_id": "trashed"}, refused=MISSING),
    "gallery:trash_empty": form(OWN),
    "gallery:retouch_result": Line(VIEW),
    "gallery:retouch_preview": Line(VIEW),
    "gallery:share": Line(GUEST),
    "gallery:share_unlock": form(GUEST, body={"password": "open sesame"}),
    "gallery:share_name": form(GUEST, 200, {"name": "Anna"}),
    "gallery:share_feedback": form(GUEST, 200, {"verdict": "approved"}),
    "gallery:share_before": Line(GUEST),
    "gallery:share_after": Line(GUEST),
    "gallery:share_download": Line(GUEST),
    "gallery:share_zip": Line(GUEST),
    "gallery:album_access": Line(MANAGE),
    "gallery:role_change": form(MANAGE, body={"role": "viewer"}),
    "gallery:role_remove": form(MANAGE),
    "gallery:album_leave": form(VIEW),
    "gallery:link_list": Line(OWN),
    "gallery:link_new": Line(OWN),
    "gallery:link_detail": Line(MANAGE, refused=MISSING),
    "gallery:link_password": form(MANAGE, refused=MISSING),
    "gallery:link_renew": form(MANAGE, refused=MISSING),
    "gallery:link_revoke": form(MANAGE, refused=MISSING),
    "gallery:album_sharing": Line(VIEW),
    "gallery:album_proofs": Line(EDIT),
    "gallery:photo_proofs": Line(EDIT),
    "gallery:sitter_list": Line(MANAGE),
    "gallery:sitter_change": form(MANAGE, body={"album": "ALBUM", "sitter_name": "Bea"}),
    "gallery:sitter_erase": form(MANAGE),
    "api:album-list": Line(OWN),
    "api:album-detail": Line(VIEW, kwargs={"pk": "album"}),
    "api:album-cover": form(EDIT, 200, {"photo": "PHOTO"}, kwargs={"pk": "album"}),
    "api:album-order": form(MANAGE, 204, {"albums": ["ALBUM"]}, refused=MISSING),
    "api:album-restore": form(MANAGE, 200, kwargs={"pk": "gone"}, refused=MISSING),
    "api:photo-batch": form(VIEW, 200, {"action": "retouch", "album": "ALBUM"}),
    "api:upload-list": Line(OWN),
    "api:upload-detail": Line(MANAGE, kwargs={"pk": "upload"}, refused=MISSING),
    "api:upload-known": form(
        EDIT, 200, {"sha256": ["0" * 64], "album": "ALBUM", "retouch": "start"}
    ),
    "api:upload-start": form(EDIT, 202, {"album": "ALBUM"}),
    "api:webhook-list": Line(OWN),
    "api:webhook-detail": Line(MANAGE, kwargs={"pk": "webhook"}, refused=MISSING),
    "api:webhook-deliveries": Line(MANAGE, kwargs={"pk": "webhook"}, refused=MISSING),
    "api:webhook-test": form(MANAGE, 202, kwargs={"pk": "webhook"}, refused=MISSING),
    "api:photo-list": Line(OWN),
    "api:photo-detail": Line(VIEW, kwargs={"pk": "photo"}),
    "api:retouch-list": Line(OWN),
    "api:retouch-detail": Line(VIEW, kwargs={"pk": "retouch"}),
    "api:retouch-cancel": form(EDIT, 200, kwargs={"pk": "retouch"}),
    "api:retouch-retry": form(EDIT, 202, kwargs={"pk": "cancelled"}),
    "api:retouch-again": form(EDIT, 202, kwargs={"pk": "retouch"}),
    "api:retouch-result": Line(VIEW, kwargs={"pk": "retouch"}),
    "api:retouch-tone": Line(VIEW, code=204, kwargs={"pk": "retouch"}),
    "api:retouch-layers": Line(VIEW, kwargs={"pk": "retouch"}),
    "api:retouch-marks": Line(VIEW, kwargs={"pk": "retouch"}),
    "api:photo-tiles": form(VIEW, 202, kwargs={"pk": "photo"}),
    "api:retouch-tiles": form(VIEW, 202, kwargs={"pk": "retouch"}),
    "api:tiles-detail": Line(VIEW, kwargs={"pk": "tiles"}),
    "api:tiles-tile": Line(VIEW, kwargs={"pk": "tiles", "level": "0", "column": "0", "row": "0"}),
    "api:retouch-exports": form(VIEW, 202, kwargs={"pk": "retouch"}),
    "api:export-detail": Line(MANAGE, kwargs={"pk": "export"}, refused=MISSING),
    "api:export-file": Line(MANAGE, kwargs={"pk": "export"}, refused=MISSING),
    "api:retouch-versions": Line(VIEW, kwargs={"pk": "retouch"}),
    "api:retouch-restore": form(EDIT, 202, {"version": 1}, kwargs={"pk": "retouch"}),
    "api:retouch-copy": form(EDIT, 202, {"photos": ["PHOTO"]}, kwargs={"pk": "retouch"}),
    "api:preset-list": Line(OWN),
    "api:preset-built-in": Line(OWN),
    "api:preset-detail": Line(MANAGE, kwargs={"pk": "preset"}, refused=MISSING),
    "api:group-list": Line(OWN),
    "api:group-detail": Line(VIEW, kwargs={"pk": "group"}),
    "api:group-sitter": form(MANAGE, 201, {"album": "ALBUM", "sitter_name": "Bea"}),
    "api:group-erase": form(MANAGE, 204, kwargs={"pk": "group"}),
    "api:share-list": Line(OWN),
    "api:share-detail": Line(MANAGE, kwargs={"pk": "link"}, refused=MISSING),
    "api:share-renew": form(MANAGE, 200, kwargs={"pk": "link"}, refused=MISSING),
    "api:share-feedback": Line(MANAGE, kwargs={"pk": "link"}, refused=MISSING),
    "api:roles": Line(MANAGE),
    "api:role": Line(MANAGE, "delete", 204, kwargs={"pk": "role"}),
    "api:leave": form(VIEW, 204),
}
# Of one address, the other methods.
MORE = [
    ("api:album-detail", Line(EDIT, "patch", 200, {"title": "new"}, kwargs={"pk": "album"})),
    ("api:album-detail", Line(MANAGE, "delete", 204, kwargs={"pk": "album"})),
    ("api:photo-detail", Line(MANAGE, "delete", 204, kwargs={"pk": "photo"})),
    ("api:photo-list", form(EDIT, 200, {"file": "FILE", "album": "ALBUM"})),
    ("api:retouch-list", form(EDIT, 202, {"photo": "PHOTO", "recipe": {"blemishes": 0.1}})),
    (
        "api:retouch-detail",
        Line(EDIT, "patch", 202, {"recipe": {"blemishes": 0.2}}, kwargs={"pk": "retouch"}),
    ),
    (
        "api:retouch-marks",
        Line(EDIT, "patch", 202, [{"id": 1, "decision": "keep"}], kwargs={"pk": "retouch"}),
    ),
    ("api:preset-list", form(OWN, 201, {"name": "Mine", "recipe": {}})),
    (
        "api:preset-detail",
        Line(MANAGE, "patch", 200, {"name": "x"}, kwargs={"pk": "preset"}, refused=MISSING),
    ),
    ("api:preset-detail", Line(MANAGE, "delete", 204, kwargs={"pk": "preset"}, refused=MISSING)),
    ("api:group-list", form(EDIT, 400, {"photos": ["PHOTO"]})),
    ("api:group-detail", Line(MANAGE, "patch", 200, {"sitter_name": "B"}, kwargs={"pk": "group"})),
    ("api:share-list", form(MANAGE, 201, {"album": "ALBUM"})),
    (
        "api:share-detail",
        Line(MANAGE, "patch", 200, {"title": "x"}, kwargs={"pk": "link"}, refused=MISSING),
    ),
    ("api:share-detail", Line(MANAGE, "delete", 204, kwargs={"pk": "link"}, refused=MISSING)),
    ("api:roles", form(MANAGE, 201, {"email": "new@example.org"})),
    ("api:role", Line(MANAGE, "patch", 200, {"role": "editor"}, kwargs={"pk": "role"})),
    ("gallery:album_list", form(OWN, body={"title": "mine too"})),
    ("gallery:album_access", form(MANAGE, body={"email": "new@example.org", "role": "viewer"})),
    ("gallery:link_new", form(MANAGE, body={"album": "ALBUM", "title": "x"})),
    ("gallery:link_detail", form(MANAGE, body={"title": "x"}, refused=MISSING)),
    ("gallery:sitter_list", form(MANAGE, body={"sitter_name": "Bea"})),
]
# Photos named in a body are not there for who may not do this with them.
NAMED_IN_BODY = {("api:group-list", "post")}


def addresses(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", route, pattern


def named() -> dict[str, Any]:
    found = {}
    for name, route, pattern in addresses(get_resolver().url_patterns):
        if not any(route.startswith(start) for start in OTHERS) and route:
            found[name] = pattern
    return found


def test_every_address_has_a_line() -> None:
    assert set(named()) == set(LINES)


@pytest.fixture
def world(owner: User, photo: Photo) -> dict[str, Any]:
    """Return an album with a finished photo, its people, a link with a password, a sitter."""
    album = services.album_create(owner=owner, title="June")
    photo.albums.add(album)
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    cancelled, _ = services.retouch_create(owner=owner, photo=photo, recipe={"blemishes": 0.6})
    services.retouch_cancel(retouch=cancelled)
    trashed = Photo.objects.create(owner=owner, sha256="0" * 64, width=1, height=1, bytes=1)
    trashed.albums.add(album)
    services.photo_trash(photo=trashed)
    people = {name: user_create(email=f"{name}@example.org") for name in ("viewer", "editor")}
    given = [roles.role_give(album=album, email=p.email, role=n)[0] for n, p in people.items()]
    link, token = links.link_create(
        owner=owner, album=album, password="open sesame", may_download=True
    )
    group = sitters.sitter_create(photos=[photo], sitter_name="Anna")
    gone = services.album_create(owner=owner, title="Gone")
    albums.album_delete(album=gone)
    upload = Upload.objects.create(
        owner=owner, name="a.jpg", length=9, expires_at=timezone.now() + timedelta(hours=1)
    )
    hook = Webhook.objects.create(owner=owner, url="https://example.org/", events=[])
    version = retouch.versions.get()
    export, _ = exports.export_create(owner=owner, version=version, options={"format": "png"})
    jobs.export_run(job_id(str(export.pk), export.enqueue_number))
    cut = tiles.tiles_request(photo=photo)
    jobs.tiles_run(job_id(str(cut.pk), cut.enqueue_number))
    preset = presets.preset_create(owner=owner, name="Wedding", recipe={})
    things = {
        "export": export, "tiles": cut, "preset": preset, "gone": gone,
        "upload": upload, "webhook": hook,
        "album": album, "photo": photo, "retouch": retouch, "cancelled": cancelled,
        "trashed": trashed, "role": given[0], "link": link, "group": group,
    }  # fmt: skip
    ids = {name: str(thing.pk) for name, thing in things.items()}
    return {"ids": {**ids, "token": token}, "people": people, "link": link}


def guest_of(world: dict[str, Any]) -> APIClient:
    """Return a guest who gave the password and a name."""
    client = APIClient()
    at = f"/s/{world['ids']['token']}"
    assert client.post(f"{at}/unlock/", {"password": "open sesame"}, format="multipart").status_code
    assert client.post(f"{at}/name/", {"name": "Anna"}, format="multipart").status_code == 200
    return client


def ask(client: APIClient, name: str, line: Line, ids: dict[str, str], file: bytes) -> int:
    """Return the answer's code; what it changed is taken back, cookies included."""
    pattern = named()[name]
    wanted = list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
    named_by = {key: line.kwargs.get(key, key.removesuffix("_id")) for key in wanted}
    values = {key: ids.get(thing, thing) for key, thing in named_by.items()}
    body = filled(line.body, ids, file)
    is_form = isinstance(body, dict) and (name.startswith("gallery:") or "file" in body)
    shape = "multipart" if is_form else "json"
    kept = copy.copy(client.cookies)
    with transaction.atomic():
        code = getattr(client, line.method)(reverse(name, kwargs=values), body, format=shape)
        transaction.set_rollback(True)
    client.cookies = kept
    return int(code.status_code)


def filled(body: Any, ids: dict[str, str], file: bytes) -> Any:
    if isinstance(body, dict):
        return {key: filled(value, ids, file) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, ids, file) for value in body]
    if body == "FILE":
        return SimpleUploadedFile("a.jpg", file)
    return ids.get(str(body).lower(), body) if str(body).isupper() else body


def expected(who: str, name: str, line: Line) -> int:
    if line.needs == GUEST:
        # Without the password there is its page, and what it opens; nothing else.
        opens = name in ("gallery:share", "gallery:share_unlock")
        return line.code if who == "guest" or opens else MISSING
    if who in ("anonymous", "guest"):
        is_api = name.startswith("api:")
        return UNAUTHENTICATED if is_api else SIGN_IN
    if who in ALLOWED[line.needs]:
        return line.code
    if (name, line.method) in NAMED_IN_BODY:
        return MISSING
    return line.refused if who in SEES else line.unseen


def test_everybody_gets_what_is_theirs_and_nothing_else(
    world: dict[str, Any], owner: User, stranger: User, staff: User, portrait_jpeg: bytes
) -> None:
    clients = {
        "anonymous": api(None),
        "guest": guest_of(world),
        **{name: api(person) for name, person in world["people"].items()},
        "stranger": api(stranger), "owner": api(owner), "staff": api(staff),
    }  # fmt: skip
    wrong = []
    for who in PEOPLE:
        for name, line in [*LINES.items(), *MORE]:
            code = ask(clients[who], name, line, world["ids"], portrait_jpeg)
            if code != expected(who, name, line):
                wrong.append((who, name, line.method, code, expected(who, name, line)))
    assert not wrong, "\n".join(map(str, wrong))


def test_a_viewer_without_downloads_looks_and_takes_nothing(world: dict[str, Any]) -> None:
    client, ids = api(world["people"]["viewer"]), world["ids"]
    role = world["link"].album.roles.get(person=world["people"]["viewer"])
    roles.role_change(role=role, may_download=False)
    for path, code in (
        (f"/photos/{ids['photo']}/", 200),
        (f"/photos/{ids['photo']}/preview/", 200),
        (f"/retouches/{ids['retouch']}/preview/", 200),
        (f"/photos/{ids['photo']}/original/", 403),
        (f"/retouches/{ids['retouch']}/result/", 403),
        (f"/api/v1/retouches/{ids['retouch']}/result/", 403),
    ):
        assert client.get(path).status_code == code, path
    page = client.get(f"/photos/{ids['photo']}/").content.decode()
    assert "/original/" not in page
    assert "/result/" not in page


def test_guesses_are_not_free(world: dict[str, Any]) -> None:
    at, client = f"/s/{world['ids']['token']}/unlock/", APIClient()
    codes = [client.post(at, {"password": "guess"}).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]
    assert client.post(at, {"password": "open sesame"}).status_code == 429


def test_what_guests_said_before_stays_theirs(world: dict[str, Any]) -> None:
    client, ids = guest_of(world), world["ids"]
    path = f"/s/{ids['token']}/photos/{ids['photo']}/feedback/"
    assert client.post(path, {"verdict": "approved"}, format="multipart").status_code == 200
    page = client.get(f"/s/{ids['token']}/").content.decode()
    assert 'data-verdict="approved"' in page
    other = guest_of(world).get(f"/s/{ids['token']}/").content.decode()
    assert 'data-verdict="open"' in other
    assert proofs.counts_of(world["link"].owner, world["link"].album)["approved"] == 1
