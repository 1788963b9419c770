"""A small client of tus 1.0 for tests, over whatever client they have."""

import base64
from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

PATH = "/api/v1/uploads/"
PIECE = "application/offset+octet-stream"


def metadata(**values: str) -> str:
    """Return an Upload-Metadata header."""
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def begin(client: APIClient, length: object, headers: dict[str, str] | None = None, **values: str):
    """Create an upload; returns the answer."""
    wanted = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length), **(headers or {})}
    if values:
        wanted["Upload-Metadata"] = metadata(**values)
    return client.post(PATH, headers=wanted)


def piece(
    client: APIClient,
    where: str,
    data: bytes,
    offset: object,
    headers: dict[str, str] | None = None,
) -> Any:
    """Send a piece; returns the answer."""
    wanted = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **(headers or {})}
    return client.generic("PATCH", where, data, wanted.pop("Content-Type", PIECE), headers=wanted)


def send(client: APIClient, data: bytes, **values: str) -> HttpResponse:
    """Send a file in two pieces; returns the answer that refused it, or its finished row."""
    answer = begin(client, len(data), **values)
    if answer.status_code != 201:
        return answer
    where, half = answer["Location"], len(data) // 2
    for part, offset in ((data[:half], 0), (data[half:], half)):
        answer = piece(client, where, part, offset)
        if answer.status_code != 204:
            return answer
    return client.get(where)
