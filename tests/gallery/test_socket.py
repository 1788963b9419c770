"""The socket tells a person about their own retouches alone."""

import asyncio
import importlib
import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, User
from accounts.services import api_key_create
from gallery import runs, services
from gallery.api.rows import retouch_rows
from gallery.models import Photo, Retouch
from gallery.selectors import retouches_waiting
from job_queue.queue import job_id, queue
from portrait_platform import asgi
from tests.support.portraits import encoded

pytestmark = pytest.mark.django_db(transaction=True)


def socket(
    key: str | None = None,
    *,
    cookie: str = "",
    origin: str = "http://testserver",
    language: str = "en",
) -> WebsocketCommunicator:
    headers = [(b"origin", origin.encode()), (b"accept-language", language.encode())]
    if key:
        headers.append((b"authorization", f"Bearer {key}".encode()))
    if cookie:
        headers.append((b"cookie", f"sessionid={cookie}".encode()))
    return WebsocketCommunicator(asgi.application, "/ws/retouches/", headers=headers)


def signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


async def closed_with(communicator: WebsocketCommunicator) -> int:
    while True:
        message = await asyncio.wait_for(communicator.receive_output(), 5)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def key_of(user: User) -> str:
    return (await sync_to_async(api_key_create)(user=user))[1]


async def test_the_owner_hears_of_a_change_and_the_stranger_does_not(
    redis_server: str, owner: User, stranger: User, photo: Photo
) -> None:
    mine, theirs = socket(await key_of(owner)), socket(await key_of(stranger))
    for communicator in (mine, theirs):
        assert (await communicator.connect())[0]
        snapshot = await communicator.receive_json_from(timeout=5)
        assert snapshot == {"type": "snapshot", "retouches": []}
    retouch, _ = await sync_to_async(services.retouch_create)(owner=owner, photo=photo)
    message = await mine.receive_json_from(timeout=5)
    assert message["type"] == "retouch"
    assert (message["id"], message["status"]) == (str(retouch.pk), "queued")
    assert await theirs.receive_nothing(timeout=0.5)
    again = socket(await key_of(owner))
    await again.connect()
    snapshot = await again.receive_json_from(timeout=5)
    assert [row["id"] for row in snapshot["retouches"]] == [str(retouch.pk)]
    for communicator in (mine, theirs, again):
        await communicator.disconnect()


async def test_the_snapshot_holds_ones_own_retouches_alone(
    redis_server: str, owner: User, stranger: User, staff: User, portrait_jpeg: bytes
) -> None:
    def wish_of(person: User) -> str:
        file = io.BytesIO(portrait_jpeg)
        return wish(services.photo_create(owner=person, file=file, name="portrait.jpg")[0], 1)

    wished = {person: await sync_to_async(wish_of)(person) for person in (owner, stranger)}
    for person, expected in ((owner, [wished[owner]]), (stranger, [wished[stranger]]), (staff, [])):
        for door in (
            socket(await key_of(person)),
            socket(cookie=await sync_to_async(signed_in)(person)),
        ):
            assert (await door.connect())[0]
            snapshot = await door.receive_json_from(timeout=5)
            assert [row["id"] for row in snapshot["retouches"]] == expected
            await door.disconnect()


async def test_reasons_are_told_in_the_language_of_who_listens(
    redis_server: str, owner: User, photo: Photo
) -> None:
    wish = sync_to_async(services.retouch_create)
    retouch, _ = await wish(owner=owner, photo=photo)
    reason = "A stored file is gone: retouch this photo again."
    failed = Retouch.objects.filter(pk=retouch.pk)
    await sync_to_async(failed.update)(status="failed", error_detail=reason)
    told = []
    for language in ("en", "de"):
        communicator = socket(await key_of(owner), language=language)
        assert (await communicator.connect())[0]
        snapshot = await communicator.receive_json_from(timeout=5)
        told.append(snapshot["retouches"][0]["error"]["detail"])
        await communicator.disconnect()
    assert told[0] == reason
    assert "gespeicherte" in told[1]


def key_that_is(owner: User, state: str) -> str:
    scopes = ["write"] if state == "without read scope" else None
    row, plain = api_key_create(user=owner, scopes=scopes)
    if state == "withdrawn":
        ApiKey.objects.filter(pk=row.pk).update(enabled=False)
    if state == "expired":
        ApiKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    if state == "of a closed account":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    return "pp_wrong_key" if state == "unknown" else plain


@pytest.mark.parametrize(
    "state", ["unknown", "withdrawn", "expired", "without read scope", "of a closed account"]
)
async def test_a_bad_key_opens_no_socket(redis_server: str, owner: User, state: str) -> None:
    communicator = socket(await sync_to_async(key_that_is)(owner, state))
    await communicator.connect()
    assert await closed_with(communicator) == 4401


async def test_nobody_unknown_is_let_in(redis_server: str) -> None:
    communicator = socket()
    await communicator.connect()
    assert await closed_with(communicator) == 4401


def sign_out(owner: User, cookie: str) -> None:
    client = Client()
    client.cookies["sessionid"] = cookie
    assert client.post("/accounts/logout/").status_code == 302


def outlive_the_session(owner: User, cookie: str) -> None:
    assert Session.objects.filter(session_key=cookie).update(expire_date=timezone.now()) == 1


def change_the_password(owner: User, cookie: str) -> None:
    owner.set_password("another-long-password")
    owner.save()


def close_the_account(owner: User, cookie: str) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)


def withdraw_the_key(owner: User, cookie: str) -> None:
    assert ApiKey.objects.filter(user=owner).update(enabled=False) == 1


