"""Minimal matrix profiles, built here since none may be copied: Display P3 and Adobe RGB."""

import struct

# Columns: red, green and blue primaries in XYZ adapted to D50; then gamma.
DISPLAY_P3 = (
    ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    2.2,
)
ADOBE_RGB = (
    ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    2.2,
)


def icc_profile(primaries: tuple[tuple[float, ...], ...], gamma: float, name: str) -> bytes:
    """Return an ICC v2 display profile."""
    description = name.encode() + b"\0"
    text = b"desc" + bytes(4) + struct.pack(">I", len(description)) + description + bytes(78)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = [(b"desc", text), (b"cprt", b"text" + bytes(4) + b"CC0\0")]
    tags += [(b"wtpt", _xyz(0.9642, 1.0, 0.8249))]
    tags += [
        (key, _xyz(*xyz)) for key, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
    ]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    table, data, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for key, value in tags:
        padded = value + bytes(-len(value) % 4)
        table += key + struct.pack(">II", offset + len(data), len(value))
        data += padded
    body = struct.pack(">I", len(tags)) + table + data
    return _header(128 + len(body)) + body


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(v * 65536) for v in (x, y, z)))


def _header(size: int) -> bytes:
    start = struct.pack(">I", size) + bytes(4) + struct.pack(">I", 0x02400000)
    start += b"mntrRGB XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    return start + bytes(68 - len(start)) + struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
