"""The socket tells a person about their own retouches alone."""

import asyncio
import importlib

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services import api_key_create
from gallery import services
from gallery.models import Photo, Retouch
from portrait_platform import asgi

pytestmark = pytest.mark.django_db(transaction=True)


def socket(
    key: str | None = None, *, cookie: str = "", origin: str = "http://testserver"
) -> WebsocketCommunicator:
    headers = [(b"origin", origin.encode())]
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


@pytest.mark.parametrize("key", [None, "pp_wrong_key"])
async def test_nobody_unknown_is_let_in(redis_server: str, key: str | None) -> None:
    communicator = socket(key)
    await communicator.connect()
    assert await closed_with(communicator) == 4401


async def test_a_key_that_may_not_read_is_not_let_in(redis_server: str, owner: User) -> None:
    _, plain = await sync_to_async(api_key_create)(user=owner, scopes=["write"])
    communicator = socket(plain)
    await communicator.connect()
    assert await closed_with(communicator) == 4401


@pytest.mark.parametrize("reason", ["sign-out", "withdrawn key"])
async def test_a_socket_closes_soon_after(
    redis_server: str, owner: User, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr("gallery.consumers.RECHECK_SECONDS", 0.2)
    key, cookie = None, ""
    if reason == "sign-out":
        cookie = await sync_to_async(signed_in)(owner)
    else:
        key = await key_of(owner)
    communicator = socket(key, cookie=cookie)
    assert (await communicator.connect())[0]
    assert (await communicator.receive_json_from(timeout=5))["type"] == "snapshot"
    assert await communicator.receive_nothing(timeout=0.5)
    if reason == "sign-out":
        await Session.objects.filter(session_key=cookie).adelete()
    else:
        await ApiKey.objects.aupdate(enabled=False)
    assert await closed_with(communicator) == 4401


async def test_another_sites_page_cannot_use_the_cookie(
    redis_server: str, owner: User, settings: object
) -> None:
    cookie = await sync_to_async(signed_in)(owner)
    settings.ALLOWED_HOSTS = ["testserver"]
    importlib.reload(asgi)
    foreign = socket(cookie=cookie, origin="https://evil.example")
    assert not (await foreign.connect())[0]
    own = socket(cookie=cookie)
    assert (await own.connect())[0]
    assert (await own.receive_json_from(timeout=5))["type"] == "snapshot"
    await own.disconnect()
    settings.ALLOWED_HOSTS = ["*"]
    importlib.reload(asgi)


async def test_those_who_wait_are_told_when_the_queue_moves(
    redis_server: str, owner: User, photo: Photo
) -> None:
    def wish(strength: float) -> str:
        recipe = {"blemishes": strength}
        return str(services.retouch_create(owner=owner, photo=photo, recipe=recipe)[0].pk)

    first, second = [await sync_to_async(wish)(strength) for strength in (0.4, 0.6)]
    communicator = socket(cookie=await sync_to_async(signed_in)(owner))
    await communicator.connect()
    snapshot = (await communicator.receive_json_from(timeout=5))["retouches"]
    assert {row["id"]: row["queue_position"] for row in snapshot} == {first: 1, second: 2}
    retouch = await Retouch.objects.aget(pk=first)
    await sync_to_async(services.retouch_cancel)(retouch=retouch)
    messages = [await communicator.receive_json_from(timeout=5) for _ in range(2)]
    assert [(m["id"], m["status"], m["queue_position"]) for m in messages] == [
        (first, "cancelled", None),
        (second, "queued", 1),
    ]
    await communicator.disconnect()
