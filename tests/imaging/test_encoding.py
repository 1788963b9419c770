"""Files come back in their own coding, profile and metadata; what is unchanged is copied."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import ExifTags, Image
from skimage.data import astronaut

from retouch_engine.imaging import (
    ColourTransform,
    ImageError,
    decode,
    decode_layer,
    encode,
    encode_layer,
)
from retouch_engine.imaging.jpeg_coding import coded_jpeg, quality_of
from retouch_engine.retoucher import as_photo
from tests.support.portraits import encoded
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, icc_profile


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_an_unchanged_photo_is_copied_byte_for_byte() -> None:
    data = encoded(astronaut(), quality=80)
    photo = decode(data)
    assert encode(photo, photo.pixels).data == data


def test_an_unchanged_photo_made_of_an_array_is_encoded() -> None:
    photo = as_photo(astronaut())
    result = np.asarray(opened(encode(photo, photo.pixels).data))
    np.testing.assert_array_equal(result, photo.pixels)


def test_a_jpeg_keeps_its_quantisation_tables_and_sampling() -> None:
    photo = decode(encoded(astronaut(), quality=77, subsampling=2))
    changed = photo.pixels.copy()
    changed[:40, :40] = 0
    result = opened(encode(photo, changed).data)
    assert result.quantization == opened(photo.source).quantization
    assert result.layer[0][1:3] == (2, 2)


@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [35, 92, 96, 100])
def test_a_jpeg_coded_by_strips_is_pillows_own(quality: int, sampling: int) -> None:
    profile = icc_profile(*DISPLAY_P3, "P3") * 200
    original = encoded(astronaut()[:301, :411], quality=quality, subsampling=sampling)
    photo = replace(decode(original), icc_profile=profile)
    changed = photo.pixels.copy()
    changed[:40, :40] = 0
    result = encode(photo, changed).data
    buffer = io.BytesIO()
    tables = opened(original).quantization
    Image.fromarray(changed).save(buffer, "JPEG", qtables=tables, subsampling=sampling)
    assert quality_of(tables) == quality
    coded = coded_jpeg(changed, tables, sampling)
    assert coded is not None
    for each in (result, coded):
        pixels = np.asarray(opened(each))
        np.testing.assert_array_equal(pixels, np.asarray(opened(buffer.getvalue())))
        assert np.array_equal(pixels, decode(each).pixels)
    assert len(profile) > 2**16
    assert opened(result).info["icc_profile"] == profile


def test_a_cameras_own_tables_are_kept_too() -> None:
    tables = {0: [7] * 64, 1: [9] * 63 + [30]}
    photo = decode(encoded(astronaut(), qtables=tables, subsampling=1))
    changed = photo.pixels.copy()
    changed[:40, :40] = 0
    assert quality_of(tables) is None
    assert opened(encode(photo, changed).data).quantization == tables


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_lossless_formats_return_exactly_the_pixels(format: str) -> None:  # noqa: A002
    photo = decode(encoded(astronaut(), format, lossless=True))
    changed = photo.pixels.copy()
    changed[:9] = 255 - changed[:9]
    assert np.array_equal(np.asarray(opened(encode(photo, changed).data).convert("RGB")), changed)


@pytest.mark.parametrize("wanted", ["jpeg", "png", "webp", "avif"])
def test_another_format_can_be_asked_for(wanted: str) -> None:
    photo = decode(encoded(astronaut()))
    result = encode(photo, photo.pixels, format=wanted)
    assert decode(result.data).header.format == result.format == wanted


def test_gps_and_orientation_go_and_the_rest_of_exif_stays() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Camera"
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    photo = decode(encoded(astronaut(), exif=exif))
    changed = photo.pixels.copy()
    changed[:9] = 0
    kept = opened(encode(photo, changed).data).getexif()
    assert kept[ExifTags.Base.Make] == "Camera"
    assert kept[ExifTags.Base.Orientation] == 1
    assert not kept.get_ifd(ExifTags.IFD.GPSInfo)


def test_gps_goes_even_where_no_pixel_changed() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    photo = decode(encoded(astronaut(), exif=exif))
    kept = opened(encode(photo, photo.pixels).data).getexif()
    assert not kept.get_ifd(ExifTags.IFD.GPSInfo)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_an_unchanged_jpeg_loses_its_private_metadata_and_no_pixel(options: dict) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    private = b"<x:xmpmeta>52.5 N</x:xmpmeta>"
    data = encoded(astronaut(), exif=exif, xmp=private, comment=b"at home", **options)
    photo = decode(data + b"\xff\xd8 a second picture, at home \xff\xd9")
    result = encode(photo, photo.pixels).data
    assert b"at home" not in result
    assert private not in result
    again = opened(result).getexif()
    assert (again[ExifTags.Base.Make], again[ExifTags.Base.Orientation]) == ("Camera", 6)
    assert not again.get_ifd(ExifTags.IFD.GPSInfo)
    assert np.array_equal(decode(result).pixels, photo.pixels)


@pytest.mark.parametrize(("space", "name"), [(DISPLAY_P3, "P3"), (ADOBE_RGB, "Adobe")])
def test_a_wide_profile_is_kept_and_converts_there_and_back(
    space: tuple[tuple[tuple[float, ...], ...], float], name: str
) -> None:
    icc = icc_profile(*space, name)
    photo = decode(encoded(astronaut(), "PNG", icc_profile=icc))
    assert photo.icc_profile == icc
    assert np.array_equal(photo.pixels, astronaut())
    colours = ColourTransform(icc)
    srgb = colours.to_srgb(photo.pixels)
    assert not np.array_equal(srgb, photo.pixels)
    inner = (srgb > 8).all(axis=2) & (srgb < 247).all(axis=2)
    back = colours.from_srgb(srgb).astype(int)
    assert np.abs(back - photo.pixels)[inner].max() <= 3
    changed = photo.pixels.copy()
    changed[:9] = 0
    assert opened(encode(photo, changed).data).info["icc_profile"] == icc


def test_monochrome_and_alpha_come_back_as_such() -> None:
    grey = decode(encoded(astronaut()[..., 0], "PNG"))
    assert opened(encode(grey, 255 - grey.pixels).data).mode == "L"
    alpha = decode(encoded(np.dstack([astronaut(), astronaut()[..., 0]]), "PNG"))
    result = np.asarray(opened(encode(alpha, 255 - alpha.pixels).data))
    assert np.array_equal(result[..., 3], astronaut()[..., 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_layers_are_stored_without_loss(dtype: type) -> None:
    labels = np.arange(90 * 70).reshape(90, 70).astype(dtype)
    assert np.array_equal(decode_layer(encode_layer(labels)), labels)


def test_an_edit_is_stored_without_loss() -> None:
    edit = np.random.default_rng(0).integers(0, 256, (61, 43, 3)).astype(np.uint8)
    assert np.array_equal(decode_layer(encode_layer(edit)), edit)


SECRETS = (b"Anna's XMP", b"Anna's caption", b"Anna's resources", b"Anna's note")


def exif_with_secrets(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[ExifTags.Base.Orientation] = "ACME", orientation
    for tag, secret in zip((0x02BC, 0x83BB, 0x8649), SECRETS, strict=False):
        exif[tag] = secret
    exif.get_ifd(ExifTags.IFD.Exif)[0x927C] = SECRETS[3]
    exif.get_ifd(ExifTags.IFD.Exif)[0x829A] = 0.5
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.2, 0.0, 0.0)})
    return exif.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("metadata", ["no_gps", "keep_gps", "none"])
@pytest.mark.parametrize("change", [0, 9])
def test_what_others_wrote_into_exif_never_goes_out(kind: str, metadata: str, change: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    photo = decode(encoded(astronaut(), kind, exif=exif_with_secrets(), **options))
    assert all(secret in photo.source for secret in SECRETS)
    data = encode(photo, photo.pixels + np.uint8(change), metadata=metadata).data
    assert not [secret for secret in SECRETS if secret in data]
    tags = opened(data).getexif()
    assert bool(tags.get_ifd(ExifTags.IFD.GPSInfo)) == (metadata == "keep_gps")
    kept = (tags.get(0x010F), tags.get_ifd(ExifTags.IFD.Exif).get(0x829A))
    assert kept == ((None, None) if metadata == "none" else ("ACME", 0.5))


def odd_exif(tag: int, kind: int, value: bytes, orientation: int = 1) -> bytes:
    """Return EXIF with a tag of another kind than the standard's; 8 bytes of value, big endian."""
    turned = b"\x01\x12\x00\x03\x00\x00\x00\x01" + bytes((0, orientation, 0, 0))
    entry = tag.to_bytes(2) + kind.to_bytes(2) + b"\x00\x00\x00\x01" + (38).to_bytes(4)
    entries = sorted((turned, entry))
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x02" + b"".join(entries) + bytes(4) + value


