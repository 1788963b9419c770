"""Small pictures cover their square, and the time of taking is read from EXIF alone."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import ExifTags, Image

from retouch_engine.imaging import GRID_PICTURES, grid_pictures, taken_at


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_every_size_comes_in_every_format() -> None:
    files = grid_pictures(np.full((600, 900, 3), 128, np.uint8))
    assert tuple(files) == GRID_PICTURES
    sizes = {name: opened(data).size for name, data in files.items()}
    assert sizes["256.avif"] == sizes["256.webp"] == (384, 256)
    assert sizes["512.avif"] == sizes["512.webp"] == (768, 512)
    assert {opened(data).format for data in files.values()} == {"AVIF", "WEBP"}


@pytest.mark.parametrize(
    ("shape", "size"),
    [((100, 80), (80, 100)), ((300, 9000), (640, 22)), ((1, 1), (1, 1)), ((9000, 300), (22, 640))],
)
def test_small_photos_stay_and_panoramas_end(shape: tuple[int, int], size: tuple[int, int]) -> None:
    files = grid_pictures(np.zeros((*shape, 3), np.uint8))
    assert opened(files["256.webp"]).size == size


def exif(**tags: str) -> bytes:
    block = Image.Exif()
    block.get_ifd(ExifTags.IFD.Exif).update(
        {getattr(ExifTags.Base, name): value for name, value in tags.items()}
    )
    return block.tobytes()


def test_the_time_of_taking_knows_its_zone_or_is_read_as_utc() -> None:
    plain = exif(DateTimeOriginal="2024:06:01 12:00:00")
    assert taken_at(plain) == datetime(2024, 6, 1, 12, tzinfo=UTC)
    zoned = exif(DateTimeOriginal="2024:06:01 12:00:00", OffsetTimeOriginal="+02:00")
    assert taken_at(zoned) == datetime(2024, 6, 1, 10, tzinfo=UTC)
    digitised = exif(DateTimeDigitized="2023:01:02 03:04:05")
    assert taken_at(digitised) == datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "block",
    [None, b"", b"Exif\0\0 nonsense", exif(DateTimeOriginal="0000:00:00 00:00:00"), exif(Make="x")],
)
def test_no_time_or_a_broken_one_is_none(block: bytes | None) -> None:
    assert taken_at(block) is None
