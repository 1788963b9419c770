"""What a client of tus 1.0 says in its headers, checked; https://tus.io/protocols/resumable-upload."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gallery.errors import WishError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
CHECKSUMS = ("sha256", "sha1")
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
SHA256 = re.compile("[0-9a-f]{64}")
LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Metadata:
    """What is to become of the file."""

    name: str
    album: UUID | None
    sha256: str
    starts_retouch: bool
    person: str = ""


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header's whole number; raises WishError `invalid_header`."""
    text = headers.get(name, "")
    # Python refuses to read thousands of digits.
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_NUMBER))
    if not is_number or int(text) > LARGEST_NUMBER:
        raise WishError("invalid_header", f"{name} must be a whole number of bytes.", 400)
    return int(text)


def metadata(header: str) -> Metadata:
    """Return what Upload-Metadata says; raises WishError `invalid_metadata`.

    filename, album (a UUID), sha256 (in hex), retouch (`start` or `wait`) and person (the id of
    who is thought to be signed in), each optional; other keys are left alone.
    """
    values = _pairs(header)
    album, sha256 = values.get("album", ""), values.get("sha256", "").lower()
    retouch = values.get("retouch", "wait")
    if sha256 and not SHA256.fullmatch(sha256):
        raise WishError("invalid_metadata", "sha256 must be 64 hexadecimal digits.", 400)
    if retouch not in ("start", "wait"):
        raise WishError("invalid_metadata", "retouch must be start or wait.", 400)
    try:
        album_id = UUID(album) if album else None
    except ValueError as error:
        raise WishError("invalid_metadata", "album must be an album's id.", 400) from error
    name = values.get("filename") or values.get("name") or "photo"
    return Metadata(name, album_id, sha256, retouch == "start", values.get("person", ""))


def _pairs(header: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, encoded = pair.partition(" ")
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            reason = f"Upload-Metadata: the value of {key[:50]!r} is not Base64 of UTF-8."
            raise WishError("invalid_metadata", reason, 400) from error
        if "\0" in text:
            raise WishError("invalid_metadata", "Upload-Metadata: no NUL, please.", 400)
        values[key] = text
    return values


@dataclass(frozen=True)
class Checksum:
    """The digest that a piece must have."""

    algorithm: str
    digest: bytes

    def hasher(self) -> Any:
        """Return a fresh hash object."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def checksum(header: str | None) -> Checksum | None:
    """Return what Upload-Checksum says, None without one; raises WishError `invalid_checksum`."""
    if not header:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in CHECKSUMS:
        known = ", ".join(CHECKSUMS)
        raise WishError("invalid_checksum", f"Upload-Checksum: use one of {known}.", 400)
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise WishError("invalid_checksum", "Upload-Checksum: no Base64.", 400) from error
