"""A zip of many photos, written while it is sent: memory holds one piece of one file."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO, TYPE_CHECKING
from uuid import UUID

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import storage
from gallery.models import Photo, Rendition

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

PIECE = 256 * 1024
LONGEST_STEM, LONGEST_ENDING = 120, 5
NOTE = "NOT INCLUDED.txt"
# zip counts years from here.
EARLIEST = (1980, 1, 1, 0, 0, 0)
RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}
EXTENSIONS = {"jpeg": ".jpg"}


class Content(StrEnum):
    """Which files of a photo go in."""

    RESULTS = "results"
    ORIGINALS = "originals"
    BOTH = "both"


@dataclass(frozen=True)
class Entry:
    """A file to send: its name in the zip, where it is stored, how long and how old it is."""

    name: str
    stored: str
    bytes: int
    modified: datetime


Opener = Callable[[Entry], "File[bytes] | IO[bytes]"]


def entries_of(
    photos: Sequence[Photo], results: dict[UUID, Rendition], content: Content
) -> tuple[list[Entry], list[str]]:
    """Return the files of photos, and a note for each photo of which there is no result yet.

    `results` holds the newest finished rendition by photo id.
    """
    entries, notes, taken = [], [], {NOTE.casefold()}
    for photo in photos:
        rendition = results.get(photo.pk)
        if content != Content.RESULTS:
            name = _unique(*_parts(photo, "", _extension(photo)), taken)
            entries.append(Entry(name, photo.file, photo.bytes, _taken(photo)))
        if content != Content.ORIGINALS and rendition is not None:
            name = _unique(*_parts(photo, "-retouched", rendition.extension), taken)
            entries.append(Entry(name, rendition.file, rendition.bytes, rendition.created_at))
        elif content != Content.ORIGINALS:
            notes.append(_("%(name)s: not retouched yet") % {"name": photo.name})
    return entries, notes


def _taken(photo: Photo) -> datetime:
    """Return what the camera's clock showed, in the time zone of here; else the upload's time."""
    if photo.taken_at is None:
        return photo.created_at
    return timezone.make_aware(photo.taken_at.astimezone(UTC).replace(tzinfo=None))


def _extension(photo: Photo) -> str:
    return EXTENSIONS.get(photo.format, f".{photo.format}")


def _parts(photo: Photo, suffix: str, extension: str) -> tuple[str, str]:
    stem, _dot, ending = photo.name.rpartition(".")
    # The name's own ending says what the original is, unless it is far too long for one.
    if stem and len(ending) <= LONGEST_ENDING and not suffix:
        extension = f".{safe_name(ending)}"
    return safe_name(stem or ending) + suffix, extension


def safe_name(text: str) -> str:
    """Return a name that every system can write: no folders, no control characters, not too long.

    Letters of any language stay.
    """
    plain = unicodedata.normalize("NFC", text)
    plain = re.sub(r'[\\/:*?"<>|]', "_", plain)
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    bare = plain[:LONGEST_STEM].strip(". ")
    if not bare or bare.casefold() in RESERVED:
        return f"_{bare}"
    return bare


def _unique(stem: str, extension: str, taken: set[str]) -> str:
    """Return a name that no other file has, on systems too that do not tell cases apart."""
    name, number = f"{stem}{extension}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){extension}"
    taken.add(name.casefold())
    return name


def stored_file(entry: Entry) -> "File[bytes]":
    """Open an entry's file as it is stored; raises OSError where it is gone."""
    return storage.open_file(entry.stored)


def zip_pieces(
    entries: Iterable[Entry], notes: Sequence[str], open_entry: Opener = stored_file
) -> Iterator[bytes]:
    """Return a zip of the entries piece by piece; what is gone by then is named in a note.

    Photos are compressed already, so they are stored as they are. `open_entry` is asked when a
    file's turn has come; it raises PermissionError for what may not be given any more.
    """
    # Pieces are made in threads that know no reader's language.
    reasons = {
        PermissionError: _("%(name)s: not shared any more"),
        OSError: _("%(name)s: the file is gone"),
    }
    return _pieces(entries, list(notes), open_entry, reasons)


def _pieces(
    entries: Iterable[Entry],
    missing: list[str],
    open_entry: Opener,
    reasons: Mapping[type[OSError], str],
) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for entry in entries:
            try:
                source = open_entry(entry)
            except OSError as error:
                reason = PermissionError if isinstance(error, PermissionError) else OSError
                missing.append(reasons[reason] % {"name": entry.name})
                continue
            with source, archive.open(_info(entry), "w") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield from sink.taken()
            yield from sink.taken()
        if missing:
            archive.writestr(NOTE, "\n".join(missing) + "\n")
    yield from sink.taken()


def _info(entry: Entry) -> zipfile.ZipInfo:
    local = timezone.localtime(entry.modified).timetuple()[:6]
    info = zipfile.ZipInfo(entry.name, max(local, EARLIEST))
    info.external_attr = 0o644 << 16
    # Beyond 2 GB the entry's own sizes must be wide from the start.
    info.file_size = entry.bytes
    return info


class _Sink(io.RawIOBase):
    """What `zipfile` writes into: a stream that cannot go back, emptied after every piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer") -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return [b"".join(pieces)] if pieces else []
