"""Private files: only names below the media root, never a public URL."""

from pathlib import Path, PurePosixPath
from typing import BinaryIO
from uuid import uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage


def store(name: str, content: bytes | BinaryIO) -> str:
    """Write a file under a fresh name; returns the name that was taken."""
    file = ContentFile(content) if isinstance(content, bytes) else File(content)
    return default_storage.save(name, file)


def replace(name: str, content: bytes) -> None:
    """Write a file under exactly this name: who reads meanwhile sees the old or the new one, whole.

    On other storages than folders the name is free for a moment, and of two that write at once the
    first wins.
    """
    if not isinstance(default_storage, FileSystemStorage):
        default_storage.delete(name)
        taken = default_storage.save(name, ContentFile(content))
        if taken != name:
            default_storage.delete(taken)
        return
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid4().hex}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(name: str) -> bytes:
    """Return a file's bytes; raises OSError where it is gone."""
    with default_storage.open(name) as file:
        return bytes(file.read())


def exists(name: str) -> bool:
    """Return whether the file is there."""
    return default_storage.exists(name)


def remove(name: str) -> None:
    """Remove a file if it is there."""
    default_storage.delete(name)


def remove_folder(folder: str, names: list[str]) -> None:
    """Remove the named files of a folder, those that are there."""
    for name in names:
        remove(f"{folder}/{name}")


def file_name(path: str) -> str:
    """Return the last part of a stored name."""
    return PurePosixPath(path).name


def open_file(name: str) -> File:
    """Open a stored file for reading; raises OSError where it is gone."""
    return default_storage.open(name)


def suffix(path: str) -> str:
    """Return a stored name's extension with its dot."""
    return PurePosixPath(path).suffix
