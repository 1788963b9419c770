"""The socket tells a person about their own retouches alone."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts.models import User
from accounts.services import api_key_create
from gallery import services
from gallery.models import Photo
from portrait_platform.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)


def socket(key: str | None) -> WebsocketCommunicator:
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    headers.append((b"origin", b"http://testserver"))
    return WebsocketCommunicator(application, "/ws/retouches/", headers=headers)


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
    closed = await asyncio.wait_for(communicator.receive_output(), 5)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
