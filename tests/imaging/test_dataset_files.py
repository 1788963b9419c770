"""Training files: 16 bits per channel kept, cut-off files found, first rows without the rest."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from retouch_engine.imaging import ImageError
from retouch_engine.imaging.dataset_files import (
    check_dataset_image,
    read_dataset_image,
    read_dataset_srgb,
    top_rows,
    upright_size,
)
from tests.support.dataset_layouts import cut_off, pixels, write_picture
from tests.support.profiles import ADOBE_RGB, icc_profile

PLAIN, LZW, DEFLATE = 1, 5, 8


@pytest.mark.parametrize("compression", [PLAIN, LZW, DEFLATE])
def test_16_bits_of_a_tiff_survive(tmp_path: Path, compression: int) -> None:
    values = pixels("deep", deep=True)
    tiff = cv2.IMWRITE_TIFF_COMPRESSION
    path = write_picture(tmp_path / "a.tif", values, tiff, compression)
    read = read_dataset_image(path)
    assert read.dtype == np.uint16
    assert np.array_equal(read, values)


def test_16_bits_of_a_png_survive(tmp_path: Path) -> None:
    values = pixels("deep", deep=True)
    assert np.array_equal(read_dataset_image(write_picture(tmp_path / "a.png", values)), values)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_8_bits_stay_8_bits(tmp_path: Path, name: str) -> None:
    read = read_dataset_image(write_picture(tmp_path / name, pixels("flat")))
    assert read.dtype == np.uint8
    assert np.array_equal(read, pixels("flat"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_pictures_come_upright(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels("turned")).save(tmp_path / name, exif=exif)
    size = upright_size((tmp_path / name).read_bytes())
    assert size == ((32, 24) if orientation >= 5 else (24, 32))
    assert read_dataset_image(tmp_path / name).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_training_sees_16_bits_rounded_to_8(tmp_path: Path, name: str) -> None:
    values = np.full((2, 4, 3), [0, 128, 129], np.uint16)
    values[:, 1:] = [[257, 385, 386], [65535, 65407, 65406], [32768, 32639, 32896]]
    read = read_dataset_srgb(write_picture(tmp_path / name, values))
    assert read.dtype == np.uint8
    assert read[0].tolist() == [[0, 0, 1], [1, 1, 2], [255, 255, 254], [128, 127, 128]]


@pytest.mark.parametrize("deep", [False, True])
def test_the_profile_of_a_tiff_is_applied(tmp_path: Path, deep: bool) -> None:
    values = np.full((4, 4, 3), [150, 110, 90], np.uint16) * (257 if deep else 1)
    profile = icc_profile(*ADOBE_RGB, "Adobe RGB (1998)")
    kind = np.uint16 if deep else np.uint8
    tag = (34675, "B", len(profile), profile, True)
    tifffile.imwrite(tmp_path / "a.tif", values.astype(kind), photometric="rgb", extratags=[tag])
    Image.fromarray(np.full((4, 4, 3), [150, 110, 90], np.uint8)).save(
        tmp_path / "a.png", icc_profile=profile
    )
    read = read_dataset_srgb(tmp_path / "a.tif")
    assert np.array_equal(read, read_dataset_srgb(tmp_path / "a.png"))
    # Adobe RGB's red and green are purer than sRGB's.
    assert read[0, 0, 0] > 155


def test_a_16_bit_tiff_comes_upright(tmp_path: Path) -> None:
    values = pixels("deep", deep=True)
    path = tmp_path / "a.tif"
    orientation = (274, "H", 1, 6, True)
    tifffile.imwrite(path, values, photometric="rgb", extratags=[orientation])
    assert upright_size(path.read_bytes()) == (32, 24)
    assert np.array_equal(read_dataset_image(path), np.rot90(values, -1))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "plain.tif", "lzw.tif", "deep.tif"])
def test_a_cut_off_file_is_found(tmp_path: Path, name: str, share: float) -> None:
    values = pixels("cut", (120, 90), deep=name == "deep.tif")
    parameters = [cv2.IMWRITE_TIFF_COMPRESSION, LZW if name == "lzw.tif" else PLAIN]
    path = write_picture(tmp_path / name, values, *(parameters if name.endswith("tif") else []))
    check_dataset_image(path.read_bytes())
    cut_off(path, share)
    with pytest.raises(ImageError):
        check_dataset_image(path.read_bytes())


def test_a_flipped_byte_in_a_png_is_found(tmp_path: Path) -> None:
    data = bytearray(write_picture(tmp_path / "a.png", pixels("flip")).read_bytes())
    data[len(data) // 2] ^= 1
    with pytest.raises(ImageError, match="damaged"):
        check_dataset_image(bytes(data))


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        check_dataset_image(data)


def first_rows(path: Path) -> np.ndarray:
    data = path.read_bytes()
    return top_rows(check_dataset_image(data), data)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_the_first_rows_equal_those_of_the_whole_png(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(pixels("rows", (37, 40)))
    if mode == "I;16":
        image = Image.fromarray(pixels("rows", (37, 40), deep=True)[..., 0])
    image.convert(mode).save(tmp_path / "a.png")
    whole = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert np.array_equal(first_rows(tmp_path / "a.png"), whole[:16])


def test_the_first_rows_do_not_depend_on_the_format(tmp_path: Path) -> None:
    rows = [
        first_rows(write_picture(tmp_path / name, pixels("same"))) for name in ("a.png", "a.tif")
    ]
    assert np.array_equal(*rows)


def test_a_picture_lower_than_the_first_rows_is_read(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", pixels("low", (8, 5)))
    assert first_rows(path).shape == (5, 8, 3)
