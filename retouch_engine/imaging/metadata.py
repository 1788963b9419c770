"""Taking everything personal out of a finished file without touching a pixel.

What is needed to show the picture stays (coding, colour profile, orientation); EXIF with GPS, XMP,
IPTC, comments, thumbnails and whatever follows the picture go. No pixel is decoded.
"""

import io
import zlib
from collections.abc import Iterator
from struct import error as StructError
from struct import pack, unpack_from

from PIL import Image

from .errors import ImageError
from .header import ORIENTATION
from .jpeg_segments import EXIF_HEADER, with_exif

PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"cICP",
}  # fmt: skip
WEBP_KEPT = {b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"}
WEBP_EXIF_FLAG, WEBP_XMP_FLAG = 0x08, 0x04
AVIF_BOXES = {b"ftyp", b"meta", b"mdat", b"free"}
AVIF_PERSONAL = {b"Exif", b"mime", b"uri "}
EMPTY_TIFF = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"


def without_metadata(data: bytes) -> bytes:
    """Return a JPEG, PNG, WebP or AVIF file with the same pixels and nothing personal.

    Raises ImageError `unsupported_format` for another file, or one that does not end as it should.
    """
    try:
        if data[:2] == b"\xff\xd8":
            return _bare_jpeg(data)
        if data[:8] == PNG_START:
            return _bare_png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _bare_webp(data)
        if data[4:8] == b"ftyp":
            return _bare_avif(data)
    except (IndexError, KeyError, OSError, ValueError, StructError) as error:
        raise _unsupported() from error
    raise _unsupported()


def _unsupported() -> ImageError:
    return ImageError("unsupported_format", "This file cannot be given away without its metadata.")


def _orientation(exif: bytes) -> int:
    tags = Image.Exif()
    try:
        tags.load(exif)
        found = tags.get(ORIENTATION, 1)
    except (ValueError, OSError, SyntaxError, TypeError, KeyError, OverflowError, StructError):
        return 1
    return found if found in range(1, 9) else 1


def _upright_exif(orientation: int) -> bytes:
    """Return EXIF that says how to turn the picture and nothing else."""
    entry = pack(">HHIHH", ORIENTATION, 3, 1, orientation, 0)
    return b"MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)


def _bare_jpeg(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        turned = _orientation(image.info.get("exif", b""))
    bare = with_exif(data, _upright_exif(turned) if turned != 1 else None)
    if bare is None or not bare.endswith(b"\xff\xd9"):
        raise ValueError("segments that cannot be followed")
    return bare


def _bare_png(data: bytes) -> bytes:
    parts, position = [PNG_START], len(PNG_START)
    while True:
        (length,) = unpack_from(">I", data, position)
        kind, end = data[position + 4 : position + 8], position + 12 + length
        if end > len(data):
            raise ValueError("the file is cut")
        if kind in PNG_KEPT:
            parts.append(data[position:end])
        elif kind == b"eXIf":
            parts.append(_png_turn(data[position + 8 : end - 4]))
        if kind == b"IEND":
            return b"".join(parts)
        position = end


def _png_turn(exif: bytes) -> bytes:
    turned = _orientation(exif)
    if turned == 1:
        return b""
    chunk = b"eXIf" + _upright_exif(turned)
    return pack(">I", len(chunk) - 4) + chunk + pack(">I", zlib.crc32(chunk))


def _bare_webp(data: bytes) -> bytes:
    end = 8 + int(unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise ValueError("the file is cut")
    kept, turned, position = [], 1, 12
    while position + 8 <= end:
        kind, length = data[position : position + 4], unpack_from("<I", data, position + 4)[0]
        body = data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
        if kind in WEBP_KEPT:
            kept.append((kind, body))
        elif kind == b"EXIF":
            turned = _orientation(body.removeprefix(EXIF_HEADER))
    if turned != 1:
        kept.append((b"EXIF", _upright_exif(turned)))
    chunks = b"".join(_webp_chunk(kind, body, turned) for kind, body in kept)
    return b"RIFF" + pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _webp_chunk(kind: bytes, body: bytes, turned: int) -> bytes:
    if kind == b"VP8X":
        flags = body[0] & ~(WEBP_EXIF_FLAG | WEBP_XMP_FLAG)
        body = bytes([flags | (WEBP_EXIF_FLAG if turned != 1 else 0)]) + body[1:]
    return kind + pack("<I", len(body)) + body + bytes(len(body) % 2)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's kind, where its content begins and where it ends."""
    while start + 8 <= end:
        size, kind = unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = unpack_from(">Q", data, content)
            content += 8
        stop = end if size == 0 else start + size
        if not content <= stop <= end:
            raise ValueError("a box that goes beyond its end")
        yield kind, content, stop
        start = stop


def _bare_avif(data: bytes) -> bytes:
    """Overwrite what is personal where it lies: all offsets stay true."""
    top = {kind: (start, stop) for kind, start, stop in _boxes(data, 0, len(data))}
    if not set(top) <= AVIF_BOXES or b"meta" not in top:
        raise ValueError("boxes that nobody needs to see the picture")
    start, stop = top[b"meta"]
    inner = {kind: (a, b) for kind, a, b in _boxes(data, start + 4, stop)}
    bare = bytearray(data)
    personal = _personal_items(data, *inner[b"iinf"])
    places = _places(data, inner[b"iloc"][0], inner.get(b"idat", (0, 0))[0])
    for item in personal:
        for number, (offset, length) in enumerate(places.get(item, [])):
            blank = bytes(4) + EMPTY_TIFF if number == 0 and personal[item] == b"Exif" else b""
            if length < len(blank) or offset + length > len(data):
                raise ValueError("metadata of an unknown kind")
            bare[offset : offset + length] = blank.ljust(length, b" " if not blank else b"\0")
    if b"free" in top:
        a, b = top[b"free"]
        bare[a:b] = bytes(b - a)
    return bytes(bare)


def _personal_items(data: bytes, start: int, stop: int) -> dict[int, bytes]:
    first = start + 4 + (2 if data[start] == 0 else 4)
    found = {}
    for kind, a, _end in _boxes(data, first, stop):
        if kind != b"infe" or data[a] not in (2, 3):
            raise ValueError("items of an unknown kind")
        form = ">HH4s" if data[a] == 2 else ">IH4s"
        item, _protection, what = unpack_from(form, data, a + 4)
        if what in AVIF_PERSONAL:
            found[item] = what
    return found


def _places(data: bytes, start: int, idat: int) -> dict[int, list[tuple[int, int]]]:
    """Return by item where its extents lie in the file: box `iloc`."""
    version, sizes = data[start], unpack_from(">H", data, start + 4)[0]
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    reader = _Reader(data, start + 6)
    wide = 4 if version == 2 else 2
    found: dict[int, list[tuple[int, int]]] = {}
    for _ in range(reader.number(wide)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_size) + (idat if method == 1 else 0)
        for _extent in range(reader.number(2)):
            reader.number(index_size)
            offset = base + reader.number(offset_size)
            found.setdefault(item, []).append((offset, reader.number(length_size)))
    return found


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self.data, self.position = data, position

    def number(self, size: int) -> int:
        part = self.data[self.position : self.position + size]
        if len(part) != size:
            raise ValueError("the box ends too early")
        self.position += size
        return int.from_bytes(part, "big")
