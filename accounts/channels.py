"""Who is on the other end of a socket: a bearer key or the session."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings

from accounts.services import api_key_verify

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class BearerKeyMiddleware:
    """Sends handshakes with `Authorization: Bearer` one way, all others through the session."""

    def __init__(self, *, with_key: Application, without_key: Application) -> None:
        self.with_key = with_key
        self.without_key = without_key

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Authenticate and pass on; a bad key leaves the socket without a user."""
        headers = dict(scope.get("headers", []))
        kind, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            await self.without_key(scope, receive, send)
            return
        found = await database_sync_to_async(api_key_verify)(key=key.strip())
        user = found.user if found and "read" in found.scopes else None
        await self.with_key({**scope, "user": user, "bearer_key": key.strip()}, receive, send)


async def is_still_allowed(scope: dict[str, Any]) -> bool:
    """Return whether the key or the session that opened a socket would open it again now.

    The session is read afresh: it ends by signing out, by its age, by another password and with
    the account.
    """
    key = scope.get("bearer_key")
    if key is not None:
        return await database_sync_to_async(api_key_verify)(key=key) is not None
    sessions = import_module(settings.SESSION_ENGINE)
    session = sessions.SessionStore(scope["session"].session_key)
    return bool((await get_user({**scope, "session": session})).is_authenticated)
