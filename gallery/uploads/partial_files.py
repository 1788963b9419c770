"""Partial files of uploads: below the data folder, so that the photos' storage may be anything."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from django.conf import settings

from gallery.errors import WishError
from gallery.uploads.protocol import CHECKSUM_MISMATCH, Checksum

READ_BYTES = 256 * 1024


class Body(Protocol):
    """What bytes come from: a request or a file."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


def folder() -> Path:
    """Return the folder of partial files, made where it is not there yet."""
    path = Path(settings.DATA_DIR) / "uploads"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def locked(upload_id: UUID) -> Iterator[BinaryIO]:
    """Hold an upload's partial file, opened for reading and writing; raises WishError `busy`.

    The kernel frees the lock of a killed process. A file that is removed meanwhile is another
    one's: whoever holds the lock reads the row again before writing.
    """
    descriptor = os.open(_path(upload_id), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            text = "Another piece of this upload is arriving: ask for the offset and go on."
            raise WishError("busy", text, 423) from error
        yield file


def append(
    file: BinaryIO, offset: int, body: Body, most: int, checksum: Checksum | None = None
) -> int:
    """Write a piece at `offset` and return its length; a piece that is refused leaves no byte.

    Bytes beyond `offset` are those of a process that was killed before it noted them. Raises
    WishError `gone` where bytes before it are lost, `too_large` beyond `most` bytes,
    `checksum_mismatch`.
    """
    if file.seek(0, os.SEEK_END) < offset:
        raise WishError("gone", "What was sent of this file is lost: send it again.", 410)
    file.truncate(offset)
    file.seek(offset)
    try:
        written = _copy(file, body, most, checksum)
    except BaseException:
        file.truncate(offset)
        raise
    file.flush()
    # The row says how far the file is, so the bytes have to be there first.
    os.fsync(file.fileno())
    return written


def _copy(file: BinaryIO, body: Body, most: int, checksum: Checksum | None) -> int:
    hasher, written = (checksum.hasher() if checksum else None), 0
    while data := body.read(READ_BYTES):
        written += len(data)
        if written > most:
            raise WishError("too_large", "These are more bytes than Upload-Length says.", 413)
        file.write(data)
        if hasher:
            hasher.update(data)
    if checksum and hasher and hasher.digest() != checksum.digest:
        text = "The piece arrived changed: send it again."
        raise WishError("checksum_mismatch", text, CHECKSUM_MISMATCH)
    return written


def remove(upload_id: UUID) -> None:
    """Remove an upload's partial file if it is there."""
    _path(upload_id).unlink(missing_ok=True)


def older_than(seconds: float) -> list[UUID]:
    """Return the uploads whose partial files nobody wrote to for so long."""
    before = time.time() - seconds
    found = []
    for path in folder().glob("*.part"):
        try:
            if path.stat().st_mtime < before:
                found.append(UUID(path.stem))
        except (FileNotFoundError, ValueError):
            continue
    return found


def _path(upload_id: UUID) -> Path:
    return folder() / f"{upload_id}.part"
