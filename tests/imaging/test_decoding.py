"""Pictures are refused or decoded upright to the decoder's own values."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from skimage.data import astronaut

from retouch_engine.imaging import ColourTransform, ImageError, ImageLimits, decode, read_header
from tests.support.portraits import encoded


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    start = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", start) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def animation(format: str) -> bytes:  # noqa: A002
    frames = [Image.fromarray(astronaut()[:64, :64] // n) for n in (1, 2)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello, this is no picture", "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "unsupported_format"),
        (b"<!doctype html><script>alert(1)</script>", "unsupported_format"),
        (b"%PDF-1.7", "unsupported_format"),
        (b"GIF89a" + b"\0" * 20, "unsupported_format"),
        (png_header(60_000, 60_000), "too_many_pixels"),
        (png_header(20_000, 10_000), "too_many_pixels"),
        (animation("PNG"), "animated"),
        (animation("WEBP"), "animated"),
    ],
)
def test_what_cannot_be_retouched_is_refused_with_a_code(data: bytes, code: str) -> None:
    with pytest.raises(ImageError) as refusal:
        read_header(data)
    assert refusal.value.code == code
    assert "\n" not in refusal.value.detail


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(ImageError) as refusal:
        read_header(encoded(astronaut()), ImageLimits(max_bytes=1000))
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_truncated_file_is_refused_when_it_is_decoded(format: str) -> None:  # noqa: A002
    data = encoded(astronaut(), format)
    with pytest.raises(ImageError) as refusal:
        decode(data[: len(data) // 2])
    assert refusal.value.code in ("truncated", "not_an_image")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_pixels_are_the_decoders_own(format: str) -> None:  # noqa: A002
    data = encoded(astronaut(), format)
    photo = decode(data)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert (photo.header.format, photo.header.width) == (format.lower(), 512)


def pillows(data: bytes) -> np.ndarray:
    """Return the pixels as Pillow's own decoder gives them."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2, "progressive": True},
        {"keep_rgb": True},
        {"restart_marker_blocks": 4},
        {"quality": 5},
    ],
)
def test_a_jpeg_of_any_coding_gives_pillows_pixels(options: dict, grey: bool) -> None:
    pixels = astronaut()[:301, :203]
    data = encoded(pixels[..., 0] if grey else pixels, **options)
    photo = decode(data)
    assert np.array_equal(photo.pixels, pillows(data))
    assert photo.monochrome == grey


@pytest.mark.parametrize("share", [0.1, 0.9, 0.999])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_jpeg_cut_off_anywhere_is_refused(
    share: float, progressive: bool, subsampling: int
) -> None:
    data = encoded(astronaut(), progressive=progressive, subsampling=subsampling)
    with pytest.raises(ImageError):
        decode(data[: int(len(data) * share)])


def test_a_damaged_but_whole_jpeg_is_judged_by_pillow() -> None:
    data = bytearray(encoded(astronaut()))
    middle = len(data) // 2
    data[middle : middle + 30] = b"\x11" * 30
    assert np.array_equal(decode(bytes(data)).pixels, pillows(bytes(data)))


def test_a_jpeg_that_hides_a_second_size_is_not_decoded_at_that_size() -> None:
    data = encoded(astronaut()[:64, :64])
    frame = data.index(b"\xff\xc0")
    segment = data[frame : frame + 2 + int.from_bytes(data[frame + 2 : frame + 4], "big")]
    huge = segment[:5] + (60_000).to_bytes(2, "big") * 2 + segment[9:]
    with pytest.raises(ImageError):
        decode(data[:frame] + huge + data[frame:])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_made_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(astronaut()[:300], exif=exif)
    photo = decode(data)
    with Image.open(io.BytesIO(data)) as image:
        from PIL import ImageOps

        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(photo.pixels, expected)
    assert photo.pixels.shape[:2] == (photo.header.height, photo.header.width)


def test_sixteen_bits_are_reduced_with_a_note() -> None:
    values = (np.arange(64 * 64).reshape(64, 64) * 16).astype(np.uint16)
    photo = decode(encoded(values, "PNG"))
    assert photo.notes == ("16 bits per channel were reduced to 8",)
    assert photo.pixels.dtype == np.uint8


def test_cmyk_is_converted_with_a_note() -> None:
    buffer = io.BytesIO()
    Image.fromarray(astronaut()).convert("CMYK").save(buffer, "JPEG")
    photo = decode(buffer.getvalue())
    assert "CMYK was converted to sRGB" in photo.notes
    assert photo.pixels.shape == (512, 512, 3)


def test_monochrome_and_alpha_are_noticed() -> None:
    grey = decode(encoded(astronaut()[..., 0]))
    assert grey.monochrome
    assert np.array_equal(grey.pixels[..., 0], grey.pixels[..., 2])
    alpha = decode(encoded(np.dstack([astronaut(), astronaut()[..., 0]]), "PNG"))
    assert alpha.alpha is not None
    assert np.array_equal(alpha.alpha, astronaut()[..., 0])


def test_a_broken_profile_counts_as_srgb_and_says_so() -> None:
    colours = ColourTransform(b"no profile at all")
    assert colours.is_identity
    assert colours.note is not None


def test_an_srgb_profile_passes_pixels_unchanged() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colours = ColourTransform(profile)
    assert np.array_equal(colours.to_srgb(astronaut()), astronaut())


def test_the_header_of_a_png_is_read_without_decoding_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import PngImagePlugin

    data = encoded(astronaut(), "PNG")

    def refuse(self: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", refuse)
    assert read_header(data).width == 512


def test_a_png_whose_exif_follows_the_pixels_is_turned() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encoded(astronaut()[:100], "PNG", exif=exif)
    start = data.index(b"eXIf") - 4
    length = int.from_bytes(data[start : start + 4], "big") + 12
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    late = rest[:-12] + chunk + rest[-12:]
    header = read_header(late)
    assert (header.width, header.height) == (100, 512)
    assert decode(late).pixels.shape == (512, 100, 3)
