"""Bodies beyond every upload's limit are refused before they reach Django."""

import json
from typing import Any

import pytest

from portrait_platform.limited_bodies import FORM_BYTES, LimitedBodies


async def serve(messages: list[dict[str, Any]], headers: list[tuple[bytes, bytes]]) -> Any:
    """Return what the application saw and what the client got."""
    seen, sent = [], []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            seen.append(message)
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await LimitedBodies(application)({"type": "http", "headers": headers}, receive, send)
    return seen, sent


async def test_a_declared_length_beyond_the_limit_is_answered_at_once(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    length = str(FORM_BYTES + 1001).encode()
    seen, sent = await serve([], [(b"content-length", length)])
    assert seen == []
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["code"] == "too_large"


async def test_a_body_that_grows_beyond_the_limit_ends_the_request(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    piece = {"type": "http.request", "body": b"x" * FORM_BYTES, "more_body": True}
    seen, _ = await serve([dict(piece) for _ in range(5)], [])
    assert [message["type"] for message in seen] == ["http.request", "http.disconnect"]


@pytest.mark.parametrize("length", [b"10", b"nonsense", b""])
async def test_other_bodies_pass(settings: Any, length: bytes) -> None:
    message = {"type": "http.request", "body": b"x" * 10}
    seen, sent = await serve([dict(message)], [(b"content-length", length)])
    assert (seen, sent) == ([message], [])
