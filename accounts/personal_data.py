"""What an installation holds of a person: export and erasure, each app's part by its handlers.

Accounts knows no other app, so apps register here when they are ready.
"""

import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile, ZipInfo

from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import User

# A file's name in the archive, and its bytes piece by piece.
Entry = tuple[str, Iterable[bytes]]


@dataclass(frozen=True)
class Handler:
    """An app's part: `export` lists files (rows are read at once, bytes when they are sent);
    `erase` takes away a share of what there is and returns whether all is gone."""

    export: Callable[[User], list[Entry]]
    erase: Callable[[User], bool]


_handlers: list[Handler] = []


def register(handler: Handler) -> None:
    """Add an app's part; called once, when the app is ready."""
    _handlers.append(handler)


def entries_of(user: User) -> list[Entry]:
    """Return every file of a person's export."""
    account = {
        "email": user.email,
        "joined": user.date_joined,
        "last_login": user.last_login,
        "language": user.language,
        "theme": user.theme,
        "api_keys": list(
            user.api_keys.values("name", "prefix", "scopes", "enabled", "created_at", "expires_at")
        ),
    }
    entries = [json_entry("account.json", account)]
    for handler in _handlers:
        entries += handler.export(user)
    return entries


def json_entry(name: str, content: Any) -> Entry:
    """Return an entry that holds `content` as readable JSON."""
    return name, [json.dumps(content, indent=2, default=str, ensure_ascii=False).encode()]


def data_erase(user: User) -> bool:
    """Let every app erase a share; returns whether all is gone."""
    done = [handler.erase(user) for handler in _handlers]
    return all(done)


class _Sink(io.RawIOBase):
    """Where the archive is written to until it is sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zip_pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield an archive of the entries without ever holding one whole; nothing is compressed."""
    sink = _Sink()
    now = timezone.now().timetuple()[:6]
    with ZipFile(sink, "w") as archive:
        for name, pieces in entries:
            with archive.open(ZipInfo(name, now), "w", force_zip64=True) as member:
                for piece in pieces:
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


async def sent_from_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, each made in a thread: an ASGI server sends them as they come."""
    end = object()
    make = sync_to_async(lambda: next(pieces, end), thread_sensitive=False)
    while (piece := await make()) is not end:
        yield piece  # type: ignore[misc]