@pytest.mark.parametrize("tag", [0x0128, 0x0132, 0x0213])
@pytest.mark.parametrize("change", [0, 9])
def test_a_photo_with_odd_exif_is_written_and_stays_upright(tag: int, change: int) -> None:
    exif = odd_exif(tag, 5, (2).to_bytes(4) + (1).to_bytes(4), orientation=6)
    photo = decode(encoded(astronaut()[:200], exif=exif))
    assert photo.orientation == 6
    again = decode(encode(photo, photo.pixels + np.uint8(change)).data)
    assert again.pixels.shape == photo.pixels.shape == (512, 200, 3)


def test_a_picture_that_a_format_cannot_hold_is_refused_by_name() -> None:
    photo = as_photo(np.zeros((4, 16_384, 3), np.uint8))
    with pytest.raises(ImageError, match="cannot hold this picture of 16384 x 4") as refusal:
        encode(photo, photo.pixels, format="webp")
    assert refusal.value.code == "not_encodable"


def test_a_grey_photo_of_three_channels_comes_back_with_three() -> None:
    photo = decode(encoded(np.repeat(astronaut()[..., :1], 3, axis=2), quality=90))
    assert photo.monochrome
    assert not photo.one_channel
    assert opened(encode(photo, 255 - photo.pixels).data).mode == "RGB"


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_transparent_colour_becomes_alpha(mode: str) -> None:
    image = Image.new(mode, (20, 10), (9, 9, 9) if mode == "RGB" else 9)
    image.paste((200, 0, 0) if mode == "RGB" else 200, (0, 0, 10, 10))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=(9, 9, 9) if mode == "RGB" else 9)
    photo = decode(buffer.getvalue())
    assert photo.alpha is not None
    assert (photo.alpha[:, :10] == 255).all()
    assert (photo.alpha[:, 10:] == 0).all()
    result = np.asarray(opened(encode(photo, photo.pixels // 2).data))
    assert np.array_equal(result[..., -1], photo.alpha)


def test_what_is_transparent_lies_over_white_in_a_jpeg() -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:, :16, 3] = 255
    photo = decode(encoded(pixels, "PNG"))
    shown = np.asarray(opened(encode(photo, photo.pixels, format="jpeg").data))
    assert shown[:, :12].max() < 16
    assert shown[:, 20:].min() > 240
