"""The progress socket: the retouches that a person may see, and what guests say of photos.

Each row is read again from the database at each hint.
"""

import asyncio
from contextlib import AbstractContextManager, suppress
from types import SimpleNamespace
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import translation

from accounts.channels import is_still_allowed
from gallery.api.rows import feedback_row, retouch_row, retouch_rows
from gallery.events import person_group
from gallery.models import Retouch
from gallery.selectors import feedback_for, retouches_for, retouches_to_show, retouches_waiting

UNAUTHENTICATED = 4401
RECHECK_SECONDS = 30.0
SNAPSHOT_SIZE = 200
# Of a long queue the next ones are told their places; pages read the others now and then.
TOLD_PLACES = 20
# However much happens at once, places are read this seldom.
PLACES_SECONDS = 0.5


class RetouchConsumer(AsyncJsonWebsocketConsumer):
    """First a snapshot, then one message for each change, and for each new place in the queue."""

    group: str | None = None
    tasks: tuple[asyncio.Task[None], ...] = ()

    async def connect(self) -> None:
        """Subscribe before the snapshot is read, so that no change falls between."""
        user = self.scope.get("user")
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(code=UNAUTHENTICATED)
            return
        self.group = person_group(user.pk)
        self.moved = asyncio.Event()
        self.places: dict[str, int | None] = {}
        await self.channel_layer.group_add(self.group, self.channel_name)
        rows = await self._snapshot()
        for row in rows:
            self._note_place(row)
        await self.send_json({"type": "snapshot", "retouches": rows})
        self.tasks = tuple(map(asyncio.create_task, (self._recheck(), self._tell_places())))

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        for task in self.tasks:
            task.cancel()
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Ignore what clients say: the socket only tells."""

    async def retouch_changed(self, event: dict[str, Any]) -> None:
        """Send the row that a hint names, if it is this person's."""
        row = await self._row(event["id"])
        if row is not None:
            await self._send_row(row)
        if row is None or _may_have_moved_the_queue(row):
            self.moved.set()

    async def feedback_changed(self, event: dict[str, Any]) -> None:
        """Send what a guest says of a photo, if this person may read it."""
        row = await self._feedback(event["id"])
        if row is not None:
            await self.send_json({"type": "feedback", **row})

    async def _send_row(self, row: dict[str, Any]) -> None:
        self._note_place(row)
        await self.send_json({"type": "retouch", **row})

    def _note_place(self, row: dict[str, Any]) -> None:
        if row["status"] == Retouch.Status.QUEUED:
            self.places[row["id"]] = row["queue_position"]
        else:
            self.places.pop(row["id"], None)

    async def _tell_places(self) -> None:
        """Send the waiting rows whose places are others than this socket was told."""
        while await self.moved.wait():
            await asyncio.sleep(PLACES_SECONDS)
            self.moved.clear()
            with suppress(DatabaseError):
                for row in await self._waiting():
                    if self.places.get(row["id"]) != row["queue_position"]:
                        await self._send_row(row)

    async def _recheck(self) -> None:
        """Close the socket soon after a sign-out or a withdrawn key."""
        allowed = True
        while allowed:
            await asyncio.sleep(RECHECK_SECONDS)
            with suppress(DatabaseError):
                allowed = await is_still_allowed(self.scope)
        await self.close(code=UNAUTHENTICATED)

    @database_sync_to_async
    def _snapshot(self) -> list[dict[str, Any]]:
        with _language(self.scope):
            return retouch_rows(retouches_to_show(self.scope["user"], SNAPSHOT_SIZE))

    @database_sync_to_async
    def _waiting(self) -> list[dict[str, Any]]:
        return retouch_rows(retouches_waiting(self.scope["user"], TOLD_PLACES))

    @database_sync_to_async
    def _row(self, identifier: str) -> dict[str, Any] | None:
        retouch = retouches_for(self.scope["user"]).filter(pk=identifier).first()
        with _language(self.scope):
            return retouch_row(retouch) if retouch else None

    @database_sync_to_async
    def _feedback(self, identifier: str) -> dict[str, Any] | None:
        rows = feedback_for(self.scope["user"]).select_related("guest")
        feedback = rows.filter(pk=identifier).first()
        return feedback_row(feedback) if feedback else None


def _language(scope: Any) -> AbstractContextManager[None]:
    """Speak as pages do to whoever opened the socket, whom no middleware asked."""
    accepted = dict(scope.get("headers", [])).get(b"accept-language", b"").decode("latin-1")
    handshake = SimpleNamespace(
        COOKIES=scope.get("cookies", {}), META={"HTTP_ACCEPT_LANGUAGE": accepted}
    )
    return translation.override(
        translation.get_language_from_request(cast("HttpRequest", handshake))
    )


def _may_have_moved_the_queue(row: dict[str, Any]) -> bool:
    """Return whether those that wait may have new places: not when a row only makes progress."""
    return row["status"] != Retouch.Status.RUNNING or row["progress"] == 0.0
