"""The progress socket: a person's own retouches, read again from the database at each hint."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts.services import api_key_verify
from gallery.api.rows import retouch_row, retouch_rows
from gallery.events import person_group
from gallery.models import Retouch
from gallery.selectors import retouches_for, retouches_to_show, retouches_waiting

UNAUTHENTICATED = 4401
RECHECK_SECONDS = 30.0
SNAPSHOT_SIZE = 200
# Of a long queue the next ones are told their places; pages read the others now and then.
TOLD_PLACES = 20


class RetouchConsumer(AsyncJsonWebsocketConsumer):
    """First a snapshot, then one message for each change."""

    group: str | None = None
    recheck: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Subscribe before the snapshot is read, so that no change falls between."""
        user = self.scope.get("user")
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(code=UNAUTHENTICATED)
            return
        self.group = person_group(user.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send_json({"type": "snapshot", "retouches": await self._snapshot()})
        self.recheck = asyncio.create_task(self._recheck())

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.recheck is not None:
            self.recheck.cancel()
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Ignore what clients say: the socket only tells."""

    async def retouch_changed(self, event: dict[str, Any]) -> None:
        """Send the row that a hint names, if it is this person's."""
        row = await self._row(event["id"])
        if row is None:
            return
        await self.send_json({"type": "retouch", **row})
        if _moved_the_queue(row):
            for waiting in await self._waiting():
                await self.send_json({"type": "retouch", **waiting})

    async def _recheck(self) -> None:
        """Close the socket soon after a sign-out or a withdrawn key."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            if not await self._is_still_allowed():
                await self.close(code=UNAUTHENTICATED)
                return

    @database_sync_to_async
    def _is_still_allowed(self) -> bool:
        key = self.scope.get("bearer_key")
        if key is not None:
            return api_key_verify(key=key) is not None
        session = self.scope.get("session")
        return session is not None and session.exists(session.session_key)

    @database_sync_to_async
    def _snapshot(self) -> list[dict[str, Any]]:
        return retouch_rows(retouches_to_show(self.scope["user"], SNAPSHOT_SIZE))

    @database_sync_to_async
    def _waiting(self) -> list[dict[str, Any]]:
        return retouch_rows(retouches_waiting(self.scope["user"], TOLD_PLACES))

    @database_sync_to_async
    def _row(self, identifier: str) -> dict[str, Any] | None:
        retouch = retouches_for(self.scope["user"]).filter(pk=identifier).first()
        return retouch_row(retouch) if retouch else None


def _moved_the_queue(row: dict[str, Any]) -> bool:
    """Return whether a row has just left the queue: those behind it have new places."""
    if row["status"] == Retouch.Status.QUEUED:
        return False
    return row["status"] != Retouch.Status.RUNNING or row["progress"] == 0.0
