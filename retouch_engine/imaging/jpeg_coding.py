"""JPEGs straight from libjpeg-turbo, by strips on all cores, where tables are of a known quality.

Coefficients are Pillow's, bit for bit. A strip is coded by itself and ends at a restart marker, so
that strips need not wait for each other; Pillow would copy all pixels into four bytes each first,
and lets no other thread run.
"""

import io
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .cores import usable_cores

Pixels = NDArray[np.uint8]
Tables = dict[int, list[int]]
# As Pillow numbers sub-samplings; and the pixels to a side of what is coded at once.
SAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
)
UNIT_WIDTHS, UNIT_HEIGHTS = (8, 16, 16), (8, 8, 16)
QUALITIES = range(1, 101)
# Rows of a strip, whole units: a restart interval of the widest JPEG then still fits 16 bits.
STRIP_ROWS = 64
START_OF_FRAME, START_OF_SCAN = 0xC0, 0xDA


def coded_jpeg(pixels: Pixels, tables: Tables, sampling: int) -> bytes | None:
    """Return `pixels` (H, W, 3) as a JPEG without metadata.

    None for tables that are not those of a quality of the Independent JPEG Group.
    """
    quality = quality_of(tables)
    if quality is None:
        return None
    options = (
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        SAMPLINGS[sampling],
    )

    def strip(top: int) -> bytes:
        rows = cv2.cvtColor(pixels[top : top + STRIP_ROWS], cv2.COLOR_RGB2BGR)
        return cv2.imencode(".jpg", rows, options)[1].tobytes()

    with ThreadPoolExecutor(usable_cores()) as threads:
        strips = list(threads.map(strip, range(0, len(pixels), STRIP_ROWS)))
    units = -(-pixels.shape[1] // UNIT_WIDTHS[sampling])
    return _joined(strips, len(pixels), units * (STRIP_ROWS // UNIT_HEIGHTS[sampling]))


def _joined(strips: list[bytes], height: int, interval: int) -> bytes:
    """Return strips of `interval` units as one picture: ITU-T T.81, annex B.2.4.4 and E.1.4."""
    head = bytearray(strips[0])
    scan = frame = 2
    while head[scan + 1] != START_OF_SCAN:
        if head[scan + 1] == START_OF_FRAME:
            frame = scan
        scan += 2 + int.from_bytes(head[scan + 2 : scan + 4], "big")
    head[frame + 5 : frame + 7] = height.to_bytes(2, "big")
    # All strips have headers of one length.
    start = scan + 2 + int.from_bytes(head[scan + 2 : scan + 4], "big")
    restart = b"\xff\xdd\0\4" + interval.to_bytes(2, "big")
    parts = [bytes(head[:scan]), restart, bytes(head[scan:start])]
    for number, strip in enumerate(strips):
        end = bytes([0xFF, 0xD0 + number % 8]) if number + 1 < len(strips) else b"\xff\xd9"
        parts += (strip[start:-2], end)
    return b"".join(parts)


def quality_of(tables: Tables) -> int | None:
    """Return the quality whose tables these are: natural order by number, luma's first."""
    if set(tables) != {0, 1}:
        return None
    coarseness = -sum(tables[0])
    place = bisect_left(QUALITIES, coarseness, key=lambda q: -sum(_tables_of(q)[0]))
    if place == len(QUALITIES) or _tables_of(QUALITIES[place]) != tables:
        return None
    return QUALITIES[place]


@lru_cache(maxsize=len(QUALITIES))
def _tables_of(quality: int) -> Tables:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer, formats=["JPEG"]) as image:
        return {number: list(table) for number, table in image.quantization.items()}  # type: ignore[attr-defined]
