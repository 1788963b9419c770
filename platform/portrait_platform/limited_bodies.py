"""Bodies that are too large are refused before they are written to disk."""

import io
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.utils import translation

from portrait_platform.error_pages import too_large

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
            await _refuse(scope, send, limit)
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


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    headers = dict(scope.get("headers", []))
    if b"text/html" in headers.get(b"accept", b""):
        page = await sync_to_async(_page)(dict(scope), limit)
        await _answer(send, b"text/html; charset=utf-8", page)
        return
    problem = {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "detail": f"The request is larger than {limit // 2**20} MB.",
        "code": "too_large",
    }
    await _answer(send, b"application/problem+json", json.dumps(problem).encode())


async def _answer(send: Send, kind: bytes, body: bytes) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-security-policy", b"default-src 'self'"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _page(scope: dict[str, Any], limit: int) -> bytes:
    """Return the page for people, in the language that their browser asks for."""
    request = ASGIRequest(scope, io.BytesIO())
    with translation.override(translation.get_language_from_request(request)):
        return too_large(request, limit).content
