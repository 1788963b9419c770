"""Bodies that are too large are refused before they are written to disk."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# What a form adds to the file in it.
FORM_BYTES = 1024 * 1024


class LimitedBodies:
    """ASGI middleware: 413 by the declared length, and the connection's end by the counted one."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless its body is larger than any upload may be."""
        limit = settings.UPLOAD_MAX_BYTES + FORM_BYTES
        if _declared(scope) > limit:
            await _refuse(send, limit)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            # To Django a client that has gone: it drops what it has of the body.
            return {"type": "http.disconnect"} if read > limit else message

        await self.application(scope, counted, send)


def _declared(scope: Scope) -> int:
    for name, value in scope.get("headers", []):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


async def _refuse(send: Send, limit: int) -> None:
    problem = {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": f"The request is larger than {limit // 2**20} MB.",
        "code": "too_large",
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
