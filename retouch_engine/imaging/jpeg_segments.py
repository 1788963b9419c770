"""Another EXIF block in a JPEG whose coded data stays byte for byte."""

import re

START_OF_SCAN, END_OF_IMAGE, APP0, APP1, APP2 = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2
# Inside coded data 0xFF is followed by zero or by a restart marker.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
EXIF_HEADER = b"Exif\0\0"
# JFIF, the colour profile and Adobe's transform flag decide how the coded data is read. All other
# application segments and comments are metadata: XMP, IPTC, maker's previews.
KEPT_SEGMENTS = {APP0: b"JFIF\0", APP2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
LARGEST_SEGMENT = 65_533
ICC_HEADER = b"ICC_PROFILE\0"
# Beside the header, a profile's part holds its number and how many there are.
ICC_PART = LARGEST_SEGMENT - len(ICC_HEADER) - 2


def with_exif(data: bytes, exif: bytes | None) -> bytes | None:
    """Return a JPEG with `exif` ("Exif" header and TIFF block, or None) as its only metadata.

    Returns None for a file whose segments cannot be followed, or an EXIF block that is too large.
    Marker syntax: ITU-T T.81, annex B.1.
    """
    if data[:2] != b"\xff\xd8" or (exif and len(exif) > LARGEST_SEGMENT):
        return None
    kept: list[bytes] = []
    position = 2
    while position + 4 <= len(data):
        marker = data[position + 1]
        if data[position] != 0xFF or marker == 0xFF:
            return None
        if marker == START_OF_SCAN:
            scans = data[position : _end_of_image(data, position)]
            return b"".join([data[:2], _exif_segment(exif), *kept, scans])
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if _decides_on_pixels(marker, data[position + 4 : end]):
            kept.append(data[position:end])
        position = end
    return None


def with_profile(data: bytes, icc_profile: bytes | None) -> bytes:
    """Return a JPEG that had no colour profile with one: ICC.1, annex B.4, in parts."""
    if not icc_profile:
        return data
    parts = [icc_profile[at : at + ICC_PART] for at in range(0, len(icc_profile), ICC_PART)]
    segments = [
        _segment(APP2, ICC_HEADER + bytes([number, len(parts)]) + part)
        for number, part in enumerate(parts, start=1)
    ]
    # JFIF's segment comes first.
    end = 4 + int.from_bytes(data[4:6], "big") if data[3] == APP0 else 2
    return b"".join([data[:end], *segments, data[end:]])


def _decides_on_pixels(marker: int, content: bytes) -> bool:
    is_metadata = 0xE0 <= marker <= 0xEF or marker == 0xFE
    return not is_metadata or content.startswith(KEPT_SEGMENTS.get(marker, b"\0none"))


def _end_of_image(data: bytes, position: int) -> int:
    """Return where the picture ends: phones append further pictures with metadata of their own."""
    while match := MARKER.search(data, position):
        if match.group()[1] == END_OF_IMAGE:
            return match.end()
        length = int.from_bytes(data[match.end() : match.end() + 2], "big")
        position = match.end() + max(length, 2)
    return len(data)


def _exif_segment(exif: bytes | None) -> bytes:
    if not exif:
        return b""
    return _segment(APP1, exif if exif.startswith(EXIF_HEADER) else EXIF_HEADER + exif)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content