@pytest.mark.parametrize(
    "reason",
    [sign_out, outlive_the_session, change_the_password, close_the_account, withdraw_the_key],
)
async def test_a_socket_closes_soon_after(
    redis_server: str,
    owner: User,
    monkeypatch: pytest.MonkeyPatch,
    reason: Callable[[User, str], None],
) -> None:
    monkeypatch.setattr("gallery.consumers.RECHECK_SECONDS", 0.1)
    cookie = "" if reason is withdraw_the_key else await sync_to_async(signed_in)(owner)
    communicator = socket(None if cookie else await key_of(owner), cookie=cookie)
    assert (await communicator.connect())[0]
    assert (await communicator.receive_json_from(timeout=5))["type"] == "snapshot"
    assert await communicator.receive_nothing(timeout=0.5)
    await sync_to_async(reason)(owner, cookie)
    assert await closed_with(communicator) == 4401


async def test_a_database_that_fails_for_a_moment_keeps_the_socket_and_its_check(
    redis_server: str, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [DatabaseError("database is locked"), True, False]

    async def allowed(scope: object) -> bool:
        answer = answers.pop(0)
        if isinstance(answer, DatabaseError):
            raise answer
        return answer

    monkeypatch.setattr("gallery.consumers.RECHECK_SECONDS", 0.05)
    monkeypatch.setattr("gallery.consumers.is_still_allowed", allowed)
    communicator = socket(await key_of(owner))
    await communicator.connect()
    assert await closed_with(communicator) == 4401
    assert answers == []


@pytest.fixture
def strict_hosts(settings: object) -> Iterator[None]:
    # The validator reads the allowed hosts when the application is put together.
    before = settings.ALLOWED_HOSTS
    settings.ALLOWED_HOSTS = ["testserver"]
    importlib.reload(asgi)
    yield
    settings.ALLOWED_HOSTS = before
    importlib.reload(asgi)


async def test_another_sites_page_cannot_use_the_cookie(
    redis_server: str, strict_hosts: None, owner: User
) -> None:
    cookie = await sync_to_async(signed_in)(owner)
    assert not (await socket(cookie=cookie, origin="https://evil.example").connect())[0]
    own_page = socket(cookie=cookie)
    program = socket(await key_of(owner), origin="https://evil.example")
    for door in (own_page, program):
        assert (await door.connect())[0]
        assert (await door.receive_json_from(timeout=5))["type"] == "snapshot"
        await door.disconnect()


def wish(photo: Photo, number: int) -> str:
    recipe = {"blemishes": number / 100}
    return str(services.retouch_create(owner=photo.owner, photo=photo, recipe=recipe)[0].pk)


def cancel(identifiers: list[str]) -> None:
    for identifier in identifiers:
        services.retouch_cancel(retouch=Retouch.objects.get(pk=identifier))


def run(identifiers: list[str]) -> None:
    for identifier in identifiers:
        assert queue().pop_job_id() == job_id(identifier, 1)
        runs.retouch_run(job_id(identifier, 1))


def change(identifiers: list[str]) -> None:
    for identifier in identifiers:
        retouch = Retouch.objects.get(pk=identifier)
        services.retouch_change(retouch=retouch, recipe={"blemishes": 0.99})


def put_into_the_trash(identifiers: list[str]) -> None:
    services.photo_trash(photo=Retouch.objects.get(pk=identifiers[0]).photo)


@pytest.mark.parametrize("move", [cancel, run, change, put_into_the_trash])
async def test_those_who_wait_are_told_their_new_places(
    redis_server: str,
    owner: User,
    photo: Photo,
    move: Callable[[list[str]], None],
) -> None:
    def other_photo() -> Photo:
        file = io.BytesIO(encoded(np.zeros((20, 20, 3), np.uint8)))
        return services.photo_create(owner=owner, file=file, name="other.jpg")[0]

    first = await sync_to_async(wish)(photo, 1)
    other = await sync_to_async(other_photo)()
    waiting = [await sync_to_async(wish)(other, number) for number in (2, 3)]
    communicator = socket(cookie=await sync_to_async(signed_in)(owner))
    await communicator.connect()
    snapshot = (await communicator.receive_json_from(timeout=5))["retouches"]
    assert {row["id"]: row["queue_position"] for row in snapshot} == {
        first: 1, waiting[0]: 2, waiting[1]: 3,
    }  # fmt: skip
    await sync_to_async(move)([first])
    places: dict[str, int | None] = {}
    while set(places) & set(waiting) != set(waiting):
        message = await communicator.receive_json_from(timeout=2)
        places[message["id"]] = message["queue_position"]
    assert [places[identifier] for identifier in waiting] == [1, 2]
    await communicator.disconnect()


async def test_many_changes_at_once_tell_each_place_once(
    redis_server: str, photo: Photo, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.consumers.PLACES_SECONDS", 1.0)
    rows = [await sync_to_async(wish)(photo, number) for number in range(1, 9)]
    communicator = socket(cookie=await sync_to_async(signed_in)(owner))
    await communicator.connect()
    await communicator.receive_json_from(timeout=5)
    await sync_to_async(cancel)(rows[:5])
    messages = [await communicator.receive_json_from(timeout=5) for _ in range(8)]
    assert [(m["id"], m["queue_position"]) for m in messages] == [
        *((identifier, None) for identifier in rows[:5]),
        *zip(rows[5:], (1, 2, 3), strict=True),
    ]
    assert await communicator.receive_nothing(timeout=1.5)
    await communicator.disconnect()


@pytest.mark.parametrize("count", [1, 5])
def test_places_cost_two_queries_however_many_wait(
    redis_server: str,
    photo: Photo,
    owner: User,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        wish(photo, number)
    with django_assert_num_queries(2):
        rows = retouch_rows(retouches_waiting(owner, 20))
    assert [row["queue_position"] for row in rows] == list(range(1, count + 1))
